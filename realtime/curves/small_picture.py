"""The small copy of a frame that the network looks at: area averages over square cells of pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..compiling import compiled
from ..frames.colour import FloatArray, YuvConversion
from .arguments import CodeArray


def cell_size(width: int, height: int, map_size: int) -> int:
    """Find the side in pixels of the cell that one small pixel stands for.

    Cells are square and whole, so the long side of the small copy is `map_size` or somewhat less.
    """
    return max(1, -(-max(width, height) // map_size))


def block_means(image: FloatArray, side: int) -> FloatArray:
    """Average an (h, w) image over square blocks, to (ceil(h / side), ceil(w / side)).

    Where blocks reach beyond the image, its last pixels count for those that are missing.
    """
    if side == 1:
        return image
    height, width = image.shape
    means = np.empty((-(-height // side), -(-width // side)), np.float32)
    _average_blocks(image, side, means)
    return means


@compiled()
def _average_blocks(image: FloatArray, side: int, means: FloatArray) -> None:
    height, width = image.shape
    columns = np.empty(width, np.float32)
    for row in range(means.shape[0]):
        columns[:] = 0
        for y in range(row * side, (row + 1) * side):
            line = image[min(y, height - 1)]
            for x in range(width):
                columns[x] += line[x]
        for column in range(means.shape[1]):
            total = np.float32(0)
            for x in range(column * side, (column + 1) * side):
                total += columns[min(x, width - 1)]
            means[row, column] = total / np.float32(side * side)


@compiled()
def _cell_edges(samples: int, cell: float, edges: npt.NDArray[np.int64]) -> None:
    """Write where the samples of each cell begin and end.

    Where chroma is subsampled and the cell odd, neighbouring cells share the sample on their border.
    """
    for column in range(edges.shape[0]):
        first = int(column * cell)
        after = min(max(int(np.ceil((column + 1) * cell)), first + 1), samples)
        edges[column, 0], edges[column, 1] = min(first, after - 1), after


@compiled()
def _average_row(
    plane: CodeArray,
    top: int,
    bottom: int,
    edges: npt.NDArray[np.int64],
    sums: npt.NDArray[np.uint32],
    upto: npt.NDArray[np.int64],
    averages: FloatArray,
) -> None:
    """Average the cells over rows `top` to `bottom` of a plane; `sums` and `upto` are for its use."""
    samples = edges[-1, 1]
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
        first, after = edges[column]
        averages[column] = np.float32(upto[after] - upto[first]) / np.float32(
            (after - first) * (bottom - top)
        )


@compiled()
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
    edges, chroma_edges = np.empty((small.shape[2], 2), np.int64), np.empty((small.shape[2], 2), np.int64)
    sums, upto = np.empty(width, np.uint32), np.empty(width + 1, np.int64)
    upto[0] = 0
    cell_y = cell / (1 << shift_y)
    _cell_edges(width, float(cell), edges)
    _cell_edges(chroma_width, cell / (1 << shift_x), chroma_edges)
    for row in range(begin, end):
        _average_row(luma, row * cell, min((row + 1) * cell, height), edges, sums, upto, averages[0])
        top = min(int(row * cell_y), chroma_height - 1)
        bottom = min(max(int(np.ceil((row + 1) * cell_y)), top + 1), chroma_height)
        _average_row(blue, top, bottom, chroma_edges, sums, upto, averages[1])
        _average_row(red, top, bottom, chroma_edges, sums, upto, averages[2])
        for colour in range(3):
            for x in range(small.shape[2]):
                value = to_rgb[colour, 0] * (averages[0, x] - offset[0])
                value += to_rgb[colour, 1] * (averages[1, x] - offset[1])
                value += to_rgb[colour, 2] * (averages[2, x] - offset[2])
                small[colour, row, x] = min(max(value, np.float32(0)), np.float32(1))


@compiled()
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
    sums, upto = np.empty(3 * width, np.uint32), np.empty((width + 1, 3), np.int64)
    upto[0] = 0
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
