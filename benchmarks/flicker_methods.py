"""The ways of enhancing a video that are compared for flicker."""

from __future__ import annotations

from types import TracebackType

import numpy as np
import numpy.typing as npt

from realtime.cpu_enhancer import CpuEnhancer
from realtime.frames.picture import Picture
from realtime.options import EnhancerOptions, SmoothingOptions

from .footage import Footage, Frame

# How much of the newest frame is in an average of pixels.
_NEW_SHARE = 0.7

_SMOOTHINGS = {
    "per frame": SmoothingOptions(seconds=0),
    "smoothed maps": SmoothingOptions(),
    # Shown frames of which all have the same time, they stay as the first frame has them.
    "fixed maps": SmoothingOptions(cut_level=1, jump_level=1),
}


class Methods:
    """Enhancers that differ in their smoothing alone, each loaded once."""

    def __init__(self, model: str) -> None:
        """Load the model.

        Raises:
            ModelError: The model cannot be used.
        """
        self._enhancers = {
            name: CpuEnhancer(EnhancerOptions(model=model, smoothing=smoothing))
            for name, smoothing in _SMOOTHINGS.items()
        }

    def __enter__(self) -> Methods:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Free the enhancers."""
        for enhancer in self._enhancers.values():
            enhancer.close()

    def per_frame(self, footage: Footage) -> list[Frame]:
        """Enhance every frame by the maps that are estimated from it."""
        return self._enhanced("per frame", footage)

    def smoothed_maps(self, footage: Footage) -> list[Frame]:
        """Enhance as `zerodce-enhance` does by default."""
        return self._enhanced("smoothed maps", footage)

    def fixed_maps(self, footage: Footage) -> list[Frame]:
        """Enhance every frame by the maps that are estimated from the first."""
        return self._enhanced("fixed maps", Footage(footage.frames, [0.0] * len(footage.frames)))

    def _enhanced(self, name: str, footage: Footage) -> list[Frame]:
        enhancer = self._enhancers[name]
        enhancer.reset()
        frames = [frame.copy() for frame in footage.frames]
        for frame, time_s in zip(frames, footage.times_s, strict=True):
            enhancer.enhance(Picture.from_packed(frame), time_s)
        return frames


def averaged(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Mix the values of each frame with what was shown before: .7 new, .3 old, as is often done with pixels.

    Args:
        values: (frames, …) float32.
    """
    shown: npt.NDArray[np.float32] = values.copy()
    for index in range(1, len(shown)):
        shown[index] = _NEW_SHARE * values[index] + (1 - _NEW_SHARE) * shown[index - 1]
    return shown


def averaged_pixels(frames: list[Frame]) -> list[Frame]:
    """Return frames of 8 bits, averaged as in `averaged`."""
    shown = averaged(np.asarray(frames, np.float32))
    return [np.rint(frame).astype(np.uint8) for frame in shown]
