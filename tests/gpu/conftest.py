"""Names what a Python that is given lacks, before a traceback does."""

from __future__ import annotations

import os
import shutil

import pytest

from benchmarks.gpu_packages import missing_packages


def pytest_configure() -> None:
    """Where there must be a GPU, there must be what uses it."""
    if os.environ.get("REQUIRE_GPU") != "1":
        return
    missing = missing_packages("hypothesis")
    if shutil.which("g++") is None:
        missing.append("g++")
    if missing:
        raise pytest.UsageError(f"not installed: {', '.join(missing)}; see docs/gpu.md")
