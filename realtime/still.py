"""Enhance a still image."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from .deep_image import (
    DEEP_SUFFIXES,
    DeepImage,
    is_deep,
    picture_of_deep,
    read_deep,
    with_colours,
    write_deep,
)
from .enhancer import Enhancer
from .errors import InputError, OutputError
from .frames import Picture
from .image_sequence import SEQUENCE_SUFFIXES, enhanced_sequence, save_sequence
from .partial_file import partial_file
from .suffixes import ANIMATED, STILL_SUFFIXES

_JPEG_QUALITY = 95
# Pillow's modes of 8-bit colours, grey and palettes included.
_COLOUR_MODES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr")


def enhance_still(source: Path, target: Path, enhancer: Enhancer, *, overwrite: bool = False) -> None:
    """Enhance an image; orientation, colour profile, resolution, EXIF data and transparency are kept.

    Images of 16 bits keep them in `DEEP_SUFFIXES`, and animations and pages all their pictures in
    `SEQUENCE_SUFFIXES`.

    Args:
        source: An image that Pillow reads.
        target: Where to write, with one of `STILL_SUFFIXES`, or `.gif` for what has several pictures.
        enhancer: What enhances the image; it is reset first.
        overwrite: Replace a target that exists.

    Raises:
        InputError: The source is not an image that can be read.
        OutputError: The target cannot be written.
    """
    suffix = target.suffix.lower()
    image = _opened(source)
    pictures = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)  # of one, smaller copies follow
    is_sequence = pictures > 1 or (image.format == "GIF" and suffix == ".gif")
    if suffix not in STILL_SUFFIXES and not (suffix in ANIMATED and is_sequence):
        raise OutputError(
            f"an image cannot be written as '{target.name}'; use one of {', '.join(STILL_SUFFIXES)}"
        )
    if is_sequence and suffix not in SEQUENCE_SUFFIXES:
        raise OutputError(
            f"{source} has {pictures} frames, and a {suffix} file holds one; "
            f"use one of {', '.join(SEQUENCE_SUFFIXES)}"
        )
    save: Callable[[Path], None]
    if is_sequence:
        save = partial(save_sequence, enhanced_sequence(source, image, enhancer), image)
    elif is_deep(image) and suffix in DEEP_SUFFIXES:
        save = partial(write_deep, _enhanced_deep(read_deep(source, image), enhancer))
    else:
        save = _save_enhanced(source, image, target, enhancer)
    with partial_file(target, overwrite=overwrite) as temporary:
        try:
            save(temporary)
        except ValueError as exc:
            raise OutputError(f"cannot write {target} ({exc}); use another format") from exc


def _enhanced_deep(image: DeepImage, enhancer: Enhancer) -> DeepImage:
    picture = picture_of_deep(image)
    enhancer.reset()
    enhancer.enhance(picture, time_s=0.0)
    return with_colours(image, picture)


def _save_enhanced(
    source: Path, image: Image.Image, target: Path, enhancer: Enhancer
) -> Callable[[Path], None]:
    """Enhance an image of 8 bits, and return what saves it."""
    image = _with_8_bits(source, _loaded(source, image))
    if target.suffix.lower() == ".bmp":  # it has no place for the orientation
        image = ImageOps.exif_transpose(image)
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    if has_alpha and target.suffix.lower() in (".jpg", ".jpeg"):
        raise OutputError(f"{target.name} cannot hold the transparency of {source.name}; write a .png file")
    pixels = np.array(image.convert("RGBA" if has_alpha else "RGB"))
    colours = np.ascontiguousarray(pixels[..., :3])
    enhancer.reset()
    enhancer.enhance(Picture.from_packed(colours), time_s=0.0)
    pixels[..., :3] = colours
    result = Image.fromarray(pixels)
    if image.mode in ("L", "1"):
        result = result.convert("L")
    kept = {name: image.info[name] for name in ("exif", "icc_profile", "dpi") if image.info.get(name)}
    if image.mode == "CMYK":
        kept.pop("icc_profile", None)  # it describes inks
    return lambda temporary: result.save(temporary, quality=_JPEG_QUALITY, **kept)


def _opened(source: Path) -> Image.Image:
    """Open an image without loading it."""
    try:
        # Of a file on disk, Pillow 13 maps grey TIFFs into memory, and then turns them wrongly.
        return Image.open(io.BytesIO(source.read_bytes()))
    except FileNotFoundError as exc:
        raise InputError(f"{source} does not exist; check the name") from exc
    except UnidentifiedImageError as exc:
        raise InputError(f"{source} is not an image that can be read; check that it opens elsewhere") from exc
    except Image.DecompressionBombError as exc:
        raise InputError(f"{source} is too large to be safe to read ({exc}); make it smaller first") from exc
    # Pillow raises ValueError and SyntaxError for some damaged headers.
    except (OSError, ValueError, SyntaxError) as exc:
        raise _damaged(source, exc) from exc


def _loaded(source: Path, image: Image.Image) -> Image.Image:
    try:
        image.load()
    except (OSError, ValueError, SyntaxError) as exc:
        raise _damaged(source, exc) from exc
    return image


def _damaged(source: Path, error: Exception) -> InputError:
    reason = getattr(error, "strerror", None) or error
    return InputError(f"{source} cannot be read ({reason}); check that it is whole")


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
