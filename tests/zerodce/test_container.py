"""What control groups tell, of both versions, is found and understood."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from zerodce.container import memory_limit, usable_processors

V1 = "5:cpu,cpuacct:/\n4:memory:/docker/0123\n0::/\n"
V2 = "0::/user.slice/run.scope\n"
UNLIMITED_V1 = 9223372036854771712


def written(folder: Path, memberships: str, files: dict[str, object]) -> tuple[Path, Path]:
    """Write the groups, and what they say; return where."""
    (folder / "cgroup").write_text(memberships)
    for name, text in files.items():
        path = folder / "mount" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    return folder / "cgroup", folder / "mount"


@pytest.mark.parametrize(
    ("memberships", "files", "limit"),
    [
        (V2, {"user.slice/run.scope/memory.max": 3000}, 3000),
        (V2, {"user.slice/run.scope/memory.max": "max", "user.slice/memory.max": 5000}, 5000),
        (V2, {"user.slice/run.scope/memory.max": 5000, "user.slice/memory.max": 3000}, 3000),
        (V2, {"user.slice/run.scope/memory.max": "max"}, None),
        ("0::/\n", {"memory.max": 7000}, 7000),  # of a container, whose root is its own
        (V1, {"memory/docker/0123/memory.limit_in_bytes": 4000}, 4000),
        (V1, {"memory/memory.limit_in_bytes": 4000}, 4000),
        (V1, {"memory/memory.limit_in_bytes": UNLIMITED_V1, "memory.max": "max"}, UNLIMITED_V1),
        (V1, {"cpu/memory.limit_in_bytes": 4000}, None),
        ("", {}, None),
    ],
)
def test_the_smallest_limit_of_memory_counts(
    tmp_path: Path, memberships: str, files: dict[str, object], limit: int | None
) -> None:
    assert memory_limit(*written(tmp_path, memberships, files)) == limit


@pytest.mark.parametrize(
    ("memberships", "files", "processors"),
    [
        (V2, {"user.slice/run.scope/cpu.max": "200000 100000"}, 2),
        (V2, {"user.slice/run.scope/cpu.max": "250000 100000"}, 3),
        (V2, {"user.slice/run.scope/cpu.max": "10000 100000"}, 1),
        (V2, {"user.slice/run.scope/cpu.max": "max 100000"}, 8),
        (V2, {"user.slice/run.scope/cpu.max": "max 100000", "user.slice/cpu.max": "400000 100000"}, 4),
        (V2, {"user.slice/run.scope/cpu.max": "6400000 100000"}, 8),
        (V1, {"cpu/cpu.cfs_quota_us": 300000, "cpu/cpu.cfs_period_us": 100000}, 3),
        (V1, {"cpu/cpu.cfs_quota_us": -1, "cpu/cpu.cfs_period_us": 100000}, 8),
        (V1, {"memory/cpu.cfs_quota_us": 300000, "memory/cpu.cfs_period_us": 100000}, 8),
        ("", {}, 8),
    ],
)
def test_as_many_processors_are_used_as_there_is_time_for(
    tmp_path: Path,
    memberships: str,
    files: dict[str, object],
    processors: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert usable_processors(*written(tmp_path, memberships, files)) == processors


def test_there_is_none_where_nothing_tells_of_groups(tmp_path: Path) -> None:
    assert memory_limit(tmp_path / "cgroup", tmp_path) is None
    assert usable_processors(tmp_path / "cgroup", tmp_path) == len(os.sched_getaffinity(0))
