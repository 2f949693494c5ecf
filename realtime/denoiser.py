"""The temporal denoiser: where nothing moves, noise is averaged away over time.

What every frame leaves behind is a mean that follows the next one: by a small share where that differs no
more than by noise, at once where something moved. How much is noise is not asked of the user but measured in
each frame, for every level of brightness, since sensors are noisiest in the dark: most of a picture differs
from what was there before by noise alone, or, where the camera moves, some of it is flat and shows its grain.
Where a codec has taken the noise away already, there is nothing that could be averaged, and next to nothing
is done.
"""

from __future__ import annotations

import numpy as np

from .bands import Bands
from .colour import FloatArray
from .denoise_kernels import BLOCK, MeanArray, compare_blocks, follow_rows, mean_around
from .frames import Picture, sample_widths
from .stream_state import StreamState, part_of

_MEAN_BITS = 16
# How much of a frame is followed where nothing moves: what is left of independent noise is 0.28 of it.
_LEAST_SHARE = 0.15
# Against noise alone, what a block and those around it may have changed: up to the first, nothing moves, and
# from the second on, something does.
_STILL, _MOVED = 1.1, 1.5
LEVELS = 16  # of brightness, each with a noise of its own
_LEAST_BLOCKS = 16  # that tell the noise of a level
_MOST_BLOCKS = 4096  # that are asked
# Which of the blocks of a level, in order of their change, is still; and which, of their grain, is flat.
_STILL_QUANTILE, _FLAT_QUANTILE = 0.25, 0.2
# A mean that has settled differs from the next frame 1.04 times as much as the expected value does, and one
# that has just begun 1.41 times. More than the grain and what rounding may hide of it, in codes, is motion.
_MOST_OF_GRAIN, _ROUNDING = 1.25, 0.3
# Noise seems to grow when things begin to move: it is believed by and by.
_RISE = 0.2
_NOTHING = 0.05  # codes


class TemporalDenoiser:
    """Denoises the frames of one stream, in order. Not for several threads at once."""

    def __init__(self, *, threads: int) -> None:
        self._bands = Bands(threads=threads, name="denoise")
        self._past: list[MeanArray] = []
        self._noise: FloatArray | None = None

    def reset(self) -> None:
        """Forget the stream so far: the next frame starts a new one, and stays as it is."""
        self._past, self._noise = [], None

    def state(self) -> StreamState:
        """Return what the next frames depend on, beside themselves."""
        state = {f"past.{index}": plane.copy() for index, plane in enumerate(self._past)}
        return state if self._noise is None else state | {"noise": self._noise.copy()}

    def restore(self, state: StreamState) -> None:
        """Go on where `state` was returned."""
        past = part_of(state, "past")
        self._past = [past[index].copy() for index in sorted(past)]
        self._noise = state["noise"].copy() if "noise" in state else None

    def close(self) -> None:
        """Stop the threads; may be called again."""
        self._bands.close()

    def denoise(self, picture: Picture) -> None:
        """Denoise the next frame in place.

        Args:
            picture: Any layout; its planes are overwritten. One of other planes than before starts a new
                stream.
        """
        planes, widths, layout = picture.planes, sample_widths(picture), picture.layout
        shift = _MEAN_BITS - layout.bits
        shapes = [(plane.shape[0], width) for plane, width in zip(planes, widths, strict=True)]
        if [plane.shape for plane in self._past] != shapes:
            self.reset()
            self._past = [
                np.left_shift(plane[:, :width], shift, dtype=np.uint16)
                for plane, width in zip(planes, widths, strict=True)
            ]
            return
        shares = self._shares(picture, shift)

        def follow(begin: int, end: int) -> None:
            for index, (plane, past, width) in enumerate(zip(planes, self._past, widths, strict=True)):
                shift_x, shift_y = layout.chroma_shift_wh if index else (0, 0)
                span, rows = _samples(picture) * BLOCK >> shift_x, BLOCK >> shift_y
                follow_rows(plane, past, width, span, rows, shift, layout.peak, shares, begin, end)

        self._bands.run(follow, shares.shape[0], picture.width * picture.height)

    def _shares(self, picture: Picture, shift: int) -> FloatArray:
        """Return how far to follow in each block, (ceil(H / BLOCK), ceil(W / BLOCK)) float32 in [0, 1]."""
        width, height = picture.width, picture.height
        shape = (-(-height // BLOCK), -(-width // BLOCK))
        luma, change, grain, smooth_change, smooth_grain = np.empty((5, *shape), np.float32)
        plane, past = picture.planes[0], self._past[0]
        if _samples(picture) == 3:  # green is most of luma
            plane, past = plane[:, 1 : 3 * width : 3], past[:, 1::3]

        def compare(begin: int, end: int) -> None:
            compare_blocks(plane, past, shift, luma, change, grain, begin, end)

        def smooth(begin: int, end: int) -> None:
            mean_around(change, smooth_change, begin, end)
            mean_around(grain, smooth_grain, begin, end)

        self._bands.run(compare, shape[0], width * height)
        self._bands.run(smooth, shape[0], width * height)
        code = 1 << shift
        levels = luma * np.float32(LEVELS / (1 << _MEAN_BITS))
        noise = noise_of_levels(levels, smooth_change, smooth_grain, _ROUNDING * code)
        if noise is None:
            return np.ones(shape, np.float32)
        if self._noise is not None:
            noise = np.where(noise < self._noise, noise, self._noise + _RISE * (noise - self._noise))
        self._noise = noise.astype(np.float32)
        expected = self._noise[levels.astype(np.uint8)] + np.float32(_NOTHING * code)
        moved = (smooth_change / expected - np.float32(_STILL)) / np.float32(_MOVED - _STILL)
        least = np.float32(_LEAST_SHARE)
        shares: FloatArray = np.clip(least + (1 - least) * moved, least, np.float32(1))
        return shares


def noise_of_levels(
    levels: FloatArray, change: FloatArray, grain: FloatArray, rounding: float
) -> FloatArray | None:
    """Estimate how much blocks change by noise alone, by their brightness.

    Args:
        levels: (h, w) float32 in [0, `LEVELS`), the brightness of each block.
        change: (h, w) float32, the change of each.
        grain: (h, w) float32, the grain of each.
        rounding: How much of it rounding may hide.

    Returns:
        (`LEVELS`,) float32; None where there are too few blocks to tell.
    """
    still = _quantile_of_levels(levels, change, _STILL_QUANTILE)
    flat = grain_of_levels(levels, grain)
    if still is None or flat is None:
        return None
    noise: FloatArray = np.minimum(still, np.float32(_MOST_OF_GRAIN) * flat + np.float32(rounding))
    return noise


def grain_of_levels(levels: FloatArray, grain: FloatArray) -> FloatArray | None:
    """Tell how grainy flat blocks are, by their brightness.

    Args:
        levels: As for `noise_of_levels`.
        grain: The same.

    Returns:
        (`LEVELS`,) float32; None where there are too few blocks to tell.
    """
    return _quantile_of_levels(levels, grain, _FLAT_QUANTILE)


def _quantile_of_levels(levels: FloatArray, values: FloatArray, quantile: float) -> FloatArray | None:
    """Return a quantile of the values of each level; where there are too few, that of levels nearby."""
    every = -(-levels.size // _MOST_BLOCKS)
    level = levels.reshape(-1)[::every].astype(np.int32)
    span = 2.0 * (1 << _MEAN_BITS)
    ordered = np.sort(level * span + values.reshape(-1)[::every])  # level by level, and in each by value
    ends = np.searchsorted(ordered, np.arange(LEVELS + 1) * span)
    counts = np.diff(ends)
    known = np.flatnonzero(counts >= _LEAST_BLOCKS)
    if not known.size:
        return None
    places = ends[known] + (counts[known] * quantile).astype(np.int64)
    quantiles: FloatArray = np.interp(np.arange(LEVELS), known, ordered[places] - known * span)
    return quantiles.astype(np.float32)


def _samples(picture: Picture) -> int:
    """Return how many samples of its first plane a pixel has."""
    return 3 if picture.layout.kind in ("rgb", "bgr") else 1
