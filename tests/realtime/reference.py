"""What the compiled kernels must compute, written from their documentation in NumPy float64."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.manifest import Curve
from realtime.frames.colour import Matrix, PixelLayout
from realtime.frames.picture import Picture

Array = NDArray[np.float64]
Planes = tuple[NDArray[Any], ...]

# Weights of red and blue in luma, from the ITU-R recommendations themselves.
LUMA_WEIGHTS: dict[Matrix, tuple[float, float]] = {
    "bt601": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "bt2020": (0.2627, 0.0593),
}


def rgb_from_codes(luma: Array, blue: Array, red: Array, layout: PixelLayout) -> Array:
    """Decode YUV codes to unclipped RGB, (..., 3)."""
    black, luma_span, chroma_span = _quantisation(layout)
    weight_red, weight_blue = LUMA_WEIGHTS[layout.matrix]
    y = (luma - black) / luma_span
    r = y + 2 * (1 - weight_red) * (red - _neutral(layout)) / chroma_span
    b = y + 2 * (1 - weight_blue) * (blue - _neutral(layout)) / chroma_span
    g = (y - weight_red * r - weight_blue * b) / (1 - weight_red - weight_blue)
    return np.stack([r, g, b], axis=-1)


def codes_from_rgb(rgb: Array, layout: PixelLayout) -> tuple[Array, Array, Array]:
    """Encode RGB (..., 3) to unrounded YUV codes."""
    black, luma_span, chroma_span = _quantisation(layout)
    y, blue, red = ycc_from_rgb(rgb, layout)
    return black + luma_span * y, _neutral(layout) + chroma_span * blue, _neutral(layout) + chroma_span * red


def ycc_from_rgb(rgb: Array, layout: PixelLayout) -> tuple[Array, Array, Array]:
    """Return luma in [0, 1] and the two differences of colour in [-1/2, 1/2] of an (..., 3) image."""
    weight_red, weight_blue = LUMA_WEIGHTS[layout.matrix]
    r, g, b = np.moveaxis(rgb, -1, 0)
    y = weight_red * r + (1 - weight_red - weight_blue) * g + weight_blue * b
    return y, (b - y) / (2 * (1 - weight_blue)), (r - y) / (2 * (1 - weight_red))


def curved(image: Array, maps: NDArray[Any], cell: int, curve: Curve) -> Array:
    """Apply curves to an (H, W, 3) image, their maps interpolated between the cells' centres."""
    height, width, _ = image.shape
    full = _stretched_maps(maps, height, width, cell)
    if curve == "rational":
        gain = (1 + 0.9 * full) ** -2
        return np.asarray(gain * image / (1 + (gain - 1) * image))
    for first in range(0, full.shape[-1], 3):
        image = image + full[..., first : first + 3] * (image**2 - image)
    return image


def weaker(maps: NDArray[np.float32], strength: float, curve: Curve) -> Array:
    """Return maps that go so far along the curves: what is nearly black gains so many times as many stops."""
    if curve == "rational":
        return np.asarray(((1 + 0.9 * maps.astype(np.float64)) ** strength - 1) / 0.9)
    return strength * maps.astype(np.float64)


def trust(image: Array, layout: PixelLayout, floor: float) -> Array:
    """Return how far each colour of an (..., 3) image stands out from noise, in [0, 1]."""
    if floor == 0:
        return np.ones(image.shape[:-1])
    luma, blue, red = ycc_from_rgb(image, layout)
    signal = np.minimum((luma**2 + (2 * blue) ** 2 + (2 * red) ** 2) / floor**2, 1)
    return signal**2 * (3 - 2 * signal)


def enhanced(
    picture: Picture,
    maps: NDArray[Any],
    cell: int,
    floor: float = 0.0,
    tints: NDArray[np.float32] | None = None,
    black: NDArray[np.float32] | None = None,
    curve: Curve = "quadratic",
) -> Planes:
    """Return the planes that a picture should have after enhancing, padding left out."""
    tints = np.zeros((*maps.shape[:2], 2), np.float32) if tints is None else tints
    black = np.zeros(3, np.float32) if black is None else black
    if picture.layout.kind in ("rgb", "bgr"):
        return (_enhanced_packed(picture, maps, cell, floor, tints, black, curve),)
    layout = picture.layout
    luma, blue, red = visible_yuv(picture)
    down, across = (1 << shift for shift in reversed(layout.chroma_shift_wh))
    # What colours are believed, and what the tints are, is told by twos of rows at most.
    together = min(down, 2)
    whole = np.pad(luma, ((0, -picture.height % together), (0, -picture.width % across)), mode="edge")
    before = rgb_from_codes(whole, _stretched(blue, layout, whole), _stretched(red, layout, whole), layout)
    gained = curved(_without_tint(before, black), maps, cell, curve) - _without_tint(before, black)
    grey = ycc_from_rgb(gained, layout)[0]
    brighter = luma + _quantisation(layout)[1] * grey[: picture.height, : picture.width]

    mean_luma, mean_grey, mean_gain, mean_tints = (
        _means(values, together, across)
        for values in (whole, grey, gained, _stretched_maps(tints, *whole.shape, cell))
    )
    of_twos = [np.repeat(plane, down // together, axis=0)[: len(mean_luma)] for plane in (blue, red)]
    colour = _without_tint(rgb_from_codes(mean_luma, *of_twos, layout), black)
    believed = trust(colour, layout, floor)[..., np.newaxis]
    held = believed * mean_gain + (1 - believed) * _tinted(mean_grey, mean_tints, layout)
    planes = [_rounded(brighter, layout)]
    for plane, gain in zip((blue, red), codes_from_rgb(held, layout)[1:], strict=True):
        twos = np.arange(0, len(gain), down // together)
        counts = np.diff(np.append(twos, len(gain)))[:, np.newaxis]
        of_samples = np.add.reduceat(gain - _neutral(layout), twos, axis=0) / counts
        planes.append(_rounded(plane + of_samples, layout))
    return tuple(planes[: len(picture.planes)])


def _enhanced_packed(
    picture: Picture,
    maps: NDArray[Any],
    cell: int,
    floor: float,
    tints: NDArray[np.float32],
    black: NDArray[np.float32],
    curve: Curve,
) -> NDArray[np.int64]:
    layout, height, width = picture.layout, picture.height, picture.width
    order = slice(None) if layout.kind == "rgb" else slice(None, None, -1)
    original = picture.planes[0][:, : 3 * width].reshape(height, width, 3)[..., order] / layout.peak
    before = _without_tint(original, black)
    gained = curved(before, maps, cell, curve) - before
    tinted = _tinted(ycc_from_rgb(gained, layout)[0], _stretched_maps(tints, height, width, cell), layout)
    result = original + tinted + trust(before, layout, floor)[..., np.newaxis] * (gained - tinted)
    return _rounded(layout.peak * result[..., order], layout).reshape(height, 3 * width)


def _without_tint(image: Array, black: NDArray[np.float32]) -> Array:
    """Take off all of a tint at 0, and none of it at 1."""
    return np.asarray((image - black * (1 - image)).clip(0, 1))


def _tinted(grey: Array, tints: Array, layout: PixelLayout) -> Array:
    """Return RGB of these lumas, with blue and red as many times above them as the (…, 2) tints say."""
    blue, red = np.moveaxis(tints, -1, 0)
    weight_red, weight_blue = LUMA_WEIGHTS[layout.matrix]
    green = -(weight_red * red + weight_blue * blue) / (1 - weight_red - weight_blue)
    return grey[..., np.newaxis] * (1 + np.stack([red, green, blue], axis=-1))


def visible_yuv(picture: Picture) -> tuple[Array, Array, Array]:
    """Return Y, U and V without padding; a grey picture's U and V say no colour."""
    shift_x, _ = picture.layout.chroma_shift_wh
    luma = picture.planes[0][:, : picture.width].astype(np.float64)
    if picture.layout.kind == "grey":
        return (
            luma,
            np.full_like(luma, _neutral(picture.layout)),
            np.full_like(luma, _neutral(picture.layout)),
        )
    chroma_width = -(-picture.width // (1 << shift_x))
    blue, red = (plane[:, :chroma_width].astype(np.float64) for plane in picture.planes[1:])
    return luma, blue, red


def _quantisation(layout: PixelLayout) -> tuple[float, float, float]:
    """Return the code of black, and how many codes luma and chroma span."""
    if layout.full_range:
        return 0.0, layout.peak, layout.peak
    step = 2.0 ** (layout.bits - 8)
    return 16 * step, 219 * step, 224 * step


def _neutral(layout: PixelLayout) -> float:
    return 2.0 ** (layout.bits - 1)


def _stretched_maps(maps: NDArray[Any], height: int, width: int, cell: int) -> Array:
    """Interpolate (h, w, N) maps between the centres of the cells, to (H, W, N)."""
    rows, columns = _positions(height, cell, maps.shape[0]), _positions(width, cell, maps.shape[1])
    return _interpolated(_interpolated(maps.astype(np.float64), rows).swapaxes(0, 1), columns).swapaxes(0, 1)


def _positions(pixels: int, cell: int, cells: int) -> Array:
    """Return where the pixels' centres lie, counted in cells from the centre of the first."""
    return np.clip((np.arange(pixels) + 0.5) / cell - 0.5, 0, cells - 1)


def _interpolated(values: Array, positions: Array) -> Array:
    """Interpolate linearly along the first axis."""
    before = np.floor(positions).astype(int)
    after = np.minimum(before + 1, len(values) - 1)
    share = (positions - before)[:, np.newaxis, np.newaxis]
    return (1 - share) * values[before] + share * values[after]


def _stretched(chroma: Array, layout: PixelLayout, luma: Array) -> Array:
    """Give every pixel its chroma sample."""
    shift_x, shift_y = layout.chroma_shift_wh
    return chroma.repeat(1 << shift_y, axis=0).repeat(1 << shift_x, axis=1)[: luma.shape[0], : luma.shape[1]]


def _means(values: Array, rows: int, columns: int) -> Array:
    """Average (H, W) or (H, W, N) values over blocks of so many rows and columns, into which they divide."""
    height, width = values.shape[:2]
    blocks = values.reshape(height // rows, rows, width // columns, columns, *values.shape[2:])
    return np.asarray(blocks.mean(axis=(1, 3)))


def _rounded(codes: Array, layout: PixelLayout) -> NDArray[np.int64]:
    return np.floor(codes.clip(0, layout.peak) + 0.5).astype(np.int64)
