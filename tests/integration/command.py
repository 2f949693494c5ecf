"""Run the real command line in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

# More would be no faster with pictures this small.
COMMAND = [sys.executable, "-m", "realtime", "--threads", "1"]


def enhance(
    *arguments: str | Path, folder: Path, before: Callable[[], object] | None = None
) -> CompletedProcess[str]:
    """Run the command in a folder and wait for its end; `before` runs in its process first."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=before,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Return what every file of a folder holds, hidden ones and those of subfolders included."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
