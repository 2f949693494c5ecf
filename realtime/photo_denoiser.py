"""The denoiser of photographs: what varies by no more than noise is averaged with what is around it.

As in video, how much is noise is measured, for every level of brightness: most photographs have flat places,
which show their grain. The grain of what is bright stays, as nothing makes it stronger.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .bands import Bands
from .colour import FloatArray, luma_weights
from .denoise_kernels import BLOCK, compare_blocks, mean_around
from .denoiser import LEVELS, grain_of_levels
from .frames import Picture
from .guided_kernels import luma_rows, smooth_rows

_PEAK = 65535
# From the mean distance of noise from 0 to its standard deviation, if it is normal.
_DEVIATION = np.sqrt(np.pi / 2)
# Of a window that varies four times as much as noise does, half is kept. No grain is taken to deviate by less
# than this, in codes of 255: rounding hides some, and compression.
_NOISE_MARGIN, _LEAST = 4.0, 0.6
# Of 255: up to the first luma, averages are taken over, and from the second on, samples stay.
_DARK, _BRIGHT = 30, 120
_SHARES = np.interp(np.arange(256), (_DARK, _BRIGHT), (1, 0)).astype(np.float32)


class PhotoDenoiser:
    """Denoises pictures, each for itself. Not for several threads at once."""

    def __init__(self, *, threads: int) -> None:
        self._bands = Bands(threads=threads, name="photo")

    def close(self) -> None:
        """Stop the threads; may be called again."""
        self._bands.close()

    def denoise(self, picture: Picture) -> Picture:
        """Return a denoised copy, whose 16 bits hold what averages have between the codes of 8.

        Args:
            picture: RGB, BGR or grey.
        """
        codes, layout = picture.planes[0], picture.layout
        height, width, pixels = picture.height, picture.width, picture.width * picture.height
        scale = _PEAK / layout.peak
        match layout.kind:
            case "rgb":
                weights = luma_weights(layout)
            case "bgr":
                weights = luma_weights(layout)[::-1].copy()
            case _:
                weights = np.ones(1, np.float32)
        luma = np.empty((height, width), np.uint16)
        result = np.empty((height, width * weights.size), np.uint16)
        self._bands.run(lambda begin, end: luma_rows(codes, weights, scale, luma, begin, end), height, pixels)
        flat = self._flat(luma)
        self._bands.run(
            lambda begin, end: smooth_rows(codes, scale, luma, flat, _SHARES, result, begin, end),
            height,
            pixels,
        )
        return replace(picture, planes=(result,), layout=replace(layout, bits=16))

    def _flat(self, codes: np.ndarray) -> FloatArray:
        """Return which variance is rather noise, for each mean luma of 255: (256,) float32."""
        height, width = codes.shape
        shape = (-(-height // BLOCK), -(-width // BLOCK))
        level, change, grain, smooth_grain = np.empty((4, *shape), np.float32)

        def measure(begin: int, end: int) -> None:
            compare_blocks(codes, codes, 0, level, change, grain, begin, end)

        self._bands.run(measure, shape[0], width * height)
        mean_around(grain, smooth_grain, 0, shape[0])
        levels = level * np.float32(LEVELS / (_PEAK + 1))
        grains = grain_of_levels(levels, smooth_grain)
        middles = (np.arange(LEVELS) + 0.5) * (256 / LEVELS)
        deviations = 0.0 if grains is None else np.interp(np.arange(256), middles, _DEVIATION * grains / 256)
        return np.asarray(_NOISE_MARGIN * np.maximum(deviations, np.full(256, _LEAST)) ** 2, np.float32)


def write_back(denoised: Picture, picture: Picture) -> None:
    """Round the samples of a picture of 16 bits to those of another of its size."""
    width, peak = denoised.planes[0].shape[1], picture.layout.peak
    for row, codes in zip(picture.planes[0], denoised.planes[0], strict=True):
        row[:width] = (codes.astype(np.uint32) * peak + _PEAK // 2) // _PEAK
