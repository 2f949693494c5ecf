"""Smoothing of the curve maps over time.

Only curves are ever averaged, never pixels, so nothing ghosts. The filter is a first-order low-pass with its
time constant in seconds: it behaves the same at any frame rate. Where the picture has changed since the
filtered maps were right for it, the filter follows faster, and everywhere if much of it has: a network that
sees the whole picture goes by all of it. After a scene cut it starts afresh: the first estimate is taken as
it is, and the next ones are averaged with it until the time constant has gone by.
"""

from __future__ import annotations

import numpy as np

from ..compiling import compiled
from ..frames.colour import FloatArray
from ..options import SmoothingOptions
from ..stream_state import StreamState, restore, state_of

# Keeps relative changes finite, and small, where there is next to no light: about 5 codes of 255.
DARK = 0.02

# A change is sudden when it is this many times the usual one, to which each frame adds its share. On footage
# made of photographs and panoramas, turns, shaking, noise and fades reach 1.7 times that. Keyframes of stills
# change 3 % of the light at most, less than a jump; cuts between pictures change 24 % at least.
SUDDEN = 5.0
RECENT = 0.2

# Changes up to twice what noise makes of them (this is squared) are not taken for motion.
NOISE_MARGIN = 4.0

_STATE = ("_maps", "_reference", "_last_luma", "_usual_change", "_time_s", "_age")


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
        self._maps: FloatArray | None = None  # (h, w, C), filtered
        self._reference: FloatArray | None = None  # (h, w), the luma filtered as the maps were
        self._last_luma: FloatArray | None = None
        self._usual_change: float | None = None
        self._time_s = 0.0
        self._age = 0.0  # of the scene, in time constants, up to 1

    def state(self) -> StreamState:
        """Return a copy of all that `reset` forgets."""
        return state_of(self, _STATE)

    def restore(self, state: StreamState) -> None:
        """Go on from what `state` returned."""
        self.reset()
        restore(self, _STATE, state)

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
            curves: (h, w, C) float32, the latest estimate.
            luma: (h, w) float32 in [0, 1], the luma of the present frame, on the maps' grid.
            time_s: Presentation time of the frame, in seconds.

        Returns:
            (h, w, C) float32, the filtered maps; they belong to the smoother and change with the next call.
        """
        if self._last_luma is not None and self._last_luma.shape == luma.shape:
            change = relative_change(self._last_luma, luma)
            usual = change if self._usual_change is None else self._usual_change
            self._usual_change = usual + RECENT * (change - usual)
        self._last_luma = luma
        seconds = self.options.seconds
        steps = max(0.0, time_s - self._time_s) / seconds if seconds > 0 else np.inf
        self._time_s = time_s
        if self._maps is None or self._reference is None or self._maps.shape != curves.shape:
            self._maps, self._reference = curves.copy(), luma.copy()
            self._age = 0.0
        else:
            _follow(
                self._maps,
                curves,
                self._reference,
                luma,
                steps,
                1 / (self._age / steps + 2) if steps > 0 else 0.0,
                self.options.motion_level,
                self.options.picture_level,
            )
            self._age = min(self._age + steps, 1.0)
        return self._maps


@compiled(reorders=True)
def relative_change(last: FloatArray, luma: FloatArray) -> float:
    """Return the share of the light that changed between two small lumas of a size, in [0, 1]."""
    changed, light = 0.0, 0.0
    for y in range(luma.shape[0]):
        for x in range(luma.shape[1]):
            changed += abs(luma[y, x] - last[y, x])
            light += max(luma[y, x], last[y, x])
    return changed / (light + DARK * luma.size)


@compiled()
def _follow(
    maps: FloatArray,
    curves: FloatArray,
    reference: FloatArray,
    luma: FloatArray,
    steps: float,
    least_share: float,
    motion_level: float,
    picture_level: float,
) -> None:
    """Filter in place.

    The change of each cell is averaged over its 3×3 neighbours, so that noise alone hardly counts as motion.
    What is left of noise in such an average is a part of how much cells differ from their averages.

    Args:
        maps: (h, w, C) float32, updated.
        curves: The same, the estimate.
        reference: (h, w) float32, the luma filtered as the maps were, updated.
        luma: The same, of the present frame.
        steps: Time since the last call, in time constants.
        least_share: The least share of the estimate that is taken over.
        motion_level: See `SmoothingOptions`.
        picture_level: See `SmoothingOptions`.
    """
    height, width = luma.shape
    share = np.empty((height, width), np.float32)
    noise = 0.0
    picture = 0.0
    for y in range(height):
        for x in range(width):
            change = 0.0
            light = 0.0
            cells = 0
            for ny in range(max(y - 1, 0), min(y + 2, height)):
                for nx in range(max(x - 1, 0), min(x + 2, width)):
                    change += luma[ny, nx] - reference[ny, nx]
                    light += max(luma[ny, nx], reference[ny, nx]) + DARK
                    cells += 1
            relative = change / light
            own = (cells * (luma[y, x] - reference[y, x]) - change) / light
            noise += own * own / max(cells - 1, 1)
            picture += relative * relative
            share[y, x] = relative * relative
    noise /= height * width
    picture = max(picture / (height * width) - noise, 0.0) / (picture_level * picture_level)
    for y in range(height):
        for x in range(width):
            motion = max(share[y, x] - NOISE_MARGIN * noise, 0.0) / (motion_level * motion_level)
            taken = max(-np.expm1(-steps * (1.0 + picture + motion)), least_share)
            reference[y, x] += taken * (luma[y, x] - reference[y, x])
            for channel in range(maps.shape[2]):
                maps[y, x, channel] += taken * (curves[y, x, channel] - maps[y, x, channel])
