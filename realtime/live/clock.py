"""The clock of a live source: time goes on, whatever the timestamps of its frames and its sound do."""

from __future__ import annotations

import time

# A timestamp this far from when its frame came says nothing any more: the clock was set anew. That of
# sound is held to what came before it; after a jump, the next frame tells the time.
_MOST_OFF_S = 5.0
# Frames come in order: one that goes back further than its time is coarse is of a clock set anew, too.
_MOST_BACK_S = 0.2
# Timestamps of one stream rise by at least this much.
_LEAST_STEP_S = 1e-4


class SourceClock:
    """Tells the time of what one source gives, by its timestamps, in seconds from when the clock was made."""

    def __init__(self) -> None:
        self._began_s = time.perf_counter()
        self._offset_s: float | None = None  # time minus timestamp; None until a frame tells it
        self._frame_s = -_LEAST_STEP_S
        self._latest_s = 0.0  # of a frame or of sound

    def reconnect(self) -> None:
        """Forget what timestamps mean: those of another connection follow."""
        self._offset_s = None

    def time_of_frame(self, stamp_s: float | None, arrived_s: float) -> float:
        """Return the time of a frame, which is past that of the one before.

        Args:
            stamp_s: Its timestamp; None if it has none, and is of when it came.
            arrived_s: When it came, by `time.perf_counter`.
        """
        elapsed_s = arrived_s - self._began_s
        if stamp_s is None:
            stamp_s = elapsed_s
        if (
            self._offset_s is None
            or abs(stamp_s + self._offset_s - elapsed_s) > _MOST_OFF_S
            or stamp_s + self._offset_s < self._frame_s - _MOST_BACK_S
        ):
            self._offset_s = max(elapsed_s, self._frame_s + _LEAST_STEP_S) - stamp_s
        self._frame_s = self._latest_s = max(stamp_s + self._offset_s, self._frame_s + _LEAST_STEP_S)
        return self._frame_s

    def time_of_sound(self, stamp_s: float) -> float | None:
        """Return the time of a piece of sound; None where no frame has told what its timestamp means."""
        if self._offset_s is None or abs(stamp_s + self._offset_s - self._latest_s) > _MOST_OFF_S:
            return None
        self._latest_s = stamp_s + self._offset_s
        return self._latest_s
