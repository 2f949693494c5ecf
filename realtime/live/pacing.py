"""Deliver frames no sooner than their timestamps say."""

from __future__ import annotations

import time

# Beyond this a timestamp has jumped, or we were too slow for it: the clock is set anew.
_MOST_AHEAD_S = 2.0


class Pacer:
    """Keeps the pace of one stream, from its first frame on."""

    def __init__(self) -> None:
        self._offset_s: float | None = None  # perf_counter minus timestamp

    def wait_for(self, time_s: float) -> None:
        """Sleep until the frame of this timestamp is due."""
        now = time.perf_counter()
        if self._offset_s is None or not -_MOST_AHEAD_S < time_s + self._offset_s - now < _MOST_AHEAD_S:
            self._offset_s = now - time_s
        time.sleep(max(0.0, time_s + self._offset_s - now))
