"""The fused full-frame pass, compiled: interpolate curve maps, apply the curves, write the codec's samples.

A frame is enhanced in place, in tiles whose maps stay in a cache: how they come to be there is in
`interpolation`, and what is done to pixels in `blocks`.

Every kernel works on the rows of one band and releases the GIL, so bands run in parallel in ordinary threads.
"""

from __future__ import annotations

import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from export.manifest import COLOURS

from ..compiling import compiled
from ..frames.colour import FloatArray
from . import arguments, blocks, colours, interpolation, vectors
from .arguments import Belief, Block, Chroma, CodeArray, PackedCodes, PlanarCodes, Planes
from .blocks import HALF, ROWS, enhance_packed_block, enhance_planar_block
from .colours import LANES, TILE
from .interpolation import Grid, next_rows, stretch

# What else is compiled into kernels, which are kept on disk under a number that changes with it, too.
_SOURCES = arguments.__file__, blocks.__file__, colours.__file__, interpolation.__file__, vectors.__file__
REVISION = zlib.crc32(b"".join(Path(source).read_bytes() for source in _SOURCES))

_kernel = compiled(reorders=True, allocates=False)
_inlined = compiled(reorders=True, allocates=False, is_inlined=True)


@_inlined
def _rows_at_once(y: int, stop: int) -> int:
    """Tell how many rows to enhance together; it is the same for the same row, whatever the bands are."""
    return ROWS if y % ROWS == 0 and stop - y >= ROWS else HALF


@_kernel
def _copy(source: CodeArray, y: int, x: int, columns: int, whole: int, margin: CodeArray) -> None:
    """Copy samples to all rows of the margin, `whole` of each; past the picture its border is repeated."""
    for row in range(margin.shape[0]):
        line = min(y + row, source.shape[0] - 1)
        for column in range(whole):
            margin[row, column] = source[line, x + min(column, columns - 1)]


@_kernel
def _copy_back(margin: CodeArray, target: CodeArray, y: int, x: int, rows: int, columns: int) -> None:
    for row in range(min(rows, target.shape[0] - y)):
        for column in range(columns):
            target[y + row, x + column] = margin[row, column]


@cache
def planar_kernel(maps: int, is_rational: bool, shift_x: int, shift_y: int) -> Any:
    """Return the kernel for YUV and so many maps, of rational curves or not; see its own docstring.

    Chroma is subsampled by 2^shift_x and 2^shift_y.
    """
    revision, across, down = REVISION, 1 << shift_x, 1 << shift_y

    @_kernel
    def enhance_rows(
        planes: Planes,
        width: int,
        fields: FloatArray,
        grid: Grid,
        belief: Belief,
        codes: PlanarCodes,
        begin: int,
        end: int,
        work: FloatArray,
        margin: Planes,
    ) -> None:
        """Enhance rows `begin` to `end` of planar YUV samples in place.

        What the curve adds in RGB is added in YUV. Where it adds nothing the samples stay exactly as they
        were, colours outside the RGB cube included.

        Args:
            planes: The samples.
            width: W, in pixels.
            fields: (h, w, 3·maps + 2) float32, the factors of the curves, channel 3·map + colour, see
                `realtime.curves.applier.curve_factors`, and behind them the tints.
            grid: Where pixels lie on the maps.
            belief: Which colours are believed.
            codes: What the samples mean.
            begin: First row, a multiple of `ROWS`.
            end: One past the last row.
            work: (`work_size`,) zeros, for this call's use alone; best at the beginning of a cache line.
            margin: (`ROWS`, `TILE`) each, for this call's use alone: for tiles that are no whole blocks.
        """
        for left in range(0, width, TILE):
            columns, chroma_left = min(TILE, width - left), left // across
            chroma_columns = (columns + across - 1) // across
            whole = -(-columns // LANES) * LANES
            top = begin
            while top < end:
                gap, line, bend, stop = next_rows(top, end, grid)
                stretch(revision, fields, gap, bend, grid, left, whole, work)
                y = top
                while y < stop:
                    rows, chroma_y = _rows_at_once(y, stop), y // down
                    chroma_rows, there = max(rows // down, 1), min(end - y, rows)
                    target, luma_at, chroma_at = planes, (y, left), (chroma_y, chroma_left)
                    is_whole = columns % LANES == 0 and there == rows
                    if not is_whole:
                        _copy(planes.luma, y, left, columns, whole, margin.luma)
                        _copy(
                            planes.blue, chroma_y, chroma_left, chroma_columns, whole // across, margin.blue
                        )
                        _copy(planes.red, chroma_y, chroma_left, chroma_columns, whole // across, margin.red)
                        target, luma_at, chroma_at = margin, (0, 0), (0, 0)
                    stride, chroma_stride = target.luma.shape[1], target.blue.shape[1]
                    position = grid.positions[line + y - top] if bend < 0 else np.float32(0)
                    twos = (min(end - chroma_y * down, down) + 1) // HALF
                    share = np.float32(1) / np.float32(max(twos, 1))
                    carried, is_last = np.float32(y % down != 0), y + rows >= min((chroma_y + 1) * down, end)
                    for x in range(0, columns, LANES):
                        block = Block(x, luma_at[0] * stride + luma_at[1] + x, stride, position)
                        first = chroma_at[0] * chroma_stride + chroma_at[1] + x // across
                        chroma = Chroma(first, chroma_stride, share, carried, is_last)
                        if rows == ROWS:
                            enhance_planar_block(
                                revision,
                                maps,
                                is_rational,
                                ROWS,
                                shift_x,
                                shift_y,
                                target,
                                block,
                                chroma,
                                work,
                                belief,
                                codes,
                            )
                        else:
                            enhance_planar_block(
                                revision,
                                maps,
                                is_rational,
                                HALF,
                                shift_x,
                                shift_y,
                                target,
                                block,
                                chroma,
                                work,
                                belief,
                                codes,
                            )
                    if not is_whole:
                        _copy_back(margin.luma, planes.luma, y, left, there, columns)
                        _copy_back(
                            margin.blue, planes.blue, chroma_y, chroma_left, chroma_rows, chroma_columns
                        )
                        _copy_back(margin.red, planes.red, chroma_y, chroma_left, chroma_rows, chroma_columns)
                    y += rows
                top = stop

    return enhance_rows


@cache
def packed_kernel(maps: int, is_rational: bool) -> Any:
    """Return the kernel for packed pixels and maps, of rational curves or not; see its own docstring."""
    revision = REVISION

    @_kernel
    def enhance_rows(
        packed: CodeArray,
        width: int,
        fields: FloatArray,
        grid: Grid,
        belief: Belief,
        codes: PackedCodes,
        begin: int,
        end: int,
        work: FloatArray,
        margin: CodeArray,
    ) -> None:
        """Enhance rows `begin` to `end` of packed RGB or BGR samples in place.

        Args:
            packed: (H, ≥ 3·W) uint8 or uint16, C-contiguous, three samples a pixel.
            width: W, in pixels.
            fields: (h, w, 3·maps + 2) float32, the factors of the curves, channel 3·map + colour, see
                `realtime.curves.applier.curve_factors`, and behind them the tints of the third colour and of
                the first; in the order of the channels.
            grid: Where pixels lie on the maps.
            belief: Which colours are believed, in the order of the channels.
            codes: What the samples mean.
            begin: First row, a multiple of `ROWS`.
            end: One past the last row.
            work: (`work_size`,) zeros, for this call's use alone; best at the beginning of a cache line.
            margin: (`ROWS`, 3·`TILE`), for this call's use alone: for tiles that are no whole blocks.
        """
        for left in range(0, width, TILE):
            pixels, start = min(TILE, width - left), COLOURS * left
            columns, whole = COLOURS * pixels, -(-pixels // LANES) * LANES
            top = begin
            while top < end:
                gap, line, bend, stop = next_rows(top, end, grid)
                stretch(revision, fields, gap, bend, grid, left, whole, work)
                y = top
                while y < stop:
                    rows = _rows_at_once(y, stop)
                    there, target, first = min(end - y, rows), packed, y * packed.shape[1] + start
                    is_whole = columns % (COLOURS * LANES) == 0 and there == rows
                    if not is_whole:
                        _copy(packed, y, start, columns, columns, margin)
                        target, first = margin, 0
                    position = grid.positions[line + y - top] if bend < 0 else np.float32(0)
                    for x in range(0, columns, COLOURS * LANES):
                        block = Block(x // COLOURS, first + x, target.shape[1], position)
                        if rows == ROWS:
                            enhance_packed_block(
                                revision, maps, is_rational, ROWS, target, block, work, belief, codes
                            )
                        else:
                            enhance_packed_block(
                                revision, maps, is_rational, HALF, target, block, work, belief, codes
                            )
                    if not is_whole:
                        _copy_back(margin, packed, y, start, there, columns)
                    y += rows
                top = stop

    return enhance_rows
