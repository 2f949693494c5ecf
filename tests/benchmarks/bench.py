"""Run `zerodce-bench` as users do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
