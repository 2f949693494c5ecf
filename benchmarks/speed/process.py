"""One run of `zerodce-enhance` as a process of its own: what starting it and holding it in memory takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from realtime.errors import EnhanceError
from realtime.options import EnhancerOptions


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
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            lines = errors.read().splitlines() or [f"status {process.returncode}"]
            raise EnhanceError(f"zerodce-enhance failed: {lines[-1]}")
        report = json.loads(output.read().splitlines()[-1])
    return ProcessRun(
        startup_s=round(seconds - report["seconds"], 2),
        peak_memory_mib=round(usage.ru_maxrss / 1024, 1),
    )
