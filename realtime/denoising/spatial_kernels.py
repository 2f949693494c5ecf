"""The passes of the spatial denoiser over full-size planes, compiled.

They work on rows and release the GIL, so that bands of them run in parallel in ordinary threads.

Source: He et al., Guided image filtering, 2010.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..compiling import compiled
from ..frames.colour import FloatArray
from .temporal_kernels import CodeArray

DeepArray = npt.NDArray[np.uint16]

# A window is so many samples to each side of its middle; its sums are written out below.
REACH = 2
_SIDE = 2 * REACH + 1


@compiled(reorders=True)
def smooth_rows(
    codes: CodeArray,
    scale: float,
    guide: DeepArray,
    flat: FloatArray,
    shares: FloatArray,
    result: DeepArray,
    begin: int,
    end: int,
) -> None:
    """Make samples, within each window, the linear function of their guide that is nearest to them.

    A window whose guide varies by noise alone becomes flat; one with an edge keeps it. Each sample is in
    several windows, and gets their average. At the border, what is there is repeated.

    Args:
        codes: (H, ≥ W) uint8 or uint16; fastest where a row has nothing between its samples.
        scale: From a code to one of 16 bits.
        guide: (H, W) uint16, what tells the edges: luma.
        flat: (256,) float32, up to which variance a window is flat, rather, by the mean of its guide, in
            squares of 1/256 of the range, as that.
        shares: (256,) float32 in [0, 1], how much of that is taken over, by the guide of a sample.
        result: (H, W) uint16, written.
        begin: First row to write.
        end: One past the last.
    """
    height, width = guide.shape
    unit, deep, share = np.float32(1 / 256), np.float32(scale), np.float32(1 / _SIDE**2)
    to_level = np.float32(scale / 256)
    # Of the columns of a window: the guide, its square, the samples, and their products with the guide.
    guides, squares, levels, products = np.empty((4, width + 2 * REACH), np.float32)
    # The functions of the windows of some rows, and the sums of those.
    slopes, offsets = np.empty((2, _SIDE, width + 2 * REACH), np.float32)
    slope_sums, offset_sums = np.empty((2, width + 2 * REACH), np.float32)
    for y in range(begin - REACH, end + REACH):
        middle, slot = min(max(y, 0), height - 1), (y + REACH) % _SIDE
        lights, lines = _rows_around(guide, middle), _rows_around(codes, middle)
        for x in range(width):
            value0, level0 = unit * np.float32(lights[0][x]), to_level * np.float32(lines[0][x])
            value1, level1 = unit * np.float32(lights[1][x]), to_level * np.float32(lines[1][x])
            value2, level2 = unit * np.float32(lights[2][x]), to_level * np.float32(lines[2][x])
            value3, level3 = unit * np.float32(lights[3][x]), to_level * np.float32(lines[3][x])
            value4, level4 = unit * np.float32(lights[4][x]), to_level * np.float32(lines[4][x])
            guides[x + REACH] = value0 + value1 + value2 + value3 + value4
            levels[x + REACH] = level0 + level1 + level2 + level3 + level4
            squares[x + REACH] = (
                value0 * value0 + value1 * value1 + value2 * value2 + value3 * value3 + value4 * value4
            )
            products[x + REACH] = (
                value0 * level0 + value1 * level1 + value2 * level2 + value3 * level3 + value4 * level4
            )
        for sums in (guides, squares, levels, products):
            _repeat_ends(sums, width)
        slope, offset = slopes[slot], offsets[slot]
        for x in range(width):
            mean, level = _around(guides, x) * share, _around(levels, x) * share
            variance = max(_around(squares, x) * share - mean * mean, np.float32(0))
            steepness = (_around(products, x) * share - mean * level) / (variance + flat[np.int32(mean)])
            slope[x + REACH] = steepness
            offset[x + REACH] = level - steepness * mean
        _repeat_ends(slope, width)
        _repeat_ends(offset, width)
        target = y - REACH
        if target < begin:
            continue
        for x in range(width + 2 * REACH):
            slope_sums[x] = slopes[0, x] + slopes[1, x] + slopes[2, x] + slopes[3, x] + slopes[4, x]
            offset_sums[x] = offsets[0, x] + offsets[1, x] + offsets[2, x] + offsets[3, x] + offsets[4, x]
        light, line, smooth = guide[target], codes[target], result[target]
        for x in range(width):
            value = unit * np.float32(light[x])
            before = deep * np.float32(line[x])
            after = np.float32(256) * share * (_around(slope_sums, x) * value + _around(offset_sums, x))
            code = before + shares[light[x] >> 8] * (after - before) + np.float32(0.5)
            smooth[x] = np.int32(min(max(code, np.float32(0)), np.float32(65535)))


@compiled(reorders=True)
def luma_rows(
    codes: CodeArray, weights: FloatArray, scale: float, luma: DeepArray, begin: int, end: int
) -> None:
    """Write the luma of packed rows.

    Args:
        codes: (H, ≥ 3·W) uint8 or uint16, C-contiguous.
        weights: (3,) float32, of the three colours in luma.
        scale: From a code to one of 16 bits.
        luma: (H, W) uint16, written.
        begin: First row to write.
        end: One past the last.
    """
    factor, half = np.float32(scale), np.float32(0.5)
    for y in range(begin, end):
        line, row = codes[y], luma[y]
        for x in range(row.size):
            value = weights[0] * np.float32(line[3 * x])
            value += weights[1] * np.float32(line[3 * x + 1])
            value += weights[2] * np.float32(line[3 * x + 2])
            row[x] = np.int32(value * factor + half)


@compiled(reorders=True)
def shrunk_rows(plane: DeepArray, shift_x: int, shift_y: int, small: DeepArray, begin: int, end: int) -> None:
    """Average a plane over what one sample of chroma spans.

    Args:
        plane: (H, W) uint16.
        shift_x: log2 of the horizontal subsampling.
        shift_y: log2 of the vertical subsampling.
        small: (ceil(H / 2^shift_y), ceil(W / 2^shift_x)) uint16, written.
        begin: First row to write.
        end: One past the last.
    """
    height, width = plane.shape
    for y in range(begin, end):
        for x in range(small.shape[1]):
            total, count = np.uint32(0), np.uint32(0)
            for j in range(y << shift_y, min((y + 1) << shift_y, height)):
                for i in range(x << shift_x, min((x + 1) << shift_x, width)):
                    total += plane[j, i]
                    count += np.uint32(1)
            small[y, x] = total // count


@compiled()
def rounded_rows(deep: DeepArray, scale: float, peak: int, codes: CodeArray, begin: int, end: int) -> None:
    """Round samples of 16 bits to codes.

    Args:
        deep: (H, W) uint16.
        scale: From a code to one of 16 bits.
        peak: The largest code.
        codes: (H, ≥ W) uint8 or uint16, written.
        begin: First row to write.
        end: One past the last.
    """
    for y in range(begin, end):
        line, row = deep[y], codes[y]
        for x in range(line.size):
            row[x] = min(np.int32(np.float64(line[x]) / scale + 0.5), peak)


@compiled(is_inlined=True)
def _rows_around(plane: CodeArray, y: int) -> tuple[CodeArray, CodeArray, CodeArray, CodeArray, CodeArray]:
    """Return the rows of a window; at the border, what is there is repeated."""
    last = plane.shape[0] - 1
    return (
        plane[max(y - 2, 0)],
        plane[max(y - 1, 0)],
        plane[y],
        plane[min(y + 1, last)],
        plane[min(y + 2, last)],
    )


@compiled(reorders=True, is_inlined=True)
def _around(values: FloatArray, x: int) -> np.float32:
    """Sum the values of a window whose first column is x."""
    total: np.float32 = values[x] + values[x + 1] + values[x + 2] + values[x + 3] + values[x + 4]
    return total


@compiled()
def _repeat_ends(row: FloatArray, width: int) -> None:
    """Fill what is beyond the ends of a row of `width` values with the first and the last of them."""
    for x in range(REACH):
        row[x] = row[REACH]
        row[width + REACH + x] = row[width + REACH - 1]
