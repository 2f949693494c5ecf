"""Apply curve maps to a picture at full size, and make the small copy they are estimated from."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np

from .colour import FloatArray, PixelLayout, yuv_conversion
from .curve_kernels import MAPS, TILE, Axis, enhance_rgb_rows, enhance_yuv_rows
from .frames import CodeArray, Picture
from .small_picture import small_rgb_from_packed, small_rgb_from_yuv

# Rows a thread takes at a time are a multiple of this, so that no band splits a row of chroma samples.
_BAND_STEP = 4
# Below this many pixels, handing bands to threads costs more than it saves.
_WORTH_SPLITTING = 1 << 16

_conversion = lru_cache(maxsize=8)(yuv_conversion)


class CurveApplier:
    """Runs the compiled kernels over a picture in horizontal bands, one a thread."""

    def __init__(self, *, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="curves")

    def close(self) -> None:
        """Stop the threads."""
        self._pool.shutdown()

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
            luma, blue, red_plane, shift = _yuv_planes(picture)
            conversion = _conversion(layout)

            def average(begin: int, end: int) -> None:
                small_rgb_from_yuv(luma, blue, red_plane, width, *shift, cell, conversion, small, begin, end)

        self._in_bands(average, small.shape[1], width * height, 1)
        return small

    def apply(self, picture: Picture, maps: FloatArray, cell: int, shadow_floor: float = 0.0) -> None:
        """Enhance a picture in place.

        Args:
            picture: Any layout; its planes are overwritten.
            maps: (h, w, 24) float32 in [-1, 1], C-contiguous, channel 3·iteration + colour. They are
                interpolated bilinearly between the centres of the cells, and constant outside the outermost.
            cell: Side in pixels of the square that one map value stands for; h·cell ≥ H and w·cell ≥ W.
            shadow_floor: Luma in [0, 1] under which colours may be noise, which brightening would turn into
                patches: the fainter a colour is against it, the less the curves add to it, luma apart. At 0
                nothing is held back.
        """
        height, width, layout = picture.height, picture.width, picture.layout
        if maps.shape[2] != MAPS or maps.shape[0] * cell < height or maps.shape[1] * cell < width:
            raise ValueError(f"maps {maps.shape} with cells of {cell} do not cover {width}×{height} pixels")
        columns, rows = axis(width, cell, maps.shape[1]), axis(height, cell, maps.shape[0])
        peak, floor = np.float32(layout.peak), np.float32(shadow_floor)
        conversion = _conversion(layout)
        if layout.kind in ("rgb", "bgr"):
            packed, red = picture.planes[0], _red_channel(layout)

            def enhance(begin: int, end: int) -> None:
                enhance_rgb_rows(
                    packed, width, red, maps, columns, rows, conversion.ycc_from_rgb, floor, peak, begin, end
                )
        else:
            luma, blue, red_plane, shift = _yuv_planes(picture)

            def enhance(begin: int, end: int) -> None:
                enhance_yuv_rows(
                    luma,
                    blue,
                    red_plane,
                    width,
                    *shift,
                    maps,
                    columns,
                    rows,
                    conversion,
                    floor,
                    peak,
                    begin,
                    end,
                )

        self._in_bands(enhance, height, width * height, _BAND_STEP)

    def _in_bands(self, work: Callable[[int, int], None], rows: int, pixels: int, step: int) -> None:
        """Call `work(begin, end)` over all rows, split among the threads at multiples of `step`."""
        if self._threads == 1 or pixels < _WORTH_SPLITTING:
            work(0, rows)
            return
        share = -(-rows // (self._threads * step)) * step
        begins = range(0, rows, share)
        for band in [self._pool.submit(work, begin, min(begin + share, rows)) for begin in begins]:
            band.result()


@lru_cache(maxsize=16)
def axis(pixels: int, cell: int, cells: int) -> Axis:
    """Find where each pixel of an axis lies between the centres of the map cells.

    Args:
        pixels: Number of pixels.
        cell: Pixels a cell; pixel p is at (p + ½) / cell − ½ on the maps.
        cells: Number of cells.
    """
    padded = np.minimum(np.arange(-(-pixels // TILE) * TILE), pixels - 1)
    position = np.clip((padded + 0.5) / cell - 0.5, 0, cells - 1)
    before = np.floor(position).astype(np.uint32)
    after = np.minimum(before + 1, cells - 1).astype(np.uint32)
    return Axis(before, after, (position - before).astype(np.float32))


def _red_channel(layout: PixelLayout) -> int:
    return 0 if layout.kind == "rgb" else 2


def _yuv_planes(picture: Picture) -> tuple[CodeArray, CodeArray, CodeArray, tuple[int, int]]:
    """Return Y, U, V and the chroma shifts; grey pictures get chroma of their own that says no colour."""
    if picture.layout.kind == "yuv":
        luma, blue, red = picture.planes
        return luma, blue, red, picture.layout.chroma_shift_wh
    luma = picture.planes[0]
    neutral = np.full_like(luma, 1 << (picture.layout.bits - 1))
    return luma, neutral, neutral.copy(), (0, 0)
