"""The fused full-frame pass, compiled: interpolate curve maps, iterate the curve, write the codec's samples.

A frame is enhanced in place, in tiles `TILE` pixels wide that stay in the first-level cache, and each sample
is read and written once. Full-size maps never exist: a row of the small maps is stretched over a tile when it
is first needed there, and two such rows are blended for each row of pixels.

Every kernel works on the rows of one band and releases the GIL, so bands run in parallel in ordinary threads.
All of it is in one module because Numba's cache on disk notices only changes of the file that a kernel is in.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .colour import FloatArray, YuvConversion

TILE = 64
ITERATIONS = 8
COLOURS = 3
MAPS = ITERATIONS * COLOURS

CodeArray = npt.NDArray[Any]  # uint8 or uint16

# Sums may be reordered and fused, but NaN and infinity keep their meaning.
_FAST = {"contract", "reassoc", "nsz", "arcp"}
_compiled = njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
_inlined = njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")


class Axis(NamedTuple):
    """Where the pixels of one axis lie between the cells of the curve maps.

    Attributes:
        before: (pixels,) uint32, the cell whose centre is at or before the pixel; all are padded with
            its last value to whole tiles.
        after: (pixels,) uint32, the next cell, or the same at the border.
        fraction: (pixels,) float32 in [0, 1], the way from one to the other.
    """

    before: npt.NDArray[np.uint32]
    after: npt.NDArray[np.uint32]
    fraction: FloatArray


@_inlined
def _stretch_row(maps: FloatArray, map_row: int, columns: Axis, stretched: FloatArray) -> None:
    """Interpolate one row of all maps over the columns of a tile."""
    before, after, fraction = columns.before, columns.after, columns.fraction
    row = maps[map_row]
    for x in range(TILE):
        left, right, weight = row[before[x]], row[after[x]], fraction[x]
        for channel in range(MAPS):
            stretched[channel, x] = left[channel] + weight * (right[channel] - left[channel])


@_inlined
def _have_row(
    maps: FloatArray, map_row: int, held: npt.NDArray[np.int64], columns: Axis, stretched: FloatArray
) -> None:
    """Make sure that the slot of a map row holds it; even rows share one slot, odd rows the other."""
    slot = map_row & 1
    if held[slot] != map_row:
        _stretch_row(maps, map_row, columns, stretched[slot])
        held[slot] = map_row


@_inlined
def _iterate(image: FloatArray, upper: FloatArray, lower: FloatArray, fraction: float) -> None:
    """Apply the eight curves to one row of a tile; two in one sweep keep the arithmetic units busy.

    Whole tiles only, so that the length is a constant and the loop one block of vector instructions.
    """
    for colour in range(COLOURS):
        values = image[colour]
        for iteration in range(0, ITERATIONS, 2):
            first = COLOURS * iteration + colour
            upper_a, lower_a = upper[first], lower[first]
            upper_b, lower_b = upper[first + COLOURS], lower[first + COLOURS]
            for x in range(TILE):
                value = values[x]
                a = upper_a[x] + fraction * (lower_a[x] - upper_a[x])
                b = upper_b[x] + fraction * (lower_b[x] - upper_b[x])
                value += a * (value * value - value)
                values[x] = value + b * (value * value - value)


@_inlined
def _trust(r: float, g: float, b: float, ycc_from_rgb: FloatArray, floor: float) -> float:
    """Tell how far a colour stands out from noise and quantisation, from 0 (not at all) to 1.

    It grows with luma and with chroma, and is 1 from a luma of `floor` or a chroma of half of that.
    """
    luma = ycc_from_rgb[0, 0] * r + ycc_from_rgb[0, 1] * g + ycc_from_rgb[0, 2] * b
    blue = ycc_from_rgb[1, 0] * r + ycc_from_rgb[1, 1] * g + ycc_from_rgb[1, 2] * b
    red = ycc_from_rgb[2, 0] * r + ycc_from_rgb[2, 1] * g + ycc_from_rgb[2, 2] * b
    energy = luma * luma + np.float32(4) * (blue * blue + red * red)
    signal = min(energy / (floor * floor), np.float32(1))
    trust: float = signal * signal * (np.float32(3) - np.float32(2) * signal)
    return trust


@_inlined
def _load_chroma(
    blues: CodeArray, reds: CodeArray, shift_x: int, conversion: YuvConversion, out: FloatArray, width: int
) -> None:
    """Write what one row of U and V adds to R, G and B, for each pixel of a tile."""
    to_rgb, offset = conversion.rgb_from_yuv, conversion.offset
    for colour in range(COLOURS):
        added = out[colour]
        of_blue, of_red = to_rgb[colour, 1], to_rgb[colour, 2]
        constant = -of_blue * offset[1] - of_red * offset[2]
        if shift_x == 1:
            for x in range(blues.size):
                value = of_blue * np.float32(blues[x]) + of_red * np.float32(reds[x]) + constant
                added[2 * x] = value
                added[2 * x + 1] = value
        else:
            for x in range(width):
                added[x] = (
                    of_blue * np.float32(blues[x >> shift_x])
                    + of_red * np.float32(reds[x >> shift_x])
                    + constant
                )


@_inlined
def _load_luma(
    line: CodeArray, chroma: FloatArray, conversion: YuvConversion, image: FloatArray, before: FloatArray
) -> None:
    """Write one row of a tile as RGB within [0, 1], twice: to be enhanced, and to compare with."""
    scale, black = conversion.rgb_from_yuv[0, 0], conversion.offset[0]
    for colour in range(COLOURS):
        added, values, originals = chroma[colour], image[colour], before[colour]
        for x in range(line.size):
            value = scale * (np.float32(line[x]) - black) + added[x]
            value = min(max(value, np.float32(0)), np.float32(1))
            originals[x] = value
            values[x] = value


@_inlined
def _store_luma(
    line: CodeArray,
    image: FloatArray,
    before: FloatArray,
    conversion: YuvConversion,
    floor: float,
    gain: FloatArray,
    peak: float,
) -> None:
    """Add the enhancement of one row of a tile to Y, and sum up what is to be added to U and V."""
    to_yuv = conversion.yuv_from_rgb
    for x in range(line.size):
        r = image[0, x] - before[0, x]
        g = image[1, x] - before[1, x]
        b = image[2, x] - before[2, x]
        gain[0, x] = to_yuv[0, 0] * r + to_yuv[0, 1] * g + to_yuv[0, 2] * b
        trust = np.float32(1)
        if floor > 0:
            trust = _trust(before[0, x], before[1, x], before[2, x], conversion.ycc_from_rgb, floor)
        gain[1, x] += trust * (to_yuv[1, 0] * r + to_yuv[1, 1] * g + to_yuv[1, 2] * b)
        gain[2, x] += trust * (to_yuv[2, 0] * r + to_yuv[2, 1] * g + to_yuv[2, 2] * b)
    for x in range(line.size):
        line[x] = _code(np.float32(line[x]) + gain[0, x], peak)


@_inlined
def _store_chroma(
    samples: CodeArray, gain: FloatArray, shift_x: int, width: int, rows: int, peak: float
) -> None:
    """Add to one row of U or V the mean of what the pixels of each sample gained."""
    size = 1 << shift_x
    whole = width >> shift_x
    share = np.float32(1) / np.float32(size * rows)
    if size == 2:
        for x in range(whole):
            samples[x] = _code(np.float32(samples[x]) + (gain[2 * x] + gain[2 * x + 1]) * share, peak)
    else:
        for x in range(whole):
            total = np.float32(0)
            for k in range(size):
                total += gain[size * x + k]
            samples[x] = _code(np.float32(samples[x]) + total * share, peak)
    if whole < samples.size:  # the last sample, of fewer pixels
        total = np.float32(0)
        for k in range(whole * size, width):
            total += gain[k]
        share = np.float32(1) / np.float32((width - whole * size) * rows)
        samples[whole] = _code(np.float32(samples[whole]) + total * share, peak)


@_inlined
def _code(value: float, peak: float) -> np.int32:
    """Round a value to the nearest code from 0 to the peak."""
    code: np.int32 = np.int32(min(max(value, np.float32(0)), peak) + np.float32(0.5))
    return code


@_compiled
def enhance_yuv_rows(
    luma: CodeArray,
    blue: CodeArray,
    red: CodeArray,
    full_width: int,
    shift_x: int,
    shift_y: int,
    maps: FloatArray,
    columns: Axis,
    rows: Axis,
    conversion: YuvConversion,
    floor: float,
    peak: float,
    begin: int,
    end: int,
) -> None:
    """Enhance rows `begin` to `end` of planar YUV samples in place.

    What the curve adds in RGB is added in YUV. Where it adds nothing the samples stay exactly as they were,
    colours outside the RGB cube included.

    Args:
        luma: (H, ≥ W) uint8 or uint16, C-contiguous; columns from W on are padding.
        blue: U, (ceil(H / 2^shift_y), ≥ ceil(W / 2^shift_x)), as luma.
        red: V, as blue.
        full_width: W, in pixels.
        shift_x: log2 of the horizontal chroma subsampling.
        shift_y: log2 of the vertical chroma subsampling; `begin` is a multiple of 2^shift_y.
        maps: (h, w, 24) float32 in [-1, 1], channel 3·iteration + colour.
        columns: Where the W columns lie on the maps.
        rows: Where the H rows lie on the maps.
        conversion: Between these codes and RGB.
        floor: Luma from which on colours are believed, see `_trust`, as float32; 0 believes all.
        peak: The largest code, as float32.
        begin: First row.
        end: One past the last row.
    """
    stretched = np.zeros((2, MAPS, TILE), np.float32)
    image = np.zeros((COLOURS, TILE), np.float32)
    before = np.empty((COLOURS, TILE), np.float32)
    chroma = np.empty((COLOURS, TILE), np.float32)
    gain = np.empty((COLOURS, TILE), np.float32)
    held = np.empty(2, np.int64)

    for left in range(0, full_width, TILE):
        right = min(left + TILE, full_width)
        width = right - left
        chroma_left, chroma_right = left >> shift_x, (right + (1 << shift_x) - 1) >> shift_x
        stop = left + TILE
        tile = Axis(columns.before[left:stop], columns.after[left:stop], columns.fraction[left:stop])
        held[:] = -1
        for top in range(begin, end, 1 << shift_y):
            bottom = min(top + (1 << shift_y), end)
            blues = blue[top >> shift_y, chroma_left:chroma_right]
            reds = red[top >> shift_y, chroma_left:chroma_right]
            _load_chroma(blues, reds, shift_x, conversion, chroma, width)
            gain[:] = np.float32(0)
            for y in range(top, bottom):
                upper, lower = np.int64(rows.before[y]), np.int64(rows.after[y])
                _have_row(maps, upper, held, tile, stretched)
                _have_row(maps, lower, held, tile, stretched)
                line = luma[y, left:right]
                _load_luma(line, chroma, conversion, image, before)
                _iterate(image, stretched[upper & 1], stretched[lower & 1], rows.fraction[y])
                _store_luma(line, image, before, conversion, floor, gain, peak)
            _store_chroma(blues, gain[1], shift_x, width, bottom - top, peak)
            _store_chroma(reds, gain[2], shift_x, width, bottom - top, peak)


@_inlined
def _keep_shadows_clean(
    image: FloatArray, before: FloatArray, ycc_from_rgb: FloatArray, floor: float, width: int
) -> None:
    """Take back what one row of a tile gained in colour, but not in luma, where colours are not believed."""
    for x in range(width):
        r = image[0, x] - before[0, x]
        g = image[1, x] - before[1, x]
        b = image[2, x] - before[2, x]
        grey = ycc_from_rgb[0, 0] * r + ycc_from_rgb[0, 1] * g + ycc_from_rgb[0, 2] * b
        trust = _trust(before[0, x], before[1, x], before[2, x], ycc_from_rgb, floor)
        image[0, x] = before[0, x] + grey + trust * (r - grey)
        image[1, x] = before[1, x] + grey + trust * (g - grey)
        image[2, x] = before[2, x] + grey + trust * (b - grey)


@_compiled
def enhance_rgb_rows(
    packed: CodeArray,
    full_width: int,
    red: int,
    maps: FloatArray,
    columns: Axis,
    rows: Axis,
    ycc_from_rgb: FloatArray,
    floor: float,
    peak: float,
    begin: int,
    end: int,
) -> None:
    """Enhance rows `begin` to `end` of packed RGB or BGR samples in place.

    Args:
        packed: (H, ≥ 3·W) uint8 or uint16, C-contiguous, three samples a pixel.
        full_width: W, in pixels.
        red: The channel that holds red: 0 in RGB, 2 in BGR.
        maps: (h, w, 24) float32 in [-1, 1], channel 3·iteration + colour.
        columns: Where the W columns lie on the maps.
        rows: Where the H rows lie on the maps.
        ycc_from_rgb: (3, 3) float32, see `YuvConversion`.
        floor: Luma from which on colours are believed, see `_trust`, as float32; 0 believes all.
        peak: The largest code, as float32.
        begin: First row.
        end: One past the last row.
    """
    scale = np.float32(1) / peak
    stretched = np.zeros((2, MAPS, TILE), np.float32)
    image = np.zeros((COLOURS, TILE), np.float32)
    before = np.zeros((COLOURS, TILE), np.float32)
    held = np.empty(2, np.int64)
    blue = 2 - red

    for left in range(0, full_width, TILE):
        right = min(left + TILE, full_width)
        width, stop = right - left, left + TILE
        tile = Axis(columns.before[left:stop], columns.after[left:stop], columns.fraction[left:stop])
        held[:] = -1
        for y in range(begin, end):
            upper, lower = np.int64(rows.before[y]), np.int64(rows.after[y])
            _have_row(maps, upper, held, tile, stretched)
            _have_row(maps, lower, held, tile, stretched)
            line = packed[y, 3 * left : 3 * right]
            first, second, third = before[red], before[1], before[blue]
            for x in range(width):
                first[x] = np.float32(line[3 * x]) * scale
                second[x] = np.float32(line[3 * x + 1]) * scale
                third[x] = np.float32(line[3 * x + 2]) * scale
            image[:] = before
            _iterate(image, stretched[upper & 1], stretched[lower & 1], rows.fraction[y])
            if floor > 0:
                _keep_shadows_clean(image, before, ycc_from_rgb, floor, width)
            first, second, third = image[red], image[1], image[blue]
            for x in range(width):
                line[3 * x] = _code(first[x] * peak, peak)
                line[3 * x + 1] = _code(second[x] * peak, peak)
                line[3 * x + 2] = _code(third[x] * peak, peak)
