"""Enhance a still image."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PIL import Image

from ..enhancer import Enhancer
from ..errors import OutputError
from ..notes import note
from ..partial_file import partial_file
from ..settings import Kind
from ..suffixes import ANIMATED, JPEG_SUFFIXES, STILL_SUFFIXES
from . import heif
from .deep import (
    DEEP_SUFFIXES,
    DeepImage,
    is_deep,
    picture_of_deep,
    read_deep,
    with_colours,
    write_deep,
)
from .metadata import metadata_of
from .metadata_places import kept_in, pillow_options
from .pillow import PILLOW_ERRORS, has_alpha, opened, reading, save_whole
from .plain import enhance_plain, load_plain
from .sequence import SEQUENCE_SUFFIXES, enhanced_sequence, has_pages, save_sequence
from .tiff_pages import TIFF_SUFFIXES, tiff_page, write_tiff

_JPEG_QUALITY = 95


def enhance_still(source: Path, target: Path, enhancer: Enhancer, *, overwrite: bool = False) -> Kind:
    """Enhance an image; orientation, colour profile, resolution, EXIF data and transparency are kept.

    Images of 16 bits keep them in `DEEP_SUFFIXES`, and animations and pages all their pictures in
    `SEQUENCE_SUFFIXES`.

    Args:
        source: An image that Pillow reads.
        target: Where to write, with one of `STILL_SUFFIXES`; or of `ANIMATED`, for what has several pictures
            or is named so itself.
        enhancer: What enhances the image; it is reset first.
        overwrite: Replace a target that exists.

    Returns:
        What it was enhanced as: an image or an animation.

    Raises:
        InputError: The source is not an image that can be read.
        OutputError: The target cannot be written.
    """
    suffix = target.suffix.lower()
    image = opened(source)
    with reading(source):
        # In an MPO file, smaller copies of its picture follow.
        pictures = 1 if image.format in ("MPO", heif.FORMAT) else getattr(image, "n_frames", 1)
    if image.format == heif.FORMAT:
        heif.check_heif(source, image)
    is_called_so = suffix == source.suffix.lower() or (suffix == ".gif" and image.format == "GIF")
    is_sequence = pictures > 1 or (suffix in ANIMATED and is_called_so)  # be it of one picture
    if suffix not in STILL_SUFFIXES and not (suffix in ANIMATED and is_sequence):
        suffixes = ", ".join(STILL_SUFFIXES) + ("" if suffix else ", or add a / if it is a folder")
        raise OutputError(f"an image cannot be written as '{target.name}'; use one of {suffixes}")
    if is_sequence and suffix not in SEQUENCE_SUFFIXES:
        raise OutputError(
            f"{source} has {pictures} frames, and a {suffix} file holds one; "
            f"use one of {', '.join(SEQUENCE_SUFFIXES)}"
        )
    save: Callable[[Path], None]
    if is_sequence:
        save = partial(save_sequence, enhanced_sequence(source, image, pictures, enhancer, suffix), image)
    elif (deep := _deep(source, image, suffix)) is not None:
        save = partial(write_deep, _enhanced_deep(deep, enhancer, suffix))
    else:
        save = _save_enhanced(source, image, target, enhancer)
    with partial_file(target, overwrite=overwrite) as temporary:
        try:
            save(temporary)
        except OSError:
            raise
        except PILLOW_ERRORS as exc:
            raise OutputError(f"cannot write {target} ({exc}); use another format") from exc
    return Kind.ANIMATION if pictures > 1 and not has_pages(image) else Kind.IMAGE


def _deep(source: Path, image: Image.Image, suffix: str) -> DeepImage | None:
    """Read an opened image in 16 bits if it has them and can keep them; say so if it could in another way."""
    if not is_deep(image) or suffix not in DEEP_SUFFIXES:
        return None
    if image.mode == "CMYK":
        note("of 16 bits a channel 8 are kept, as inks are made colours")
        return None
    deep = read_deep(source, image)
    if deep is None:
        note("of 16 bits a channel 8 are kept, as they are stored in an uncommon way")
    return deep


def _enhanced_deep(image: DeepImage, enhancer: Enhancer, suffix: str) -> DeepImage:
    picture = picture_of_deep(image)
    enhancer.enhance_photo(picture)
    return with_colours(image, picture)._replace(metadata=kept_in(image.metadata, suffix))


def _save_enhanced(
    source: Path, image: Image.Image, target: Path, enhancer: Enhancer
) -> Callable[[Path], None]:
    """Enhance an image in 8 bits, and return what saves it."""
    suffix = target.suffix.lower()
    plain = load_plain(source, image, suffix)
    if has_alpha(plain) and suffix in JPEG_SUFFIXES:
        raise OutputError(f"{target.name} cannot hold the transparency of {source.name}; write a .png file")
    result = enhance_plain(plain, enhancer)
    with reading(source):
        metadata = metadata_of(image, is_grey=result.mode == "L" and suffix != ".webp")
    metadata = kept_in(metadata, suffix)
    if suffix in TIFF_SUFFIXES:
        return partial(write_tiff, [tiff_page(result, metadata)])
    return partial(save_whole, result, quality=_JPEG_QUALITY, **pillow_options(metadata, suffix))
