"""The memory of a container counts as that of the machine."""

from __future__ import annotations

import pytest

from zerodce import memory
from zerodce.errors import OutOfMemoryError
from zerodce.options import TrainingOptions


def test_a_batch_beyond_what_the_container_may_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    options = TrainingOptions(network="zero-dce", size=1000, batch_size=2)  # some 5.4 GB
    monkeypatch.setattr(memory, "memory_limit", lambda: 6_000_000_000)
    monkeypatch.setattr(memory.os, "sysconf", lambda name: 1 << 20)
    memory.check_memory(options)
    monkeypatch.setattr(memory, "memory_limit", lambda: 2_000_000_000)
    with pytest.raises(
        OutOfMemoryError, match=r"takes some 5\.4 GB of memory, and this container has 2\.0; lower --size"
    ):
        memory.check_memory(options)
