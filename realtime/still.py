"""Enhance a still image."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from .enhancer import Enhancer
from .errors import InputError, OutputError
from .frames import Picture
from .partial_file import partial_file
from .suffixes import STILL_SUFFIXES

log = logging.getLogger(__name__)

_JPEG_QUALITY = 95
# Pillow's modes of 8-bit colours, grey and palettes included.
_COLOUR_MODES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr")


def enhance_still(source: Path, target: Path, enhancer: Enhancer, *, overwrite: bool = False) -> None:
    """Enhance an image; orientation, colour profile, resolution, EXIF data and transparency are kept.

    Args:
        source: An image that Pillow reads; colours are enhanced, and written, with 8 bits a channel.
        target: Where to write, with one of `STILL_SUFFIXES`.
        enhancer: What enhances the image; it is reset first.
        overwrite: Replace a target that exists.

    Raises:
        InputError: The source is not an image that can be read.
        OutputError: The target cannot be written.
    """
    if target.suffix.lower() not in STILL_SUFFIXES:
        raise OutputError(
            f"an image cannot be written as '{target.name}'; use one of {', '.join(STILL_SUFFIXES)}"
        )
    image = _with_8_bits(source, _read(source))
    if target.suffix.lower() == ".bmp":  # it has no place for the orientation
        image = ImageOps.exif_transpose(image)
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    pixels = np.array(image.convert("RGBA" if has_alpha else "RGB"))
    colours = np.ascontiguousarray(pixels[..., :3])
    enhancer.reset()
    enhancer.enhance(Picture.from_packed(colours), time_s=0.0)
    pixels[..., :3] = colours
    result = Image.fromarray(pixels)
    if image.mode in ("L", "1"):
        result = result.convert("L")
    if has_alpha and target.suffix.lower() in (".jpg", ".jpeg"):
        raise OutputError(f"{target.name} cannot hold the transparency of {source.name}; write a .png file")
    kept = {name: image.info[name] for name in ("exif", "icc_profile", "dpi") if image.info.get(name)}
    if image.mode == "CMYK":
        kept.pop("icc_profile", None)  # it describes inks
    with partial_file(target, overwrite=overwrite) as temporary:
        try:
            result.save(temporary, quality=_JPEG_QUALITY, **kept)
        except ValueError as exc:
            raise OutputError(f"cannot write {target} ({exc}); use another format") from exc


def _read(source: Path) -> Image.Image:
    try:
        image: Image.Image = Image.open(source)
        image.load()
        frames = getattr(image, "n_frames", 1)
        if frames > 1:
            log.warning("%s has %d frames, and only the first is enhanced", source, frames)
        return image
    except FileNotFoundError as exc:
        raise InputError(f"{source} does not exist; check the name") from exc
    except UnidentifiedImageError as exc:
        raise InputError(f"{source} is not an image that can be read; check that it opens elsewhere") from exc
    except Image.DecompressionBombError as exc:
        raise InputError(f"{source} is too large to be safe to read ({exc}); make it smaller first") from exc
    # Pillow raises ValueError for some damaged headers.
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise InputError(f"{source} cannot be read ({reason}); check that it is whole") from exc


def _with_8_bits(source: Path, image: Image.Image) -> Image.Image:
    """Return an image of 8-bit colours; Pillow alone would clip 16-bit grey to white."""
    if image.mode in _COLOUR_MODES:
        return image
    if not image.mode.startswith("I;16"):
        raise InputError(
            f"{source} has pixels of mode {image.mode}, which are no 8-bit colours; convert it to RGB first"
        )
    grey = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    grey.info = image.info
    return grey
