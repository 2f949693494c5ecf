"""The passes of the temporal denoiser over full-size planes, compiled.

Each works on rows of blocks, `BLOCK` pixels square, and releases the GIL, so that bands of them run in
parallel in ordinary threads. What is remembered of a plane has 16 bits whatever its samples have: a mean over
time is finer than a sample.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..compiling import compiled
from ..frames.colour import FloatArray

BLOCK = 4

CodeArray = npt.NDArray[Any]  # uint8 or uint16
MeanArray = npt.NDArray[np.uint16]


@compiled()
def compare_blocks(
    plane: CodeArray,
    past: MeanArray,
    span: int,
    rows: int,
    unit: float,
    level: FloatArray,
    change: FloatArray,
    grain: FloatArray,
    begin: int,
    end: int,
) -> None:
    """Measure how high the samples of each block are, how much has changed in it, and how grainy it is.

    Args:
        plane: (H, ≥ W) uint8 or uint16; fastest where a row has nothing between its samples.
        past: (H, W) uint16, what is remembered of it.
        span: Samples of a block in a row of the plane.
        rows: Rows of a block in the plane.
        unit: What a code counts in `past`.
        level: (ceil(H / rows), ceil(W / span)) float32, written: mean of the samples, in units of `past`.
        change: The same shape, written: mean distance from `past`, in its units.
        grain: The same shape, written: mean distance of half the second difference from 0. Of independent
            noise, that is what the mean distance of a sample from its expected value is.
        begin: First row of blocks.
        end: One past the last.
    """
    height, width = past.shape
    codes, moved, rough = np.empty((3, width), np.float32)
    step = np.empty(width + 1, np.float32)
    code_unit = np.float32(unit)
    for row in range(begin, end):
        top, bottom = row * rows, min((row + 1) * rows, height)
        codes[:], moved[:], rough[:] = 0, 0, 0
        for y in range(top, bottom):
            line, before = plane[y], past[y]
            other = plane[y + 1 if y + 1 < height else max(y - 1, 0)]
            for x in range(width):
                code = np.float32(line[x])
                codes[x] += code
                moved[x] += abs(code * code_unit - np.float32(before[x]))
                step[x] = code - np.float32(other[x])
            step[width] = step[width - 1]  # beyond the border is what is there
            for x in range(width):
                rough[x] += abs(step[x] - step[x + 1])
        for column in range(level.shape[1]):
            left, right = column * span, min((column + 1) * span, width)
            levels, moves, roughness = np.float32(0), np.float32(0), np.float32(0)
            for x in range(left, right):
                levels += codes[x]
                moves += moved[x]
                roughness += rough[x]
            count = np.float32((right - left) * (bottom - top))
            level[row, column] = levels * code_unit / count
            change[row, column] = moves / count
            grain[row, column] = roughness * code_unit / (np.float32(2) * count)


@compiled()
def mean_around(values: FloatArray, means: FloatArray, begin: int, end: int) -> None:
    """Average each of (h, w) values with the up to eight around it.

    Args:
        values: (h, w) float32.
        means: The same shape, written.
        begin: First row to write.
        end: One past the last.
    """
    height, width = values.shape
    sums = np.empty(width + 2, np.float32)  # of columns, between nothing and nothing
    for row in range(begin, end):
        top, bottom = max(row - 1, 0), min(row + 2, height)
        sums[:] = 0
        for y in range(top, bottom):
            for x in range(width):
                sums[x + 1] += values[y, x]
        part = np.float32(1) / np.float32(min(3, width) * (bottom - top))
        for x in range(width):
            means[row, x] = (sums[x] + sums[x + 1] + sums[x + 2]) * part
        if width > 2:  # those on the border have fewer around them
            means[row, 0] *= np.float32(1.5)
            means[row, width - 1] *= np.float32(1.5)


@compiled()
def follow_rows(
    plane: CodeArray,
    past: MeanArray,
    span: int,
    rows: int,
    unit: float,
    shares: FloatArray,
    begin: int,
    end: int,
) -> None:
    """Let what is remembered follow a plane.

    Args:
        plane: (H, ≥ W) uint8 or uint16, C-contiguous.
        past: (H, W) uint16, what is remembered of it, overwritten.
        span: Samples of a block in a row of the plane.
        rows: Rows of a block in the plane.
        unit: What a code counts in `past`.
        shares: (≥ ceil(H / rows), ≥ ceil(W / span)) float32 in [0, 1], how far to follow in each block.
        begin: First row of blocks.
        end: One past the last.
    """
    height, width = past.shape
    share = np.empty(width, np.float32)
    code_unit, half = np.float32(unit), np.float32(0.5)
    for row in range(begin, end):
        for column in range((width + span - 1) // span):
            for x in range(column * span, min((column + 1) * span, width)):
                share[x] = shares[row, column]
        for y in range(row * rows, min((row + 1) * rows, height)):
            line, before = plane[y], past[y]
            for x in range(width):
                value = np.float32(before[x])
                value += share[x] * (np.float32(line[x]) * code_unit - value)
                before[x] = np.int32(value + half)
