"""The passes of the photo denoiser over full-size pictures, compiled.

They work on rows and release the GIL, so that bands of them run in parallel in ordinary threads.

Source: He et al., Guided image filtering, 2010.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .colour import FloatArray
from .compiling import compiled
from .curve_arguments import CodeArray

DeepArray = npt.NDArray[np.uint16]

# A window is so many pixels to each side of its middle.
REACH = 2
_SIDE = 2 * REACH + 1


@compiled(reorders=True)
def luma_rows(
    codes: CodeArray, weights: FloatArray, scale: float, luma: DeepArray, begin: int, end: int
) -> None:
    """Write the luma of rows.

    Args:
        codes: (H, ≥ W·C) uint8 or uint16, C-contiguous: C colours a pixel.
        weights: (C,) float32, of each colour in luma.
        scale: From a code to one of 16 bits.
        luma: (H, W) uint16, written.
        begin: First row to write.
        end: One past the last.
    """
    factor, half, colours = np.float32(scale), np.float32(0.5), weights.size
    for y in range(begin, end):
        line, row = codes[y], luma[y]
        for x in range(row.size):
            value = np.float32(0)
            for colour in range(colours):
                value += weights[colour] * np.float32(line[x * colours + colour])
            row[x] = np.int32(value * factor + half)


@compiled(reorders=True)
def smooth_rows(
    codes: CodeArray,
    scale: float,
    luma: DeepArray,
    flat: FloatArray,
    shares: FloatArray,
    result: DeepArray,
    begin: int,
    end: int,
) -> None:
    """Make each colour, within each window, the linear function of luma that is nearest to it.

    A window whose luma varies by noise alone becomes flat; one with an edge keeps it. Each pixel is in
    several windows, and gets their average. At the border, what is there is repeated.

    Args:
        codes: (H, ≥ W·C) uint8 or uint16, C-contiguous.
        scale: From a code to one of 16 bits.
        luma: (H, W) uint16.
        flat: (256,) float32, up to which variance a window is flat, rather, by its mean luma, of 255; in
            squares of 1/256 of the range.
        shares: (256,) float32 in [0, 1], how much of that is taken over, by the luma of a pixel, of 255.
        result: (H, W·C) uint16, written.
        begin: First row to write.
        end: One past the last.
    """
    height, width = luma.shape
    colours = result.shape[1] // width
    unit, factor = np.float32(1 / 256), np.float32(scale / 256)
    share = np.float32(1 / _SIDE**2)
    # Of columns of a window: luma, its square, and each colour and its product with luma.
    sums = np.empty((2 + 2 * colours, width + 2 * REACH), np.float32)
    # The functions of the windows of some rows: slopes and offsets of each colour.
    slopes, offsets = np.empty((2, _SIDE, colours, width + 2 * REACH), np.float32)
    slope_sums, offset_sums = np.empty((2, width + 2 * REACH), np.float32)
    for y in range(begin - REACH, end + REACH):
        middle, slot = min(max(y, 0), height - 1), (y - begin + REACH) % _SIDE
        sums[:] = 0
        for other in range(middle - REACH, middle + REACH + 1):
            row = min(max(other, 0), height - 1)
            light, line = luma[row], codes[row]
            for x in range(width):
                value = unit * np.float32(light[x])
                sums[0, x + REACH] += value
                sums[1, x + REACH] += value * value
                for colour in range(colours):
                    level = factor * np.float32(line[x * colours + colour])
                    sums[2 + 2 * colour, x + REACH] += level
                    sums[3 + 2 * colour, x + REACH] += level * value
        _repeat_ends(sums, width)
        for x in range(width):
            mean, square = _around(sums[0], x) * share, _around(sums[1], x) * share
            variance = max(square - mean * mean, np.float32(0))
            most = flat[min(np.int32(mean), 255)]
            for colour in range(colours):
                level = _around(sums[2 + 2 * colour], x) * share
                covariance = _around(sums[3 + 2 * colour], x) * share - mean * level
                slope = covariance / (variance + most)
                slopes[slot, colour, x + REACH] = slope
                offsets[slot, colour, x + REACH] = level - slope * mean
        _repeat_ends(slopes[slot], width)
        _repeat_ends(offsets[slot], width)
        target = y - REACH
        if target < begin:
            continue
        light, line = luma[target], codes[target]
        for colour in range(colours):
            slope_sums[:], offset_sums[:] = 0, 0
            for row in range(_SIDE):
                for x in range(width + 2 * REACH):
                    slope_sums[x] += slopes[row, colour, x]
                    offset_sums[x] += offsets[row, colour, x]
            for x in range(width):
                value = _around(slope_sums, x) * unit * np.float32(light[x]) + _around(offset_sums, x)
                code = np.float32(scale) * np.float32(line[x * colours + colour])
                code += shares[light[x] >> 8] * (value * share * np.float32(256) - code) + np.float32(0.5)
                result[target, x * colours + colour] = np.int32(
                    min(max(code, np.float32(0)), np.float32(65535))
                )


@compiled(reorders=True, is_inlined=True)
def _around(values: FloatArray, x: int) -> np.float32:
    """Sum the values of a window whose first column is x."""
    total: np.float32 = values[x] + values[x + 1] + values[x + 2] + values[x + 3] + values[x + 4]
    return total


@compiled()
def _repeat_ends(rows: FloatArray, width: int) -> None:
    """Fill what is beyond the ends of rows of `width` values with the first and the last of them."""
    for row in range(rows.shape[0]):
        for x in range(REACH):
            rows[row, x] = rows[row, REACH]
            rows[row, width + REACH + x] = rows[row, width + REACH - 1]
