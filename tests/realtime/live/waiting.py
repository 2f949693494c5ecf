"""Wait for what other threads do."""

from __future__ import annotations

import time
from collections.abc import Callable

from realtime.live.frame import LiveFrame
from realtime.live.source import LiveSource

PATIENCE_S = 60


def wait_until(condition: Callable[[], object]) -> None:
    """Return as soon as a condition holds; fail if it never does."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


def take(source: LiveSource) -> LiveFrame:
    """Return the next frame of a source; fail if none comes."""
    frame = source.take(PATIENCE_S)
    assert frame is not None
    return frame
