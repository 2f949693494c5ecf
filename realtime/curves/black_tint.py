"""The colour that black has: what cameras add to their shadows, and brightening would make a purple cast.

Sensors amplify red and blue more than green, and their errors at black with them, and noise that is cut off
at black adds to the channels that have most of it. Light itself has no colour where there is none of it. So
the colours of a picture are traced back to luma 0, and what red and blue have in common there is no light. It
is followed over time, as curve maps are: by a low-pass with its time constant in seconds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..compiling import compiled
from ..frames.colour import FloatArray
from ..stream_state import StreamState, restore, state_of

# A pixel of this luma counts a sixteenth of a black one.
SHADE = 0.05
# As if such a share of the picture were black and without colour: how sure colours in the dark must be.
PRIOR = 0.002
# The square of how far black is usually off, over that of how many times above luma a colour usually is.
LIKELY = 0.02**2


_STATE = ("_tint", "_time_s")


class BlackTintFilter:
    """The tint of black in one stream, over time.

    Attributes:
        seconds: The time constant.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next tint is taken as it is."""
        self._tint: FloatArray | None = None
        self._time_s = 0.0

    def state(self) -> StreamState:
        """Return a copy of all that `reset` forgets."""
        return state_of(self, _STATE)

    def restore(self, state: StreamState) -> None:
        """Go on from what `state` returned."""
        self.reset()
        restore(self, _STATE, state)

    def follow(self, tint: FloatArray, time_s: float) -> FloatArray:
        """Move the filtered tint towards that of a frame at a presentation time, in seconds; return it."""
        if self._tint is None:
            self._tint = tint
        else:
            steps = max(0.0, time_s - self._time_s) / self.seconds if self.seconds > 0 else np.inf
            self._tint = self._tint - np.float32(np.expm1(-steps)) * (tint - self._tint)
        self._time_s = time_s
        return self._tint


def black_tint(small: FloatArray, stride: int, weights: FloatArray) -> FloatArray:
    """Tell what red, green and blue are above luma in black.

    In the dark, weighted least squares give red and blue above luma as a line over luma; where that begins is
    what they are at 0. Whatever is added to a channel is in all of its picture, so it is no more than its
    darkest region has. What is not purple is a scene's own colour, and left alone.

    Args:
        small: (3, h, w) float32 RGB in [0, 1], the small copy of the frame.
        stride: Side of the square regions, in small pixels.
        weights: (3,) float32 of R, G and B in luma.

    Returns:
        (3,) float32 without any luma: red and blue at least 0, green at most; all 0 of grey black.
    """
    sums, darkest = np.zeros(7), np.ones(3)
    _sum_dark(small, stride, weights, sums, darkest)
    count, light, squares = sums[0] + PRIOR * small[0].size, sums[1], sums[2]
    squares += LIKELY * PRIOR * small[0].size
    bounds = darkest - weights @ darkest
    red, blue = (
        min((squares * colour - light * product) / (count * squares - light * light), bound)
        for colour, product, bound in ((sums[3], sums[4], bounds[0]), (sums[5], sums[6], bounds[2]))
    )
    most = 2 * max(min(red, blue), 0.0)
    red, blue = min(max(red, 0.0), most), min(max(blue, 0.0), most)
    return np.array([red, -(weights[0] * red + weights[2] * blue) / weights[1], blue], np.float32)


def without_tint(small: FloatArray, tint: FloatArray) -> FloatArray:
    """Take a tint off a (3, h, w) picture: all of it in black, none of it in white."""
    if not tint.any():
        return small
    offset = tint[:, np.newaxis, np.newaxis]
    return np.asarray(np.clip(small * (1 + offset) - offset, 0, 1), np.float32)


@compiled(reorders=True)
def _sum_dark(
    small: FloatArray,
    stride: int,
    weights: FloatArray,
    sums: npt.NDArray[np.float64],
    darkest: npt.NDArray[np.float64],
) -> None:
    """Sum 1, luma, luma², and red and blue above luma by 1 and by luma, dark pixels counting most.

    And find the least mean of each channel over a region.
    """
    height, width = small.shape[1:]
    shade, columns = np.float32(SHADE), np.empty(width, np.float32)
    sums[:] = 0
    for y in range(height):
        reds, greens, blues = small[0, y], small[1, y], small[2, y]
        ones, lumas, squares = np.float32(0), np.float32(0), np.float32(0)
        red, red_luma, blue, blue_luma = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        for x in range(width):
            luma = weights[0] * reds[x] + weights[1] * greens[x] + weights[2] * blues[x]
            share = shade / (luma + shade)
            share *= share
            share *= share
            ones += share
            lumas += share * luma
            squares += share * luma * luma
            red += share * (reds[x] - luma)
            red_luma += share * (reds[x] - luma) * luma
            blue += share * (blues[x] - luma)
            blue_luma += share * (blues[x] - luma) * luma
        for index, value in enumerate((ones, lumas, squares, red, red_luma, blue, blue_luma)):
            sums[index] += value
    for channel in range(3):
        for top in range(0, height, stride):
            bottom = min(top + stride, height)
            columns[:] = 0
            for y in range(top, bottom):
                line = small[channel, y]
                for x in range(width):
                    columns[x] += line[x]
            for left in range(0, width, stride):
                right = min(left + stride, width)
                total = np.float32(0)
                for x in range(left, right):
                    total += columns[x]
                darkest[channel] = min(darkest[channel], total / ((right - left) * (bottom - top)))
