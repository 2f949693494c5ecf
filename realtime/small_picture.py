"""The small copy of a frame that the network looks at: area averages over square cells of pixels."""

from __future__ import annotations

import numpy as np
from numba import njit

from .colour import FloatArray, YuvConversion
from .curve_blocks import CodeArray

_compiled = njit(cache=True, nogil=True, error_model="numpy")
_inlined = njit(cache=True, nogil=True, error_model="numpy", inline="always")


def cell_size(width: int, height: int, map_size: int) -> int:
    """Find the side in pixels of the cell that one small pixel stands for.

    Cells are square and whole, so the long side of the small copy is `map_size` or somewhat less.
    """
    return max(1, -(-max(width, height) // map_size))


def block_means(image: FloatArray, side: int) -> FloatArray:
    """Average an (h, w) image over square blocks, to (ceil(h / side), ceil(w / side))."""
    if side == 1:
        return image
    over, beside = (-length % side for length in image.shape)
    if over or beside:
        image = np.pad(image, ((0, over), (0, beside)), mode="edge")
    blocks = image.reshape(image.shape[0] // side, side, image.shape[1] // side, side)
    means: FloatArray = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means


@_inlined
def _average_row(plane, top, bottom, samples, cell, sums, upto, averages):  # type: ignore[no-untyped-def]
    """Average `cell`-wide cells over rows `top` to `bottom` of a plane; `sums` and `upto` are for its use."""
    sums[:samples] = 0  # of 16-bit samples, over fewer than 2¹⁶ rows
    for y in range(top, bottom):
        line = plane[y]
        for x in range(samples):
            sums[x] += line[x]
    total = 0
    for x in range(samples):
        total += sums[x]
        upto[x + 1] = total
    for column in range(averages.size):
        # Where chroma is subsampled and the cell odd, neighbouring cells share the sample on their border.
        first = int(column * cell)
        after = min(max(int(np.ceil((column + 1) * cell)), first + 1), samples)
        first = min(first, after - 1)
        averages[column] = np.float32(upto[after] - upto[first]) / np.float32(
            (after - first) * (bottom - top)
        )


@_compiled
def small_rgb_from_yuv(
    luma: CodeArray,
    blue: CodeArray,
    red: CodeArray,
    width: int,
    shift_x: int,
    shift_y: int,
    cell: int,
    conversion: YuvConversion,
    small: FloatArray,
    begin: int,
    end: int,
) -> None:
    """Average planar YUV samples over cells, as RGB.

    Args:
        luma: (H, ≥ W) uint8 or uint16, C-contiguous.
        blue: U, subsampled by 2^shift_x and 2^shift_y.
        red: V, as blue.
        width: W, in pixels.
        shift_x: log2 of the horizontal chroma subsampling.
        shift_y: log2 of the vertical chroma subsampling.
        cell: Side of a cell, in pixels.
        conversion: Between these codes and RGB.
        small: (3, h, w) float32, written: RGB in [0, 1].
        begin: First row of `small` to write.
        end: One past the last.
    """
    to_rgb, offset = conversion.rgb_from_yuv, conversion.offset
    height, chroma_height = luma.shape[0], blue.shape[0]
    chroma_width = (width + (1 << shift_x) - 1) >> shift_x
    averages = np.empty((3, small.shape[2]), np.float32)
    sums, upto = np.empty(width, np.uint32), np.zeros(width + 1, np.int64)
    cell_x, cell_y = cell / (1 << shift_x), cell / (1 << shift_y)
    for row in range(begin, end):
        _average_row(
            luma, row * cell, min((row + 1) * cell, height), width, float(cell), sums, upto, averages[0]
        )
        top = min(int(row * cell_y), chroma_height - 1)
        bottom = min(max(int(np.ceil((row + 1) * cell_y)), top + 1), chroma_height)
        _average_row(blue, top, bottom, chroma_width, cell_x, sums, upto, averages[1])
        _average_row(red, top, bottom, chroma_width, cell_x, sums, upto, averages[2])
        for colour in range(3):
            for x in range(small.shape[2]):
                value = to_rgb[colour, 0] * (averages[0, x] - offset[0])
                value += to_rgb[colour, 1] * (averages[1, x] - offset[1])
                value += to_rgb[colour, 2] * (averages[2, x] - offset[2])
                small[colour, row, x] = min(max(value, np.float32(0)), np.float32(1))


@_compiled
def small_rgb_from_packed(
    packed: CodeArray,
    height: int,
    width: int,
    red: int,
    cell: int,
    peak: float,
    small: FloatArray,
    begin: int,
    end: int,
) -> None:
    """Average packed RGB or BGR samples over cells.

    Args:
        packed: (H, ≥ 3·W) uint8 or uint16, C-contiguous.
        height: H, in pixels.
        width: W, in pixels.
        red: The channel that holds red: 0 in RGB, 2 in BGR.
        cell: Side of a cell, in pixels.
        peak: The largest code.
        small: (3, h, w) float32, written: RGB in [0, 1].
        begin: First row of `small` to write.
        end: One past the last.
    """
    sums, upto = np.empty(3 * width, np.uint32), np.zeros((width + 1, 3), np.int64)
    for row in range(begin, end):
        top, bottom = row * cell, min((row + 1) * cell, height)
        sums[:] = 0
        for y in range(top, bottom):
            line = packed[y]
            for x in range(3 * width):
                sums[x] += line[x]
        for x in range(width):
            for channel in range(3):
                upto[x + 1, channel] = upto[x, channel] + sums[3 * x + channel]
        for column in range(small.shape[2]):
            first, after = column * cell, min((column + 1) * cell, width)
            scale = 1.0 / ((after - first) * (bottom - top) * peak)
            for channel in range(3):
                total = upto[after, channel] - upto[first, channel]
                small[channel if red == 0 else 2 - channel, row, column] = np.float32(total * scale)
