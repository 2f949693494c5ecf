"""When to run the network: on every N-th frame, when the picture changed, or as often as time allows."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

from .curves.small_picture import block_means
from .curves.smoothing import relative_change
from .frames.colour import FloatArray
from .options import EstimateEvery
from .stream_state import StreamState, restore, state_of

# An estimate is good enough while less than this share of the light has changed since, and for this long. On
# ten clips, frames so made by the default model are at 52 dB or more on average from those with an estimate
# each, no frame is under 44 dB, and between a sixth and all of the estimates are made.
_CHANGE = 0.02
_HOLD_S = 0.2
# Changes are measured on at most so many blocks along the long side, so that noise averages out.
_BLOCKS = 64

# Live, this share of the time between two frames may be used; the rest is for what goes on beside.
_SHARE = 0.8
# Live, an estimate is held so long at most, however little time there is.
_HOLD_LIVE_S = 0.5
# The middle one of so many measurements counts, so that the slow first ones do not.
_MEASUREMENTS = 9

_STATE = ("_frames", "_time_s", "_blocks")


class EstimatePace:
    """Tells for each frame of a stream whether to run the network, and learns what that costs.

    With `auto`, it goes by the picture alone where the frames wait (files), so that the same input gives the
    same output; and by the measured time where they do not (live sources).

    Attributes:
        estimates: How often the network was run.
    """

    def __init__(
        self,
        every: EstimateEvery,
        frame_interval_s: float | None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Start without an estimate.

        Args:
            every: N to run the network on every N-th frame, or `auto`.
            frame_interval_s: Time between the frames of a live source; None for files.
            clock: Tells the time, in seconds.
        """
        self._every = every
        self._interval_s = frame_interval_s
        self._clock = clock
        self._estimate_s: deque[float] = deque(maxlen=_MEASUREMENTS)
        self._rest_s: deque[float] = deque(maxlen=_MEASUREMENTS)
        self._network_s = 0.0
        self.estimates = 0
        self.reset()

    def reset(self) -> None:
        """Forget the estimate: the next frame needs one. What the network costs is remembered."""
        self._frames = 0
        self._time_s = -math.inf
        self._blocks: FloatArray | None = None

    def state(self) -> StreamState:
        """Return a copy of all that `reset` forgets."""
        return state_of(self, _STATE)

    def restore(self, state: StreamState) -> None:
        """Go on from what `state` returned."""
        self.reset()
        restore(self, _STATE, state)

    def adjust(self, every: EstimateEvery, frame_interval_s: float | None) -> None:
        """Go by another choice from the next frame on; see `__init__`. What was measured is kept."""
        self._every, self._interval_s = every, frame_interval_s

    def is_due(self, luma: FloatArray, time_s: float) -> bool:
        """Tell whether to run the network on a frame; to be asked once a frame.

        Args:
            luma: (h, w) float32 in [0, 1], the small luma of the frame.
            time_s: Presentation time of the frame, in seconds.
        """
        due = self._is_due(luma, time_s)
        if due:
            self._frames, self._time_s, self._blocks = 0, time_s, _blocks(luma)
        self._frames += 1
        return due

    @property
    def every(self) -> int:
        """The N in force; with `auto` and no interval, the network may run on any frame, and this is 1."""
        if self._every != "auto":
            return self._every
        if self._interval_s is None or not self._estimate_s:
            return 1
        most = max(1, round(_HOLD_LIVE_S / self._interval_s))
        spare_s = _SHARE * self._interval_s - median(self._rest_s)
        return min(most, math.ceil(median(self._estimate_s) / spare_s)) if spare_s > 0 else most

    @contextmanager
    def frame(self) -> Iterator[None]:
        """Measure the body: all the work on one frame."""
        start, self._network_s = self._clock(), 0.0
        yield
        self._rest_s.append(self._clock() - start - self._network_s)

    @contextmanager
    def estimate(self) -> Iterator[None]:
        """Measure the body: an estimate, within the work on a frame."""
        start = self._clock()
        yield
        self._network_s = self._clock() - start
        self._estimate_s.append(self._network_s)
        self.estimates += 1

    def _is_due(self, luma: FloatArray, time_s: float) -> bool:
        if self._blocks is None:
            return True
        if self._every != "auto":
            return self._frames >= self._every
        elapsed_s = time_s - self._time_s
        if not 0 <= elapsed_s < (_HOLD_S if self._interval_s is None else _HOLD_LIVE_S):
            return True
        if self._interval_s is not None:
            return self._frames >= self.every
        blocks = _blocks(luma)
        return blocks.shape != self._blocks.shape or relative_change(self._blocks, blocks) > _CHANGE


def _blocks(luma: FloatArray) -> FloatArray:
    return block_means(luma, -(-max(luma.shape) // _BLOCKS))
