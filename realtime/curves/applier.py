"""Apply curve maps to a picture at full size, and make the small copy they are estimated from."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from export.manifest import COLOURS, RATIONAL_REACH, Curve

from ..frames.bands import Bands
from ..frames.colour import FloatArray, PixelLayout, yuv_conversion
from ..frames.picture import Picture
from .arguments import Belief, PackedCodes, PlanarCodes, Planes
from .blocks import ROWS
from .colours import TILE, TINTS, work_size
from .interpolation import grid_of
from .kernels import packed_kernel, planar_kernel
from .small_picture import small_rgb_from_packed, small_rgb_from_yuv

_conversion = lru_cache(maxsize=8)(yuv_conversion)


class CurveApplier:
    """Runs the compiled kernels over a picture in horizontal bands, one a thread."""

    def __init__(self, *, threads: int, curve: Curve = "quadratic") -> None:
        """Start the threads.

        Args:
            threads: How many work on a picture.
            curve: What maps do to a picture.
        """
        self._is_rational = curve == "rational"
        self._bands = Bands(threads=threads, name="curves")

    def close(self) -> None:
        """Stop the threads."""
        self._bands.close()

    def small_copy(self, picture: Picture, cell: int) -> FloatArray:
        """Average a picture over cells.

        Args:
            picture: Any layout.
            cell: Side of the square cells, in pixels.

        Returns:
            (3, ceil(H / cell), ceil(W / cell)) float32 RGB in [0, 1].
        """
        height, width, layout = picture.height, picture.width, picture.layout
        small = np.empty((3, -(-height // cell), -(-width // cell)), np.float32)
        if layout.kind in ("rgb", "bgr"):
            packed, red = picture.planes[0], _red_channel(layout)

            def average(begin: int, end: int) -> None:
                small_rgb_from_packed(packed, height, width, red, cell, float(layout.peak), small, begin, end)
        else:
            (planes, shifts), conversion = _yuv_planes(picture), _conversion(layout)

            def average(begin: int, end: int) -> None:
                small_rgb_from_yuv(*planes, width, *shifts, cell, conversion, small, begin, end)

        self._bands.run(average, small.shape[1], width * height)
        return small

    def apply(
        self,
        picture: Picture,
        factors: FloatArray,
        cell: int,
        shadow_floor: float = 0.0,
        tints: FloatArray | None = None,
        black: FloatArray | None = None,
    ) -> None:
        """Enhance a picture in place.

        Args:
            picture: Any layout; its planes are overwritten.
            factors: (h, w, 3·maps) float32, C-contiguous, channel 3·map + colour, see `curve_factors`. They
                are interpolated bilinearly between the centres of the cells, and constant outside the
                outermost.
            cell: Side in pixels of the square that one factor stands for; h·cell ≥ H and w·cell ≥ W.
            shadow_floor: Luma in [0, 1] under which colours may be noise, which brightening would turn into
                patches: the fainter a colour is against it, the less what the curves add to it is its own,
                luma apart. At 0 nothing is held back.
            tints: (h, w, 2) float32, what takes its place, see `shadow_tints`; none to add grey.
            black: (3,) float32, what R, G and B are above luma in black, see `black_tint`. Curves and belief
                go by the colours without it; none if black is grey.
        """
        height, width, layout = picture.height, picture.width, picture.layout
        count, left_over = divmod(factors.shape[2], COLOURS)
        if left_over or factors.shape[0] * cell < height or factors.shape[1] * cell < width:
            raise ValueError(f"{factors.shape} with cells of {cell} do not cover {width}×{height} pixels")
        if tints is None:
            tints = np.zeros((*factors.shape[:2], TINTS), np.float32)
        if black is None:
            black = np.zeros(COLOURS, np.float32)
        fields = _fields(factors, tints, layout)
        grid, belief = grid_of(cell), _belief(layout, shadow_floor)
        if layout.kind in ("rgb", "bgr"):
            packed, packed_codes = picture.planes[0], _packed_codes(layout, belief, black)

            def enhance(begin: int, end: int) -> None:
                work, margin = _working_memory(count), np.zeros((ROWS, COLOURS * TILE), packed.dtype)
                kernel = packed_kernel(count, self._is_rational)
                kernel(packed, width, fields, grid, belief, packed_codes, begin, end, work, margin)
        else:
            (planes, shifts), codes = _yuv_planes(picture), _planar_codes(layout, black)

            def enhance(begin: int, end: int) -> None:
                work = _working_memory(count)
                margin = Planes(*np.zeros((len(planes), ROWS, TILE), planes.luma.dtype))
                kernel = planar_kernel(count, self._is_rational, *shifts)
                kernel(planes, width, fields, grid, belief, codes, begin, end, work, margin)

        self._bands.run(enhance, height, width * height, ROWS)


def curve_factors(maps: FloatArray, strength: float, curve: Curve) -> FloatArray:
    """Return what the kernels go by, for going so far along the curves: in the dark, by as many stops.

    Args:
        maps: float32 in [-1, 1].
        strength: How far, from 0 (not at all) to 1.
        curve: What maps do to a picture.

    Returns:
        float32 of the shape of the maps: those of quadratic curves, scaled, which is about as many stops, and
        at 1 the maps themselves; the roots of the ratios of rational ones.
    """
    if curve == "quadratic" and strength == 1:
        return maps
    if curve == "quadratic":
        return np.asarray(strength * maps, np.float32)
    return np.asarray((1 + RATIONAL_REACH * maps) ** strength, np.float32)


def _working_memory(maps: int) -> FloatArray:
    """Return zeros from the beginning of a cache line on, so that no vector of them is in two."""
    line, size = 64 // np.dtype(np.float32).itemsize, work_size(maps)
    memory = np.zeros(size + line, np.float32)
    first = -memory.ctypes.data // memory.itemsize % line
    return memory[first : first + size]


def _fields(factors: FloatArray, tints: FloatArray, layout: PixelLayout) -> FloatArray:
    """Return the factors and behind them the tints, with colours in the order of the channels."""
    if layout.kind == "bgr":
        factors = factors.reshape(*factors.shape[:2], -1, COLOURS)[..., ::-1].reshape(factors.shape)
        tints = tints[..., ::-1]
    return np.concatenate((factors, tints), axis=2)


@lru_cache(maxsize=16)
def _belief(layout: PixelLayout, floor: float) -> Belief:
    weights = yuv_conversion(layout).ycc_from_rgb.astype(np.float64)
    if layout.kind == "bgr":
        weights = weights[:, ::-1]
    squares, least = np.zeros((3, 3)), 1.0
    if floor > 0:
        # The R of a QR decomposition has the same sum of squares for every colour, with fewer factors.
        squares, least = np.linalg.qr(weights * [[1.0], [2.0], [2.0]] / floor).R, 0.0
    return Belief(_floats(weights[0]), _floats(squares[np.triu_indices(3)]), np.float32(least))


def _planar_codes(layout: PixelLayout, black: FloatArray) -> PlanarCodes:
    conversion = _conversion(layout)
    # Without the tint of black, x is x·(1 + tint) − tint.
    to_rgb = conversion.rgb_from_yuv.astype(np.float64) * (1 + black[:, np.newaxis])
    shifts = -to_rgb @ conversion.offset - black
    luma_red, _, luma_blue = conversion.ycc_from_rgb[0]
    return PlanarCodes(
        luma=_floats(to_rgb[:, 0]),
        red=_floats([to_rgb[0, 2], shifts[0]]),
        green=_floats([*to_rgb[1, 1:], shifts[1]]),
        blue=_floats([to_rgb[2, 1], shifts[2]]),
        spans=_floats(
            [
                conversion.yuv_from_rgb[0].sum(),
                conversion.yuv_from_rgb[1, 2] / (1 - luma_blue),
                conversion.yuv_from_rgb[2, 0] / (1 - luma_red),
            ]
        ),
        peak=np.float32(layout.peak),
    )


def _packed_codes(layout: PixelLayout, belief: Belief, black: FloatArray) -> PackedCodes:
    tint = black if layout.kind == "rgb" else black[::-1]
    return PackedCodes(
        scales=_floats((1 + tint) / layout.peak),
        shifts=_floats(-tint),
        # Together, what the colours gain above grey is no luma.
        middle=_floats([-belief.luma[0] / belief.luma[1], -belief.luma[2] / belief.luma[1]]),
        peak=np.float32(layout.peak),
    )


def _floats(values: Iterable[float]) -> tuple[Any, ...]:
    return tuple(map(np.float32, values))


def _red_channel(layout: PixelLayout) -> int:
    return 0 if layout.kind == "rgb" else 2


def _yuv_planes(picture: Picture) -> tuple[Planes, tuple[int, int]]:
    """Return Y, U and V and their shifts; grey pictures get chroma of their own that says no colour."""
    if picture.layout.kind == "yuv":
        return Planes(*picture.planes), picture.layout.chroma_shift_wh
    luma = picture.planes[0]
    neutral = np.full_like(luma, 1 << (picture.layout.bits - 1))
    return Planes(luma, neutral, neutral.copy()), (0, 0)
