"""The memory of a container counts as that of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from zerodce import memory
from zerodce.errors import OutOfMemoryError
from zerodce.options import TrainingOptions

V1 = "5:cpu,cpuacct:/\n4:memory:/docker/0123\n0::/\n"
V2 = "0::/user.slice/run.scope\n"
UNLIMITED_V1 = 9223372036854771712


def limit_of(folder: Path, memberships: str, files: dict[str, object]) -> int | None:
    """Return the limit where these are the groups, and these what they say."""
    (folder / "cgroup").write_text(memberships)
    for name, text in files.items():
        path = folder / "mount" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    return memory.container_limit(folder / "cgroup", folder / "mount")


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
def test_the_smallest_limit_of_the_groups_counts(
    tmp_path: Path, memberships: str, files: dict[str, object], limit: int | None
) -> None:
    assert limit_of(tmp_path, memberships, files) == limit


def test_there_is_none_where_nothing_tells_of_groups(tmp_path: Path) -> None:
    assert memory.container_limit(tmp_path / "cgroup", tmp_path) is None


def test_a_batch_beyond_what_the_container_may_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    options = TrainingOptions(network="zero-dce", size=1000, batch_size=2)  # some 5.4 GB
    monkeypatch.setattr(memory, "container_limit", lambda: 6_000_000_000)
    monkeypatch.setattr(memory.os, "sysconf", lambda name: 1 << 20)
    memory.check_memory(options)
    monkeypatch.setattr(memory, "container_limit", lambda: 2_000_000_000)
    with pytest.raises(
        OutOfMemoryError, match=r"takes some 5\.4 GB of memory, and this container has 2\.0; lower --size"
    ):
        memory.check_memory(options)
