"""Work that is stopped from outside leaves no half file."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..clips import make_clip
from .command import COMMAND, contents

PATIENCE_S = 60


@pytest.mark.parametrize("package", ["zerodce", "export", "realtime", "benchmarks"])
def test_ctrl_c_while_it_starts_says_nothing(package: str) -> None:
    script = f"import os, signal, {package}.__main__; os.kill(os.getpid(), signal.SIGINT); print('went on')"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (-signal.SIGINT, "", "")


def wait_for_work(folder: Path, process: subprocess.Popen[str]) -> None:
    """Return as soon as the temporary file is being written to."""
    deadline = time.monotonic() + PATIENCE_S
    while not any(path.stat().st_size for path in folder.glob(".out*")):
        assert process.poll() is None, "it ended before it could be stopped"
        assert time.monotonic() < deadline, "it never began"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "terminated"]
)
def test_it_cleans_up_and_says_so_with_its_status(tmp_path: Path, number: int, status: int) -> None:
    make_clip(tmp_path / "in.mp4", codec="mpeg4", pts=range(400), size_wh=(320, 180))
    (tmp_path / "out.mkv").write_text("precious")
    before = contents(tmp_path)
    command = [*COMMAND, "in.mp4", "out.mkv", "--codec", "ffv1", "--overwrite"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for_work(tmp_path, process)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == status
    assert stdout == ""
    assert "Traceback" not in stderr
    assert len(stderr.split("\n")) <= 2
    assert contents(tmp_path) == before
