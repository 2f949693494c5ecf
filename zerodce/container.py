"""What the control groups of Linux, as those of a container, let this process take of the machine."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

_MEMBERSHIPS, _MOUNT = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def usable_processors(memberships: Path = _MEMBERSHIPS, mount: Path = _MOUNT) -> int:
    """Return how many processors can be kept busy: all that there are for this process, or what it may take.

    More threads than that are all held up together once the time is used up, for most of a frame.

    Args:
        memberships: What tells the groups that it is in, a line for each hierarchy.
        mount: Where the hierarchies are.

    Source: Linux, cgroups(7); v1 has a hierarchy for processors, v2 is the one without a name.
    """
    shares = [_share_in(folder, is_v1) for folder, is_v1 in _groups("cpu", memberships, mount)]
    there = len(os.sched_getaffinity(0))
    return max(1, min([there, *(math.ceil(share) for share in shares if share is not None)]))


def memory_limit(memberships: Path = _MEMBERSHIPS, mount: Path = _MOUNT) -> int | None:
    """Return how much memory this process may take, in bytes; None where that is all there is.

    Args:
        memberships: What tells the groups that it is in, a line for each hierarchy.
        mount: Where the hierarchies are.
    """
    names = {True: "memory.limit_in_bytes", False: "memory.max"}
    texts = [_text(folder / names[is_v1]) for folder, is_v1 in _groups("memory", memberships, mount)]
    return min((int(text) for text in texts if text.isdecimal()), default=None)  # "max" stands for none


def _groups(controller: str, memberships: Path, mount: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the folder of each group that limits the process, or is above, and whether it is of v1."""
    for line in _text(memberships).splitlines():
        _, controllers, group = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = mount / controller if controllers else mount
        # In a container, the path may be that outside of it, and what is above its root is not there.
        folder = root / group.lstrip("/")
        for above in (folder, *folder.parents):
            if above.is_relative_to(root):
                yield above, bool(controllers)


def _share_in(folder: Path, is_v1: bool) -> float | None:
    """Return the processors' worth of time that a group may take; None where it may take all."""
    names = ("cpu.cfs_quota_us", "cpu.cfs_period_us") if is_v1 else ("cpu.max",)
    numbers = " ".join(_text(folder / name) for name in names).split()
    if len(numbers) != 2 or not all(number.isdecimal() for number in numbers):  # "max", or −1
        return None
    return int(numbers[0]) / int(numbers[1])


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
