"""One run of `zerodce-enhance` as a process of its own: what starting it and holding it in memory takes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from realtime.errors import EnhanceError
from realtime.options import EnhancerOptions

_POLL_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRun:
    """What a run took.

    Attributes:
        startup_s: Seconds of the process that did not go into enhancing the file.
        peak_memory_mib: The most memory that it held.
    """

    startup_s: float
    peak_memory_mib: float


def run_enhance(source: Path, target: Path, options: EnhancerOptions) -> ProcessRun:
    """Run `zerodce-enhance` on a file, with the options' model, backend, threads and `estimate_every`.

    Raises:
        EnhanceError: It failed; with what it said.
    """
    command = [
        *(sys.executable, "-m", "realtime", str(source), str(target), "--json", "--overwrite"),
        *("--model", options.model, "--backend", options.backend.value),
        *("--threads", str(options.threads), "--estimate-every", str(options.estimate_every)),
    ]
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors)
        peak_kib = 0
        while process.poll() is None:
            peak_kib = _peak_memory_kib(process.pid) or peak_kib
            time.sleep(_POLL_S)
        seconds = time.perf_counter() - start
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            lines = errors.read().splitlines() or [f"status {process.returncode}"]
            raise EnhanceError(f"zerodce-enhance failed: {lines[-1]}")
        report = json.loads(output.read().splitlines()[-1])
    return ProcessRun(
        startup_s=round(seconds - report["seconds"], 2),
        peak_memory_mib=round(peak_kib / 1024, 1),
    )


def _peak_memory_kib(pid: int) -> int | None:
    """Return the most memory that a process has held; None when it has ended.

    What the system tells of a process that has ended is of no use: it counts what its parent held when it was
    started.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)
