"""The temporal denoiser: where nothing moves, noise is averaged away over time.

What every frame leaves behind is a mean that follows the next one: by a small share where that differs no
more than by noise, at once where something moved, if only in colour. How much is noise is not asked of the
user but measured in each frame, for every level of brightness, since sensors are noisiest in the dark: most
of a picture differs from what was there before by noise alone, or, where the camera moves, some of it is flat
and shows its grain.
Where a codec has taken the noise away already, there is nothing that could be averaged, and next to nothing
is done.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..frames.bands import Bands
from ..frames.colour import FloatArray, PixelLayout
from ..frames.picture import Picture, sample_widths, samples_of
from ..stream_state import StreamState, part_of
from .temporal_kernels import BLOCK, MeanArray, compare_blocks, follow_rows, mean_around

_MEAN_BITS = 16
# How much of a frame is followed where nothing moves: what is left of independent noise is 0.28 of it.
_LEAST_SHARE = 0.15
# How much more than by noise alone a block and those around it may have changed: up to the first, nothing
# moves, and from the second on, something does.
_STILL, _MOVED = 0.1, 0.5
LEVELS = 16  # of brightness, each with a noise of its own
_LEAST_BLOCKS = 16  # that tell the noise of a level
_MOST_BLOCKS = 4096  # that are asked
_BESIDE_BARS = 2  # blocks that have some of a bar in them or around them
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

    def denoise(self, picture: Picture) -> Picture:
        """Denoise the next frame.

        Args:
            picture: Any layout. One of other planes than before starts a new stream.

        Returns:
            The means, of 16 bits, which change with the next call.
        """
        planes, widths, layout = picture.planes, sample_widths(picture), picture.layout
        shapes = [(plane.shape[0], width) for plane, width in zip(planes, widths, strict=True)]
        if [plane.shape for plane in self._past] == shapes:
            self._follow(picture)
        else:
            self.reset()
            self._past = [
                np.rint(plane[:, :width] * np.float32(layout.scale_to_16_bits)).astype(np.uint16)
                for plane, width in zip(planes, widths, strict=True)
            ]
        return replace(picture, planes=tuple(self._past), layout=replace(layout, bits=_MEAN_BITS))

    def _follow(self, picture: Picture) -> None:
        layout = picture.layout
        by_luma, by_colour = self._shares(picture)
        is_packed, unit = layout.kind in ("rgb", "bgr"), layout.scale_to_16_bits

        def follow(begin: int, end: int) -> None:
            for index, (plane, past) in enumerate(zip(picture.planes, self._past, strict=True)):
                shares = by_colour if index or is_packed else by_luma
                span, rows = _block_of(layout, index)
                span *= 3 if is_packed else 1
                follow_rows(plane, past, span, rows, unit, shares, begin, end)

        self._bands.run(follow, by_luma.shape[0], picture.width * picture.height)

    def _shares(self, picture: Picture) -> tuple[FloatArray, FloatArray]:
        """Return how far to follow in each block, by luma alone and where colour moves, too.

        Both are (ceil(H / BLOCK), ceil(W / BLOCK)) float32 in [0, 1].
        """
        level, changes, grains = self._compared(picture)
        levels, code = level * np.float32(LEVELS / (1 << _MEAN_BITS)), picture.layout.scale_to_16_bits
        part = between_bars(grains[0])
        noises = [
            noise_of_levels(levels[part], change[part], grain[part], _ROUNDING * code)
            for change, grain in zip(changes, grains, strict=True)
        ]
        known = [noise for noise in noises if noise is not None]
        if len(known) < len(noises):
            return np.ones_like(level), np.ones_like(level)
        noise = np.stack(known)
        if self._noise is not None:
            noise = np.where(noise < self._noise, noise, self._noise + _RISE * (noise - self._noise))
        self._noise = noise.astype(np.float32)
        expected = self._noise[:, levels.astype(np.uint8)] + np.float32(_NOTHING * code)
        more = (changes / expected - 1) / _spreads(picture.layout)[: len(changes), np.newaxis, np.newaxis]
        moved = (more - np.float32(_STILL)) / np.float32(_MOVED - _STILL)
        least = np.float32(_LEAST_SHARE)
        shares: FloatArray = np.clip(least + (1 - least) * moved, least, np.float32(1))
        return shares[0], shares.max(axis=0)

    def _compared(self, picture: Picture) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Measure the blocks of a picture, those of luma first and then, if it has any, those of colour.

        Returns:
            (h, w) float32, how bright each is; (1 or 2, h, w), how much it and those around it have changed;
            and the same shape, how grainy they are.
        """
        layout = picture.layout
        samples, past = samples_of(picture.planes, layout), samples_of(self._past, layout)
        if layout.kind in ("rgb", "bgr"):  # green is most of luma
            samples, past = ([each[1], each[0], each[2]] for each in (samples, past))
        shape = (-(-picture.height // BLOCK), -(-picture.width // BLOCK))
        level, change, grain = np.empty((3, len(samples), *shape), np.float32)

        def compare(begin: int, end: int) -> None:
            for index, (plane, before) in enumerate(zip(samples, past, strict=True)):
                block, results = _block_of(layout, index), (level[index], change[index], grain[index])
                compare_blocks(plane, before, *block, layout.scale_to_16_bits, *results, begin, end)

        self._bands.run(compare, shape[0], picture.width * picture.height)
        # What tells of colour are two kinds of samples, which are averaged.
        kinds = [slice(0, 1), slice(1, 3)][: len(samples)]
        measured = np.stack([each[kind].mean(axis=0) for each in (change, grain) for kind in kinds])
        smooth = np.empty_like(measured)

        def average(begin: int, end: int) -> None:
            for values, means in zip(measured, smooth, strict=True):
                mean_around(values, means, begin, end)

        self._bands.run(average, shape[0], picture.width * picture.height)
        return level[0], smooth[: len(kinds)], smooth[len(kinds) :]


def between_bars(grain: FloatArray) -> tuple[slice, slice]:
    """Find the part of a picture that was filmed.

    Bars beside it are as dark as its shadows may be, and would say that those have no noise.

    Args:
        grain: (h, w) float32, how grainy blocks and those around them are; those of bars are not at all.

    Returns:
        Rows and columns; all of them where nothing is grainy.
    """
    return _without_bars(grain.max(axis=1)), _without_bars(grain.max(axis=0))


def _without_bars(grain: FloatArray) -> slice:
    places = np.flatnonzero(grain)
    if not places.size:
        return slice(None)
    first, end = int(places[0]), int(places[-1]) + 1
    return slice(
        first + _BESIDE_BARS if first > 0 else 0,
        end - _BESIDE_BARS if end < grain.size else end,
    )


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
    every = max(1, -(-levels.size // _MOST_BLOCKS))
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


def _spreads(layout: PixelLayout) -> FloatArray:
    """Return how far the changes of luma and of colour deviate by chance, that of luma being 1.

    Where chroma is subsampled, a block has fewer samples of it.
    """
    share = 2 ** (1 - sum(layout.chroma_shift_wh))  # of the two chroma planes together, against luma
    return np.array([1, 1 / np.sqrt(min(share, 1))], np.float32)


def _block_of(layout: PixelLayout, index: int) -> tuple[int, int]:
    """Return how many samples a block has in a row, and how many rows, in a plane or a packed colour."""
    shift_x, shift_y = layout.chroma_shift_wh if index else (0, 0)
    return BLOCK >> shift_x, BLOCK >> shift_y
