"""Smoothing of the curve maps over time.

Only curves are ever averaged, never pixels, so nothing ghosts. The filter is a first-order low-pass with its
time constant in seconds: it behaves the same at any frame rate. Where the picture has changed since the
filtered maps were right for it, the filter follows faster; after a scene cut it starts afresh.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .colour import FloatArray
from .options import SmoothingOptions

# Keeps relative changes finite, and small, where there is next to no light: about 5 codes of 255.
DARK = 0.02

# A change is sudden when it is this many times the usual one, to which each frame adds its share. At cuts in
# filmed material it is 15 times that and more, in motion up to 6 times.
SUDDEN = 8.0
RECENT = 0.2


class MapSmoother:
    """The filtered maps of one stream, and what they were filtered from.

    Attributes:
        options: How the maps follow their estimates; may be changed between frames.
    """

    def __init__(self, options: SmoothingOptions) -> None:
        self.options = options
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next estimate is taken as it is."""
        self._maps: FloatArray | None = None  # (h, w, 24), filtered
        self._reference: FloatArray | None = None  # (h, w), the luma filtered as the maps were
        self._last_luma: FloatArray | None = None
        self._usual_change: float | None = None
        self._time_s = 0.0

    def is_cut(self, luma: FloatArray) -> bool:
        """Tell whether a frame starts a new scene, from its small luma (h, w) in [0, 1]."""
        if self._last_luma is None or self._last_luma.shape != luma.shape:
            return True
        change = relative_change(self._last_luma, luma)
        usual = self._usual_change
        sudden = usual is not None and change > max(self.options.jump_level, SUDDEN * usual)
        return sudden or change > self.options.cut_level

    def follow(self, curves: FloatArray, luma: FloatArray, time_s: float) -> FloatArray:
        """Move the filtered maps towards an estimate.

        Args:
            curves: (h, w, 24) float32, the latest estimate.
            luma: (h, w) float32 in [0, 1], the luma of the present frame, on the maps' grid.
            time_s: Presentation time of the frame, in seconds.

        Returns:
            (h, w, 24) float32, the filtered maps; they belong to the smoother and change with the next call.
        """
        if self._last_luma is not None and self._last_luma.shape == luma.shape:
            change = relative_change(self._last_luma, luma)
            usual = change if self._usual_change is None else self._usual_change
            self._usual_change = usual + RECENT * (change - usual)
        self._last_luma = luma
        if self._maps is None or self._reference is None or self._maps.shape != curves.shape:
            self._maps, self._reference = curves.copy(), luma.copy()
        else:
            elapsed = max(0.0, time_s - self._time_s)
            seconds = self.options.seconds
            steps = elapsed / seconds if seconds > 0 else np.inf
            _follow(self._maps, curves, self._reference, luma, steps, self.options.motion_level)
        self._time_s = time_s
        return self._maps


def relative_change(last: FloatArray, luma: FloatArray) -> float:
    """Return the share of the light that changed between two small lumas, in [0, 1]."""
    return float(np.abs(luma - last).mean() / (np.maximum(luma, last).mean() + DARK))


@njit(cache=True, nogil=True, error_model="numpy")
def _follow(
    maps: FloatArray,
    curves: FloatArray,
    reference: FloatArray,
    luma: FloatArray,
    steps: float,
    motion_level: float,
) -> None:
    """Filter in place; `steps` is the time since the last call in time constants.

    The change of each cell is averaged over its 3×3 neighbours, so that noise alone does not count as motion.
    """
    height, width = luma.shape
    share = np.empty((height, width), np.float32)
    for y in range(height):
        for x in range(width):
            change = 0.0
            light = 0.0
            for ny in range(max(y - 1, 0), min(y + 2, height)):
                for nx in range(max(x - 1, 0), min(x + 2, width)):
                    change += luma[ny, nx] - reference[ny, nx]
                    light += max(luma[ny, nx], reference[ny, nx]) + DARK
            relative = change / (light * motion_level)
            share[y, x] = -np.expm1(-steps * (1.0 + relative * relative))
    for y in range(height):
        for x in range(width):
            reference[y, x] += share[y, x] * (luma[y, x] - reference[y, x])
            for channel in range(maps.shape[2]):
                maps[y, x, channel] += share[y, x] * (curves[y, x, channel] - maps[y, x, channel])
