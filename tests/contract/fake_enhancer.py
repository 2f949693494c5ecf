"""An enhancer that needs no model, and tells what it was asked for."""

from __future__ import annotations

import numpy as np

from realtime.enhancer import Enhancer
from realtime.frames.picture import Picture
from realtime.options import EnhancerOptions
from realtime.stream_state import StreamState


class FakeEnhancer(Enhancer):
    """Brightens every frame by a fixed number of codes.

    Attributes:
        times_s: When each frame is shown, as it was told; emptied by a reset.
        resets: How often a new stream was started.
        closed: Whether it was closed.
        options: What it was last told to go by.
    """

    backend = "fake"
    depth = 1

    def __init__(self, options: EnhancerOptions | None = None, *, gain: int = 30) -> None:
        self._gain = gain
        self.times_s: list[float] = []
        self.resets = 0
        self.closed = False
        self.options = options or EnhancerOptions()

    @property
    def estimate_every(self) -> int:
        """The number it was told."""
        return 1 if self.options.estimate_every == "auto" else self.options.estimate_every

    def adjust(self, options: EnhancerOptions) -> None:
        """Note the settings; strength 0 turns the gain off."""
        options.check_adjusts(self.options)
        self.options = options

    def enhance(self, picture: Picture, time_s: float) -> None:
        """Add the gain to luma, or to every colour."""
        plane = picture.planes[0]
        gain = round(self._gain * self.options.strength)
        plane[:] = plane.clip(0, picture.layout.peak - gain) + gain
        self.times_s.append(time_s)

    def begin(self, picture: Picture, time_s: float) -> None:
        """Enhance at once."""
        self.enhance(picture, time_s)

    def finish(self) -> None:
        """Do nothing."""

    def reset(self) -> None:
        """Start a new stream."""
        self.times_s.clear()
        self.resets += 1

    def state(self) -> StreamState:
        """Return the times."""
        return {"times_s": np.array(self.times_s)}

    def restore(self, state: StreamState) -> None:
        """Take over the times."""
        self.times_s = state["times_s"].tolist()

    def close(self) -> None:
        """Note that it was called."""
        self.closed = True
