"""Apply curve maps to a picture at full size, and make the small copy they are estimated from."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from .bands import Bands
from .colour import FloatArray, PixelLayout, yuv_conversion
from .curve_kernels import (
    COLOURS,
    MAPS,
    RUN,
    TINTS,
    WORK_SIZE,
    Belief,
    Codes,
    Grid,
    Planes,
    enhance_rgb_rows,
    enhance_yuv_rows,
)
from .frames import Picture
from .small_picture import small_rgb_from_packed, small_rgb_from_yuv

# Rows a thread takes at a time are a multiple of this, so that no band splits a row of chroma samples.
_BAND_STEP = 4

_conversion = lru_cache(maxsize=8)(yuv_conversion)


class CurveApplier:
    """Runs the compiled kernels over a picture in horizontal bands, one a thread."""

    def __init__(self, *, threads: int) -> None:
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
            planes, conversion = _yuv_planes(picture), _conversion(layout)

            def average(begin: int, end: int) -> None:
                small_rgb_from_yuv(*planes[:3], width, *planes[3:], cell, conversion, small, begin, end)

        self._bands.run(average, small.shape[1], width * height)
        return small

    def apply(
        self,
        picture: Picture,
        maps: FloatArray,
        cell: int,
        shadow_floor: float = 0.0,
        tints: FloatArray | None = None,
        black: FloatArray | None = None,
    ) -> None:
        """Enhance a picture in place.

        Args:
            picture: Any layout; its planes are overwritten.
            maps: (h, w, 24) float32 in [-1, 1], C-contiguous, channel 3·iteration + colour. They are
                interpolated bilinearly between the centres of the cells, and constant outside the outermost.
            cell: Side in pixels of the square that one map value stands for; h·cell ≥ H and w·cell ≥ W.
            shadow_floor: Luma in [0, 1] under which colours may be noise, which brightening would turn into
                patches: the fainter a colour is against it, the less what the curves add to it is its own,
                luma apart. At 0 nothing is held back.
            tints: (h, w, 2) float32, what takes its place, see `shadow_tints`; none to add grey.
            black: (3,) float32, what R, G and B are above luma in black, see `black_tint`. Curves and belief
                go by the colours without it; none if black is grey.
        """
        height, width, layout = picture.height, picture.width, picture.layout
        if maps.shape[2] != MAPS or maps.shape[0] * cell < height or maps.shape[1] * cell < width:
            raise ValueError(f"maps {maps.shape} with cells of {cell} do not cover {width}×{height} pixels")
        if tints is None:
            tints = np.zeros((*maps.shape[:2], TINTS), np.float32)
        if black is None:
            black = np.zeros(COLOURS, np.float32)
        fields = np.concatenate((maps, tints), axis=2)
        grid, belief = _grid(cell), _belief(layout, shadow_floor)
        if layout.kind in ("rgb", "bgr"):
            packed, red, peak = picture.planes[0], _red_channel(layout), np.float32(layout.peak)
            tint = _floats(black if layout.kind == "rgb" else black[::-1])

            def enhance(begin: int, end: int) -> None:
                enhance_rgb_rows(
                    packed,
                    width,
                    red,
                    fields,
                    grid,
                    belief,
                    tint,
                    peak,
                    begin,
                    end,
                    np.zeros(WORK_SIZE, np.float32),
                )
        else:
            planes, codes, tint = _yuv_planes(picture), _without_tint(_codes(layout), black), _floats(black)

            def enhance(begin: int, end: int) -> None:
                enhance_yuv_rows(
                    planes,
                    width,
                    fields,
                    grid,
                    belief,
                    tint,
                    codes,
                    begin,
                    end,
                    np.zeros(WORK_SIZE, np.float32),
                )

        self._bands.run(enhance, height, width * height, _BAND_STEP)


@lru_cache(maxsize=16)
def _grid(cell: int) -> Grid:
    positions = np.arange(cell + RUN) + cell // 2 + 0.5 - cell / 2
    return Grid(cell, positions.astype(np.float32), (positions / cell).astype(np.float32))


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


@lru_cache(maxsize=8)
def _codes(layout: PixelLayout) -> Codes:
    conversion = yuv_conversion(layout)
    to_rgb, offset = conversion.rgb_from_yuv.astype(np.float64), conversion.offset.astype(np.float64)
    luma_red, _, luma_blue = conversion.ycc_from_rgb[0]
    of_blue, of_red = to_rgb[:, 1], to_rgb[:, 2]
    shift = -of_blue * offset[1] - of_red * offset[2]
    return Codes(
        luma=_floats([to_rgb[0, 0], -to_rgb[0, 0] * offset[0]]),
        red=_floats([of_red[0], shift[0]]),
        green=_floats([of_blue[1], of_red[1], shift[1]]),
        blue=_floats([of_blue[2], shift[2]]),
        spans=_floats(
            [
                conversion.yuv_from_rgb[0].sum(),
                conversion.yuv_from_rgb[1, 2] / (1 - luma_blue),
                conversion.yuv_from_rgb[2, 0] / (1 - luma_red),
            ]
        ),
        peak=np.float32(layout.peak),
    )


def _without_tint(codes: Codes, black: FloatArray) -> Codes:
    """Take the tint of black off colours above luma: off x it is x·(1 + tint) − tint."""
    red, green, blue = black
    return codes._replace(
        red=_floats([codes.red[0] * (1 + red), codes.red[1] * (1 + red) - red]),
        green=_floats(
            [*(scale * (1 + green) for scale in codes.green[:2]), codes.green[2] * (1 + green) - green]
        ),
        blue=_floats([codes.blue[0] * (1 + blue), codes.blue[1] * (1 + blue) - blue]),
    )


def _floats(values: Iterable[float]) -> tuple[Any, ...]:
    return tuple(map(np.float32, values))


def _red_channel(layout: PixelLayout) -> int:
    return 0 if layout.kind == "rgb" else 2


def _yuv_planes(picture: Picture) -> Planes:
    """Return Y, U and V; grey pictures get chroma of their own that says no colour."""
    if picture.layout.kind == "yuv":
        luma, blue, red = picture.planes
        return Planes(luma, blue, red, *picture.layout.chroma_shift_wh)
    luma = picture.planes[0]
    neutral = np.full_like(luma, 1 << (picture.layout.bits - 1))
    return Planes(luma, neutral, neutral.copy(), 0, 0)
