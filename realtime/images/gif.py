"""Animations as GIF holds them: 256 colours, of which one may stand for no opacity, and times in 10 ms."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np
from PIL import Image

from ..notes import note

_HALF = 128  # of opacity: what has less is not seen
_COLOURS = 255
_NONE = 255  # the place of the colour that stands for no opacity


def paletted(pictures: list[Image.Image]) -> list[Image.Image]:
    """Return pictures with those of opacity made ones with palettes, and say so if it is lost in part.

    Pillow alone would mix colours of all opacities, and take all that is left for opaque.
    """
    if any(picture.mode == "RGBA" and _is_soft(picture) for picture in pictures):
        note("a .gif file holds no partial transparency: what is at least half opaque becomes opaque")
    return [_paletted(picture) if picture.mode == "RGBA" else picture for picture in pictures]


def gif_durations(durations_ms: Sequence[float]) -> list[int]:
    """Return durations in whole 10 ms, of pictures that begin as near as can be to when they did."""
    begins = [10 * round(begin / 10) for begin in accumulate(durations_ms, initial=0)]
    return [end - begin for begin, end in pairwise(begins)]


def _is_soft(picture: Image.Image) -> bool:
    opacity = np.asarray(picture)[..., 3]
    return bool(np.any((opacity > 0) & (opacity < 255)))


def _paletted(picture: Image.Image) -> Image.Image:
    pixels = np.array(picture)
    hidden = pixels[..., 3] < _HALF
    pixels[hidden] = pixels[~hidden][0] if not hidden.all() else 0  # no colour of its own
    quantized = Image.fromarray(pixels[..., :3]).quantize(_COLOURS)
    places = np.array(quantized)
    places[hidden] = _NONE
    palette = quantized.getpalette() or []
    result = Image.fromarray(places)
    result.putpalette(palette + [0] * (3 * (_NONE + 1) - len(palette)))
    result.info = picture.info | {"transparency": _NONE}
    return result
