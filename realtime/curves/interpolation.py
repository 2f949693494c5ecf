"""Curve maps interpolated over a tile of pixels, bilinearly between the centres of their cells.

Full-size maps never exist: a row of the small ones is stretched over a tile when it is first needed there,
with what it changes by from row to row, and from the two the maps of each row of pixels follow by adding.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import intrinsic

from ..compiling import compiled
from ..frames.colour import FloatArray
from .blocks import HALF
from .colours import FIELD, FIELDS, LANES
from .vectors import Samples, Vector

_inlined = compiled(reorders=True, allocates=False, is_inlined=True)


class Grid(NamedTuple):
    """Where pixels lie between the centres of map cells. Gap g is from the centre of cell g - 1 to that of g.

    Pixel p is the (p + cell - cell // 2) mod cell-th of its gap, which is as wide as a cell.

    Attributes:
        cell: Side of a cell, in pixels.
        positions: (cell + LANES,) float32, how many pixels each pixel of a gap is past the centre before it.
        weights: (cell + LANES,) float32, the same in cells.
    """

    cell: int
    positions: FloatArray
    weights: FloatArray


@lru_cache(maxsize=16)
def grid_of(cell: int) -> Grid:
    """Return where pixels lie on maps whose cells have this side, in pixels."""
    positions = np.arange(cell + LANES) + cell // 2 + 0.5 - cell / 2
    return Grid(cell, positions.astype(np.float32), (positions / cell).astype(np.float32))


def _writing_of_run(
    typing: Any, revision: Any, work: Any, at: Any, value: Any, slope: Any, weights: Any, first: Any
) -> Any:
    """Write LANES columns of the working memory, from `at` on: value + slope·weights[first + i]."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        memory, weights = (Samples(context, builder, signature.args[k], arguments[k]) for k in (1, 5))
        value, slope = (Vector.filled(builder, arguments[k], LANES) for k in (3, 4))
        memory.write(value + slope * weights.floats(arguments[6], LANES), arguments[2])
        return context.get_dummy_value()

    index, number = types.intp, types.float32
    return types.void(revision, work, index, number, number, weights, index), generate


_write_run: Any = intrinsic(_writing_of_run)


@_inlined
def stretch(
    revision: int,
    fields: FloatArray,
    gap: int,
    bend: int,
    grid: Grid,
    left: int,
    length: int,
    work: FloatArray,
) -> None:
    """Interpolate a gap of rows over so many pixels of a tile, whole blocks of them.

    Args:
        revision: That of the kernel, which it is kept under.
        fields: (h, w, channels) float32, maps and tints.
        gap: Which, from 0 to h.
        bend: Where two rows have the centre of a cell between them, at which maps bend, the line of the gap
            that the first of the two is at, to interpolate these alone; else negative.
        grid: Where pixels lie on the fields.
        left: First column of the tile.
        length: How many columns, a multiple of `LANES`.
        work: Where values go, and what they change by to the next row; see `realtime.curves.colours`.
    """
    rows, columns, count = fields.shape
    upper, lower = fields[max(gap - 1, 0)], fields[min(gap, rows - 1)]
    beyond = fields[min(gap + 1, rows - 1)]
    share = np.float32(1) / np.float32(grid.cell)
    first = left + grid.cell - grid.cell // 2
    across, pixel = first // grid.cell, first % grid.cell
    x = 0
    while x < length:
        before, after = min(max(across - 1, 0), columns - 1), min(across, columns - 1)
        stop = min(x + grid.cell - pixel, length)
        for channel in range(count):
            value, other = upper[before, channel], upper[after, channel]
            step = (lower[before, channel] - value) * share
            other_step = (lower[after, channel] - other) * share
            if bend >= 0:
                value, other = value + grid.positions[bend] * step, other + grid.positions[bend] * other_step
                near, far = lower[before, channel], lower[after, channel]
                step = near + grid.weights[0] * (beyond[before, channel] - near) - value
                other_step = far + grid.weights[0] * (beyond[after, channel] - far) - other
            values, steps = FIELDS + channel * FIELD, FIELDS + (count + channel) * FIELD
            for at in range(x, stop, LANES):
                weight = pixel + at - x
                _write_run(revision, work, values + at, value, other - value, grid.weights, weight)
                _write_run(revision, work, steps + at, step, other_step - step, grid.weights, weight)
        x, across, pixel = stop, across + 1, 0


@_inlined
def next_rows(y: int, end: int, grid: Grid) -> tuple[int, int, int, int]:
    """Return the gap that row `y` is in, its line in that, where maps bend, and one past the last row of it.

    The centre of an odd cell is in a row, which ends one gap as well as it begins the next. Rows go by twos,
    and the centre of an even cell can be between two that go together: there maps bend.
    """
    gap, line = divmod(y + grid.cell - grid.cell // 2, grid.cell)
    left = grid.cell - line + grid.cell % 2
    return gap, line, line if left == 1 else -1, min(end, y + max(left // HALF, 1) * HALF)
