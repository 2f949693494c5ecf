"""What a process holds: whatever grows while it runs is a leak."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a process holds at one moment.

    Attributes:
        memory_mib: Resident memory, in MiB.
        threads: Its threads.
        files: Its open files and sockets.
    """

    memory_mib: float
    threads: int
    files: int


def usage_of(pid: int) -> Usage:
    """Ask the kernel."""
    process = Path(f"/proc/{pid}")
    lines = process.joinpath("status").read_text(encoding="utf-8").splitlines()
    status = dict(line.split(":", 1) for line in lines)
    return Usage(
        memory_mib=round(int(status["VmRSS"].split()[0]) / 1024, 1),
        threads=int(status["Threads"]),
        files=len(list(process.joinpath("fd").iterdir())),
    )
