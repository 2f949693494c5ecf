"""Deliver frames no sooner than their timestamps say."""

from __future__ import annotations

import time

# Where a timestamp is off by more, it has jumped, or we were too slow for it: the clock is set anew.
_MOST_AHEAD_S, _MOST_BACK_S, _MOST_LATE_S = 60.0, 0.2, 2.0


class Pacer:
    """Keeps the pace of one stream, from its first frame on."""

    def __init__(self, *, most_ahead_s: float = _MOST_AHEAD_S) -> None:
        """Start with the first frame.

        Args:
            most_ahead_s: How long a frame is waited for, at most.
        """
        self._most_ahead_s = most_ahead_s
        self._offset_s: float | None = None  # perf_counter minus timestamp
        self._latest_s = 0.0

    def wait_for(self, time_s: float) -> None:
        """Sleep until the frame of this timestamp is due."""
        now = time.perf_counter()
        if (
            self._offset_s is None
            or time_s < self._latest_s - _MOST_BACK_S
            or not -_MOST_LATE_S < time_s + self._offset_s - now < self._most_ahead_s
        ):
            self._offset_s = now - time_s
        self._latest_s = time_s
        time.sleep(max(0.0, time_s + self._offset_s - now))
