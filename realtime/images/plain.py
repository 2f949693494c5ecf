"""Images of 8 bits a channel, as Pillow loads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ..enhancer import Enhancer
from ..errors import InputError
from ..frames.picture import Picture
from .deep import grey_of, is_misread
from .inks import colours_of_inks
from .metadata_places import BARE_SUFFIXES
from .pillow import has_alpha, reading

# Pillow's modes of 8-bit colours, grey and palettes included.
_COLOUR_MODES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "YCbCr")


def load_plain(source: Path, image: Image.Image, suffix: str) -> Image.Image:
    """Load an opened image, or the page it is at, in 8-bit colours.

    Pillow alone would clip 16-bit grey to white. For a file of a suffix that does not tell how its pixels are
    to be turned, they are turned.

    Raises:
        InputError: It is damaged, or its samples are no colours.
    """
    if is_misread(image):
        raise InputError(
            f"{source} has a plane of 16 bits for each channel, which is only read of one picture in RGB, "
            "for .png and .tif; store its channels together first"
        )
    with reading(source):
        image.load()
    if image.mode == "CMYK":
        plain = colours_of_inks(image)
    elif image.mode in _COLOUR_MODES:
        plain = image
    elif image.mode.startswith("I;16"):
        plain = Image.fromarray((grey_of(image) >> 8).astype(np.uint8))
        plain.info = image.info
    else:
        raise InputError(
            f"{source} has pixels of mode {image.mode}, which are no 8-bit colours; convert it to RGB first"
        )
    with reading(source):
        return ImageOps.exif_transpose(plain) if suffix in BARE_SUFFIXES else plain


def enhance_plain(image: Image.Image, enhancer: Enhancer, time_s: float | None = None) -> Image.Image:
    """Enhance an image of 8-bit colours into one of mode `L`, `RGB` or `RGBA`.

    Args:
        image: Any of what `load_plain` returns.
        enhancer: What enhances it.
        time_s: When it is shown, if it is one of an animation.
    """
    pixels = np.array(image.convert("RGBA" if has_alpha(image) else "RGB"))  # (H, W, 3 or 4)
    colours = np.ascontiguousarray(pixels[..., :3])
    if time_s is None:
        enhancer.enhance_photo(Picture.from_packed(colours))
    else:
        enhancer.enhance(Picture.from_packed(colours), time_s)
    pixels[..., :3] = colours
    result = Image.fromarray(pixels)
    return result.convert("L") if image.mode in ("L", "1") and result.mode == "RGB" else result
