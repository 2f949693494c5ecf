"""The spatial denoiser: what is dark and varies by no more than noise is averaged with what is around it.

As over time, how much is noise is measured in each picture, for every level of brightness: most have flat
places, which show their grain. The grain of what is bright stays, as nothing makes it stronger.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..frames.bands import Bands
from ..frames.colour import FloatArray, PixelLayout, luma_weights
from ..frames.picture import Picture, sample_widths, samples_of
from .spatial_kernels import DeepArray, luma_rows, rounded_rows, shrunk_rows, smooth_rows
from .temporal import LEVELS, between_bars, grain_of_levels
from .temporal_kernels import BLOCK, CodeArray, compare_blocks, mean_around

_BITS = 16
_PEAK = (1 << _BITS) - 1
# From the mean distance of noise from 0 to its standard deviation, if it is normal.
_DEVIATION = np.sqrt(np.pi / 2)
# Of a window that varies four times as much as noise does, half is kept. No grain is taken to deviate by less
# than this, in codes of 255: rounding hides some, and compression.
_NOISE_MARGIN, _LEAST = 4.0, 0.6
# Luma in [0, 1]: up to the first, averages are taken over, and from the second on, samples stay.
_DARK, _BRIGHT = 0.12, 0.47


class SpatialDenoiser:
    """Denoises pictures, each for itself. Not for several threads at once."""

    def __init__(self, *, threads: int) -> None:
        self._bands = Bands(threads=threads, name="grain")

    def close(self) -> None:
        """Stop the threads; may be called again."""
        self._bands.close()

    def denoise(self, picture: Picture) -> Picture:
        """Return a denoised copy, whose 16 bits hold what averages have between the codes of 8.

        Args:
            picture: Any layout.
        """
        layout, widths = picture.layout, sample_widths(picture)
        scale, shares = layout.scale_to_16_bits, _shares(layout)
        luma = self._luma(picture, scale)
        flat = self._flat(luma)
        others = self._at_chroma(luma, layout)
        results = [
            np.empty((plane.shape[0], width), np.uint16)
            for plane, width in zip(picture.planes, widths, strict=True)
        ]
        samples = zip(samples_of(picture.planes, layout), samples_of(results, layout), strict=True)
        for index, (codes, result) in enumerate(samples):
            guide = others if index else luma

            def smooth(
                begin: int,
                end: int,
                codes: CodeArray = codes,
                guide: DeepArray = guide,
                result: DeepArray = result,
            ) -> None:
                smooth_rows(codes, scale, guide, flat, shares, result, begin, end)

            self._bands.run(smooth, guide.shape[0], guide.size)
        return replace(picture, planes=tuple(results), layout=replace(layout, bits=_BITS))

    def write_back(self, denoised: Picture, picture: Picture) -> None:
        """Round the samples of what `denoise` returned to the codes of a picture."""
        scale, peak = picture.layout.scale_to_16_bits, picture.layout.peak
        for deep, codes in zip(denoised.planes, picture.planes, strict=True):

            def write(begin: int, end: int, deep: DeepArray = deep, codes: CodeArray = codes) -> None:
                rounded_rows(deep, scale, peak, codes, begin, end)

            self._bands.run(write, deep.shape[0], deep.size)

    def _luma(self, picture: Picture, scale: float) -> DeepArray:
        """Return luma in 16 bits, (H, W) uint16."""
        layout, plane = picture.layout, picture.planes[0]
        if layout.kind not in ("rgb", "bgr"):
            grey: DeepArray = np.multiply(plane[:, : picture.width], np.uint16(scale), dtype=np.uint16)
            return grey
        luma = np.empty((picture.height, picture.width), np.uint16)
        weights = luma_weights(layout)
        if layout.kind == "bgr":
            weights = weights[::-1].copy()
        self._bands.run(
            lambda begin, end: luma_rows(plane, weights, scale, luma, begin, end), luma.shape[0], luma.size
        )
        return luma

    def _at_chroma(self, luma: DeepArray, layout: PixelLayout) -> DeepArray:
        """Return luma at the resolution of the samples of chroma, or of the other colours."""
        shift_x, shift_y = layout.chroma_shift_wh
        if layout.kind != "yuv" or not (shift_x or shift_y):
            return luma
        height, width = luma.shape
        small = np.empty((-(-height >> shift_y), -(-width >> shift_x)), np.uint16)
        self._bands.run(
            lambda begin, end: shrunk_rows(luma, shift_x, shift_y, small, begin, end),
            small.shape[0],
            luma.size,
        )
        return small

    def _flat(self, luma: DeepArray) -> FloatArray:
        """Return up to which variance a window is flat, by mean luma in 1/256 of 16 bits: (256,) float32."""
        height, width = luma.shape
        shape = (-(-height // BLOCK), -(-width // BLOCK))
        level, change, grain, smooth_grain = np.empty((4, *shape), np.float32)

        def measure(begin: int, end: int) -> None:
            compare_blocks(luma, luma, BLOCK, BLOCK, 1.0, level, change, grain, begin, end)

        self._bands.run(measure, shape[0], width * height)
        mean_around(grain, smooth_grain, 0, shape[0])
        part = between_bars(smooth_grain)
        grains = grain_of_levels(level[part] * np.float32(LEVELS / (_PEAK + 1)), smooth_grain[part])
        middles = (np.arange(LEVELS) + 0.5) * (256 / LEVELS)
        deviations = 0.0 if grains is None else np.interp(np.arange(256), middles, _DEVIATION * grains / 256)
        return np.asarray(_NOISE_MARGIN * np.maximum(deviations, np.full(256, _LEAST)) ** 2, np.float32)


def _shares(layout: PixelLayout) -> FloatArray:
    """Return how much of the averages is taken over, by luma in 1/256 of 16 bits."""
    is_limited = layout.kind in ("yuv", "grey") and not layout.full_range
    black, span = (16, 219) if is_limited else (0, 255)
    limits = black + span * np.array((_DARK, _BRIGHT))
    return np.interp(np.arange(256), limits, (1, 0)).astype(np.float32)
