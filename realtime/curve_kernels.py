"""The fused full-frame pass, compiled: interpolate curve maps, iterate the curve, write the codec's samples.

Colours that may be noise gain as the shadows around do, by two tints that are interpolated as the maps are.
All colours are taken as they were without the tint of black, x as x·(1 + tint) − tint; what they gain is
added to the samples as they are.

A frame is enhanced in place, in tiles `TILE` pixels wide that stay in the first-level cache, and each sample
is read and written once. Full-size maps never exist: a row of the small maps is stretched over a tile when it
is first needed there, and from it the maps of each row of pixels follow by adding. Pixels are enhanced two
rows at a time, which shares the loading of the maps and most of their interpolation.

Every kernel works on the rows of one band and releases the GIL, so bands run in parallel in ordinary threads.
All of it is in one module because Numba's cache on disk notices only changes of the file that a kernel is in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from .colour import FloatArray

ITERATIONS = 8
COLOURS = 3
MAPS = ITERATIONS * COLOURS
TINTS = 2
FIELDS = MAPS + TINTS

CodeArray = npt.NDArray[Any]  # uint8 or uint16
Scalar = Any  # np.float32

TILE = 96
# Maps are stretched so many pixels at a time. Those past the end of a gap are overwritten by the next.
RUN = 8

# Places in the working memory of a tile. It is one array and they are constants, so that the compiler knows
# what overlaps, and turns each loop over a tile into one block of vector instructions.
_MAP = TILE + RUN
_VALUES = 0  # the maps and the tints at the centres of a row of cells
_STEPS = _VALUES + FIELDS * _MAP  # what they change by to the next row of pixels
_LUMA = _STEPS + FIELDS * _MAP  # of two rows of pixels; what follows is, too
_ADDED = _LUMA + 2 * TILE  # what red, green and blue are above luma
_GAIN = _ADDED + 2 * COLOURS * TILE  # what grey gains, and how much more than that blue and red do
_TOTAL = _GAIN + 2 * COLOURS * TILE  # the gain of blue and red over the rows of a chroma sample
_PACKED = _TOTAL  # or, of packed pixels, one row of theirs
_LINES = (
    _PACKED + COLOURS * TILE
)  # where a gap begins: each of them, its slope, its step and the slope of that
WORK_SIZE = _LINES + 4 * FIELDS

_OPTIONS: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    # Sums may be reordered and fused, but NaN and infinity keep their meaning.
    "fastmath": {"contract", "reassoc", "nsz", "arcp"},
    # Kernels allocate nothing, so references to arrays need not be counted: it would take several atomic
    # operations for every row of a tile, on counters that all bands share.
    "_nrt": False,
}
_Function = TypeVar("_Function", bound=Callable[..., Any])


def _compiled(function: _Function) -> _Function:
    compiled: _Function = njit(**_OPTIONS)(function)
    return compiled


def _inlined(function: _Function) -> _Function:
    inlined: _Function = njit(**_OPTIONS, inline="always")(function)
    return inlined


class Planes(NamedTuple):
    """The samples of a planar YUV picture, written.

    Attributes:
        luma: Y, (H, ≥ W) uint8 or uint16, C-contiguous; columns from W on are padding.
        blue: U, (ceil(H / 2^shift_y), ≥ ceil(W / 2^shift_x)), as luma.
        red: V, as blue.
        shift_x: log2 of the horizontal chroma subsampling.
        shift_y: log2 of the vertical chroma subsampling.
    """

    luma: CodeArray
    blue: CodeArray
    red: CodeArray
    shift_x: int
    shift_y: int


class Tile(NamedTuple):
    """Columns of a picture: where the first one is, how many there are, and those of the chroma samples."""

    left: int
    width: int
    chroma: slice


class Grid(NamedTuple):
    """Where pixels lie between the centres of map cells. Gap g is from the centre of cell g to that of g + 1.

    Pixel p is the (p + cell - cell // 2) mod cell-th of its gap, which is as wide as a cell.

    Attributes:
        cell: Side of a cell, in pixels.
        positions: (cell + RUN,) float32, how many pixels each pixel of a gap is past the centre before it.
        weights: (cell + RUN,) float32, the same in cells.
    """

    cell: int
    positions: FloatArray
    weights: FloatArray


class Belief(NamedTuple):
    """How to tell colours from noise; all float32.

    Attributes:
        luma: The weights of R, G and B in luma.
        squares: The factors a to f of (a·R + b·G + c·B)² + (d·G + e·B)² + (f·B)², which is
            (luma² + 4·(blue difference² + red difference²)) / floor².
        least: What is added to that: 1 to believe every colour.
    """

    luma: tuple[Scalar, Scalar, Scalar]
    squares: tuple[Scalar, Scalar, Scalar, Scalar, Scalar, Scalar]
    least: Scalar


class Codes(NamedTuple):
    """How codes of Y, U and V turn into colours, and gains of colours into codes; all float32.

    Attributes:
        luma: Scale and shift from the code of Y to luma.
        red: Scale of V and shift to what red is above luma, without the tint of black.
        green: Scales of U and V and shift to what green is above luma, without that tint.
        blue: Scale of U and shift to what blue is above luma, without that tint.
        spans: Scales from what grey, blue and red gain, the last two above grey, to codes of Y, U and V.
        peak: The largest code.
    """

    luma: tuple[Scalar, Scalar]
    red: tuple[Scalar, Scalar]
    green: tuple[Scalar, Scalar, Scalar]
    blue: tuple[Scalar, Scalar]
    spans: tuple[Scalar, Scalar, Scalar]
    peak: Scalar


def _writing_of_runs(typing: Any, work: Any, at: Any, red: Any, weights: Any, first: Any) -> Any:
    """Write RUN columns of all maps and tints to a tile, from `at` on: value + slope·weights[first + i].

    The values and slopes of a gap are taken from the working memory. Left to itself the compiler makes
    vectors across the maps instead, and scatters them; and it loads the weights again for each map.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector, index = ir.VectorType(ir.FloatType(), RUN), ir.IntType(64)
        empty = ir.Constant(vector, ir.Undefined)
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), RUN), [0] * RUN)
        data, weights = (
            context.make_array(signature.args[k])(context, builder, arguments[k]).data for k in (0, 3)
        )
        run = builder.load(
            builder.bitcast(builder.gep(weights, [arguments[4]]), vector.as_pointer()), align=4
        )

        def line(place: int) -> Any:
            scalar = builder.load(builder.gep(data, [ir.Constant(index, place)]))
            lane = builder.insert_element(empty, scalar, ir.Constant(ir.IntType(32), 0))
            return builder.shuffle_vector(lane, empty, everywhere)

        # Where the maps of red, green and blue begin, and the tints of blue and red.
        of_red = builder.mul(arguments[2], ir.Constant(index, _MAP))
        of_blue = builder.sub(ir.Constant(index, 2 * _MAP), of_red)
        tint_blue = builder.lshr(of_red, ir.Constant(index, 1))
        tint_red = builder.sub(ir.Constant(index, _MAP), tint_blue)
        starts = [
            builder.add(start, arguments[1])
            for start in (of_red, ir.Constant(index, _MAP), of_blue, tint_blue, tint_red)
        ]
        for channel in range(FIELDS):
            start = starts[channel % COLOURS if channel < MAPS else COLOURS + channel - MAPS]
            begin = min(channel // COLOURS * COLOURS, MAPS)
            for place, offset in ((_VALUES, 0), (_STEPS, 2 * FIELDS)):
                value, slope = line(_LINES + offset + channel), line(_LINES + offset + FIELDS + channel)
                columns = builder.fadd(
                    builder.fmul(run, slope, flags=("contract",)), value, flags=("contract",)
                )
                at = builder.add(start, ir.Constant(index, place + begin * _MAP))
                builder.store(columns, builder.bitcast(builder.gep(data, [at]), vector.as_pointer()), align=4)
        return context.get_dummy_value()

    index = types.intp
    return types.void(work, index, index, weights, index), generate


_write_runs: Any = intrinsic(_writing_of_runs)


@_inlined
def _stretch(fields: FloatArray, red: int, row: int, grid: Grid, left: int, work: FloatArray) -> None:
    """Interpolate a gap of rows over the columns of a tile, red becoming colour `red`: 0 or 2."""
    rows, columns = fields.shape[0], fields.shape[1]
    upper, lower = fields[max(row, 0)], fields[min(row + 1, rows - 1)]
    share = np.float32(1) / np.float32(grid.cell)
    first = left + grid.cell - grid.cell // 2
    gap, pixel = first // grid.cell - 1, first % grid.cell
    x = 0
    while x < TILE:
        before, after = min(max(gap, 0), columns - 1), min(gap + 1, columns - 1)
        for channel in range(FIELDS):
            value, step = upper[before, channel], (lower[before, channel] - upper[before, channel]) * share
            work[_LINES + channel] = value
            work[_LINES + FIELDS + channel] = upper[after, channel] - value
            work[_LINES + 2 * FIELDS + channel] = step
            slope = (lower[after, channel] - upper[after, channel]) * share - step
            work[_LINES + 3 * FIELDS + channel] = slope
        while x < TILE and pixel < grid.cell:
            _write_runs(work, x, red, grid.weights, pixel)
            x += min(RUN, grid.cell - pixel)
            pixel += RUN
        gap, pixel = gap + 1, 0


@_inlined
def _clipped(value: float) -> Scalar:
    return min(max(value, np.float32(0)), np.float32(1))


@_inlined
def _trust(r: float, g: float, b: float, belief: Belief) -> Scalar:
    """Tell how far a colour stands out from noise and quantisation, from 0 (not at all) to 1.

    It grows with luma and with chroma, and is 1 from a luma of the floor or a chroma of half of that.
    """
    a = belief.squares
    first, second, third = a[0] * r + a[1] * g + a[2] * b, a[3] * g + a[4] * b, a[5] * b
    signal = min(belief.least + first * first + second * second + third * third, np.float32(1))
    return signal * signal * (np.float32(3) - np.float32(2) * signal)


@_inlined
def _keep_gain(
    work: FloatArray,
    at: int,
    r: float,
    g: float,
    b: float,
    trust: float,
    tint_blue: float,
    tint_red: float,
    belief: Belief,
) -> None:
    """Write what grey gains, and how much more than that blue and red do: as they would, or as the tints."""
    grey = belief.luma[0] * r + belief.luma[1] * g + belief.luma[2] * b
    blue, red = tint_blue * grey, tint_red * grey
    work[at] = grey
    work[at + TILE] = blue + trust * (b - grey - blue)
    work[at + 2 * TILE] = red + trust * (r - grey - red)


@_compiled
def _enhance_tile(
    work: FloatArray, position: Scalar, belief: Belief, tint: tuple[Scalar, Scalar, Scalar]
) -> None:
    """Apply the eight curves to two rows of a tile.

    Args:
        work: The working memory, with the stretched maps and tints and the colours; the gains are written.
        position: How many pixels the first row is past the centres of the cells above it.
        belief: Which colours are to gain as much as the curves say.
        tint: Of black; what the colours are above luma is without it.
    """
    of_red, of_green, of_blue = np.float32(1) + tint[0], np.float32(1) + tint[1], np.float32(1) + tint[2]
    for x in range(TILE):
        luma, luma_2 = work[_LUMA + x], work[_LUMA + TILE + x]
        at, at_2 = _ADDED + x, _ADDED + COLOURS * TILE + x
        red, red_2 = _clipped(of_red * luma + work[at]), _clipped(of_red * luma_2 + work[at_2])
        at, at_2 = at + TILE, at_2 + TILE
        green, green_2 = _clipped(of_green * luma + work[at]), _clipped(of_green * luma_2 + work[at_2])
        at, at_2 = at + TILE, at_2 + TILE
        blue, blue_2 = _clipped(of_blue * luma + work[at]), _clipped(of_blue * luma_2 + work[at_2])
        r, g, b, r_2, g_2, b_2 = red, green, blue, red_2, green_2, blue_2
        for iteration in range(ITERATIONS):
            place = COLOURS * iteration * _MAP + x
            step = work[_STEPS + place]
            curve = work[_VALUES + place] + position * step
            r += curve * (r * r - r)
            r_2 += (curve + step) * (r_2 * r_2 - r_2)
            step = work[_STEPS + place + _MAP]
            curve = work[_VALUES + place + _MAP] + position * step
            g += curve * (g * g - g)
            g_2 += (curve + step) * (g_2 * g_2 - g_2)
            step = work[_STEPS + place + 2 * _MAP]
            curve = work[_VALUES + place + 2 * _MAP] + position * step
            b += curve * (b * b - b)
            b_2 += (curve + step) * (b_2 * b_2 - b_2)
        trust, trust_2 = _trust(red, green, blue, belief), _trust(red_2, green_2, blue_2, belief)
        place = MAPS * _MAP + x
        step_blue, step_red = work[_STEPS + place], work[_STEPS + place + _MAP]
        tint_blue = work[_VALUES + place] + position * step_blue
        tint_red = work[_VALUES + place + _MAP] + position * step_red
        place, place_2 = _GAIN + x, _GAIN + COLOURS * TILE + x
        r, g, b = r - red, g - green, b - blue
        r_2, g_2, b_2 = r_2 - red_2, g_2 - green_2, b_2 - blue_2
        _keep_gain(work, place, r, g, b, trust, tint_blue, tint_red, belief)
        tint_blue += step_blue
        tint_red += step_red
        _keep_gain(work, place_2, r_2, g_2, b_2, trust_2, tint_blue, tint_red, belief)


@_inlined
def _code(value: float, peak: float) -> np.int32:
    """Round a value to the nearest code from 0 to the peak."""
    code: np.int32 = np.int32(min(max(value, np.float32(0)), peak) + np.float32(0.5))
    return code


@_inlined
def _load_chroma(
    blues: CodeArray, reds: CodeArray, shift_x: int, width: int, codes: Codes, work: FloatArray, at: int
) -> None:
    """Write what red, green and blue are above luma, for each pixel of a row of a tile."""
    if shift_x == 1:
        for x in range(blues.size):
            blue, red = np.float32(blues[x]), np.float32(reds[x])
            r = codes.red[0] * red + codes.red[1]
            g = codes.green[0] * blue + codes.green[1] * red + codes.green[2]
            b = codes.blue[0] * blue + codes.blue[1]
            work[at + 2 * x] = r
            work[at + 2 * x + 1] = r
            work[at + TILE + 2 * x] = g
            work[at + TILE + 2 * x + 1] = g
            work[at + 2 * TILE + 2 * x] = b
            work[at + 2 * TILE + 2 * x + 1] = b
    else:
        for x in range(width):
            blue, red = np.float32(blues[x >> shift_x]), np.float32(reds[x >> shift_x])
            work[at + x] = codes.red[0] * red + codes.red[1]
            work[at + TILE + x] = codes.green[0] * blue + codes.green[1] * red + codes.green[2]
            work[at + 2 * TILE + x] = codes.blue[0] * blue + codes.blue[1]


@_inlined
def _store_chroma(
    samples: CodeArray, work: FloatArray, at: int, shift_x: int, width: int, scale: float, peak: float
) -> None:
    """Add to one row of U or V, `scale` times, the mean of what the pixels of each sample gained."""
    size = 1 << shift_x
    whole = width >> shift_x
    share = scale / np.float32(size)
    if size == 2:
        for x in range(whole):
            gain = work[at + 2 * x] + work[at + 2 * x + 1]
            samples[x] = _code(np.float32(samples[x]) + gain * share, peak)
    else:
        for x in range(whole):
            gain = np.float32(0)
            for k in range(size):
                gain += work[at + size * x + k]
            samples[x] = _code(np.float32(samples[x]) + gain * share, peak)
    if whole < samples.size:  # the last sample, of fewer pixels
        gain = np.float32(0)
        for k in range(whole * size, width):
            gain += work[at + k]
        share = scale / np.float32(width - whole * size)
        samples[whole] = _code(np.float32(samples[whole]) + gain * share, peak)


@_inlined
def _rows_at_once(y: int, end: int, line: int, cell: int) -> int:
    """Tell how many rows to enhance together: two, from an even one on, unless a centre is between them.

    Which rows go together depends on the rows alone, so that the number of bands makes no difference.
    """
    return 2 if y & 1 == 0 and y + 1 < end and line + 1 < cell else 1


@_inlined
def _load_yuv_row(planes: Planes, y: int, tile: Tile, codes: Codes, work: FloatArray, row: int) -> None:
    """Read one row of a tile; `row` is 0 or 1, its place in the working memory."""
    samples, at = planes.luma[y, tile.left : tile.left + tile.width], _LUMA + row * TILE
    for x in range(samples.size):
        work[at + x] = codes.luma[0] * np.float32(samples[x]) + codes.luma[1]
    at = _ADDED + row * COLOURS * TILE
    if y & ((1 << planes.shift_y) - 1) == 0:
        blues, reds = (
            planes.blue[y >> planes.shift_y, tile.chroma],
            planes.red[y >> planes.shift_y, tile.chroma],
        )
        _load_chroma(blues, reds, planes.shift_x, tile.width, codes, work, at)
    elif row == 1:  # the same samples as of the row above
        for x in range(COLOURS * TILE):
            work[at + x] = work[_ADDED + x]


@_inlined
def _store_yuv_row(
    planes: Planes, y: int, end: int, tile: Tile, codes: Codes, work: FloatArray, row: int
) -> None:
    """Write one row of a tile, and its chroma samples if it is their last."""
    samples, at = planes.luma[y, tile.left : tile.left + tile.width], _GAIN + row * COLOURS * TILE
    for x in range(samples.size):
        samples[x] = _code(np.float32(samples[x]) + codes.spans[0] * work[at + x], codes.peak)
    last = (1 << planes.shift_y) - 1
    line = y & last
    if line == 0:
        for x in range(2 * TILE):
            work[_TOTAL + x] = work[at + TILE + x]
    else:
        for x in range(2 * TILE):
            work[_TOTAL + x] += work[at + TILE + x]
    if line == last or y + 1 == end:
        share = np.float32(1) / np.float32(line + 1)
        blues, reds = (
            planes.blue[y >> planes.shift_y, tile.chroma],
            planes.red[y >> planes.shift_y, tile.chroma],
        )
        _store_chroma(blues, work, _TOTAL, planes.shift_x, tile.width, codes.spans[1] * share, codes.peak)
        _store_chroma(
            reds, work, _TOTAL + TILE, planes.shift_x, tile.width, codes.spans[2] * share, codes.peak
        )


@_compiled
def enhance_yuv_rows(
    planes: Planes,
    full_width: int,
    fields: FloatArray,
    grid: Grid,
    belief: Belief,
    tint: tuple[Scalar, Scalar, Scalar],
    codes: Codes,
    begin: int,
    end: int,
    work: FloatArray,
) -> None:
    """Enhance rows `begin` to `end` of planar YUV samples in place.

    What the curve adds in RGB is added in YUV. Where it adds nothing the samples stay exactly as they were,
    colours outside the RGB cube included.

    Args:
        planes: The samples.
        full_width: W, in pixels.
        fields: (h, w, 26) float32, the maps, channel 3·iteration + colour, and behind them the tints.
        grid: Where pixels lie on the maps.
        belief: Which colours are believed.
        tint: What R, G and B are above luma in black.
        codes: What the samples mean.
        begin: First row, a multiple of 4.
        end: One past the last row.
        work: (`WORK_SIZE`,) zeros, for this call's use alone.
    """
    for left in range(0, full_width, TILE):
        right = min(left + TILE, full_width)
        shift = planes.shift_x
        tile = Tile(left, right - left, slice(left >> shift, (right + (1 << shift) - 1) >> shift))
        gap, line = divmod(begin + grid.cell - grid.cell // 2, grid.cell)
        y, stretched = begin, -1
        while y < end:
            if stretched != gap:
                _stretch(fields, 0, gap - 1, grid, left, work)
                stretched = gap
            count = _rows_at_once(y, end, line, grid.cell)
            _load_yuv_row(planes, y, tile, codes, work, 0)
            if count == 2:
                _load_yuv_row(planes, y + 1, tile, codes, work, 1)
            _enhance_tile(work, grid.positions[line], belief, tint)
            _store_yuv_row(planes, y, end, tile, codes, work, 0)
            if count == 2:
                _store_yuv_row(planes, y + 1, end, tile, codes, work, 1)
            y += count
            line += count
            if line == grid.cell:
                gap, line = gap + 1, 0


@_inlined
def _load_packed_row(
    samples: CodeArray, tint: tuple[Scalar, Scalar, Scalar], peak: Scalar, work: FloatArray, row: int
) -> None:
    """Read one row of a tile; `row` is 0 or 1, its place in the working memory."""
    at = _ADDED + row * COLOURS * TILE
    for x in range(samples.size):
        work[_PACKED + x] = np.float32(samples[x])
    scale = np.float32(1) / peak
    first, second, third = scale + scale * tint[0], scale + scale * tint[1], scale + scale * tint[2]
    for x in range(TILE):
        work[at + x] = first * work[_PACKED + 3 * x] - tint[0]
        work[at + TILE + x] = second * work[_PACKED + 3 * x + 1] - tint[1]
        work[at + 2 * TILE + x] = third * work[_PACKED + 3 * x + 2] - tint[2]


@_inlined
def _store_packed_row(samples: CodeArray, belief: Belief, peak: float, work: FloatArray, row: int) -> None:
    """Write one row of a tile."""
    at = _GAIN + row * COLOURS * TILE
    # Together, what the colours gain above grey is no luma; hence what green gains.
    of_first, of_third = -belief.luma[0] / belief.luma[1], -belief.luma[2] / belief.luma[1]
    for x in range(TILE):
        grey, third, first = work[at + x], work[at + TILE + x], work[at + 2 * TILE + x]
        work[_PACKED + 3 * x] = grey + first
        work[_PACKED + 3 * x + 1] = grey + of_first * first + of_third * third
        work[_PACKED + 3 * x + 2] = grey + third
    for x in range(samples.size):
        samples[x] = _code(np.float32(samples[x]) + peak * work[_PACKED + x], peak)


@_compiled
def enhance_rgb_rows(
    packed: CodeArray,
    full_width: int,
    red: int,
    fields: FloatArray,
    grid: Grid,
    belief: Belief,
    tint: tuple[Scalar, Scalar, Scalar],
    peak: Scalar,
    begin: int,
    end: int,
    work: FloatArray,
) -> None:
    """Enhance rows `begin` to `end` of packed RGB or BGR samples in place.

    Args:
        packed: (H, ≥ 3·W) uint8 or uint16, C-contiguous, three samples a pixel.
        full_width: W, in pixels.
        red: The channel that holds red: 0 in RGB, 2 in BGR.
        fields: (h, w, 26) float32, the maps, channel 3·iteration + colour, and behind them the tints.
        grid: Where pixels lie on the maps.
        belief: Which colours are believed, in the order of the channels.
        tint: What the channels are above luma in black.
        peak: The largest code, as float32.
        begin: First row, a multiple of 2.
        end: One past the last row.
        work: (`WORK_SIZE`,) zeros, for this call's use alone.
    """
    for left in range(0, full_width, TILE):
        columns = slice(3 * left, 3 * min(left + TILE, full_width))
        gap, line = divmod(begin + grid.cell - grid.cell // 2, grid.cell)
        y, stretched = begin, -1
        while y < end:
            if stretched != gap:
                _stretch(fields, red, gap - 1, grid, left, work)
                stretched = gap
            count = _rows_at_once(y, end, line, grid.cell)
            _load_packed_row(packed[y, columns], tint, peak, work, 0)
            if count == 2:
                _load_packed_row(packed[y + 1, columns], tint, peak, work, 1)
            _enhance_tile(work, grid.positions[line], belief, tint)
            _store_packed_row(packed[y, columns], belief, peak, work, 0)
            if count == 2:
                _store_packed_row(packed[y + 1, columns], belief, peak, work, 1)
            y += count
            line += count
            if line == grid.cell:
                gap, line = gap + 1, 0
