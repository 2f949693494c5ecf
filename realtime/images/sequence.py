"""Images of several pictures: animations, and the pages of a document."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from ..enhancer import Enhancer
from ..errors import InputError, OutputError
from ..notes import note
from .deep import is_deep
from .gif import gif_durations, paletted
from .metadata import ImageMetadata, metadata_of
from .metadata_places import kept_in, kept_of_all, pillow_options
from .pillow import reading, save_whole
from .plain import enhance_plain, load_plain
from .tiff_pages import TIFF_SUFFIXES, tiff_page, write_tiff

SEQUENCE_SUFFIXES = (".gif", ".png", ".apng", ".webp", ".tif", ".tiff")
_STILL_BESIDE = (".png", ".apng")

# All pictures are in memory at once.
_MOST_PIXELS = 1 << 27
_QUALITY = 95


class EnhancedPicture(NamedTuple):
    """One of several pictures.

    Attributes:
        image: Its pixels, of mode `L`, `RGB` or `RGBA`.
        duration_ms: How long it is shown, in an animation.
        metadata: What comes with it.
    """

    image: Image.Image
    duration_ms: float
    metadata: ImageMetadata


def enhanced_sequence(
    source: Path, image: Image.Image, count: int, enhancer: Enhancer, suffix: str
) -> list[EnhancedPicture]:
    """Enhance every picture of an image; those of an animation as a video, pages each for itself.

    Args:
        source: Where the image is.
        image: The image, opened.
        count: How many pictures it has.
        enhancer: What enhances them; it is reset first.
        suffix: That of the file they are for, one of `SEQUENCE_SUFFIXES`. What an animation shows where it
            does not move is for `_STILL_BESIDE` alone.

    Returns:
        The pictures.

    Raises:
        InputError: There are more than fit into memory, or one is damaged.
        OutputError: They differ in size, which only pages can.
    """
    if count * image.width * image.height > _MOST_PIXELS:
        what, advice = ("pages", "split it") if has_pages(image) else ("frames", "make a video of it")
        raise InputError(f"{source} has {count} {what}, too many to keep; {advice} first")
    beside = _has_still_beside(image)
    enhancer.reset()
    results: list[EnhancedPicture] = []
    time_s, has_16_bits = 0.0, False
    for index in range(int(beside and suffix not in _STILL_BESIDE), count):
        with reading(source):
            image.seek(index)
        has_16_bits = has_16_bits or is_deep(image)
        picture = load_plain(source, image, suffix)
        if results and picture.size != results[0].image.size and suffix not in TIFF_SUFFIXES:
            raise OutputError(
                f"{source} has pages of several sizes, which {suffix} files cannot hold; write .tif"
            )
        if beside and index == 1:
            enhancer.reset()
        result = enhance_plain(picture, enhancer, None if has_pages(image) else time_s)
        with reading(source):
            duration_ms = float(image.info.get("duration") or 0)
            metadata = metadata_of(image, is_grey=result.mode == "L" and suffix != ".webp")
        time_s += duration_ms / 1000
        results.append(EnhancedPicture(result, duration_ms, metadata))
    if has_16_bits:
        note("of 16 bits a channel 8 are kept, as there are several pictures; split the file to keep all")
    return results


def save_sequence(pictures: list[EnhancedPicture], image: Image.Image, target: Path) -> None:
    """Write pictures as one file, which is played as often as the image they were made from.

    In an animation, Pillow makes one frame of equal ones in a row, which lasts as long as they together.

    Raises:
        OSError: The file cannot be written.
        RuntimeError, ValueError: The format cannot hold them.
    """
    suffix = target.suffix.lower()
    if suffix not in TIFF_SUFFIXES:
        _save_animation(pictures, image, target)
        return
    write_tiff((tiff_page(page.image, kept_in(page.metadata, suffix)) for page in pictures), target)


def _save_animation(pictures: list[EnhancedPicture], image: Image.Image, target: Path) -> None:
    suffix = target.suffix.lower()
    images = [picture.image for picture in pictures]
    first, *rest = paletted(images) if suffix == ".gif" else images
    options: dict[str, Any] = {"save_all": True, "append_images": rest}
    beside = suffix in _STILL_BESIDE and _has_still_beside(image)
    durations = [picture.duration_ms for picture in pictures[beside:]]
    if any(durations):
        options["duration"] = gif_durations(durations) if suffix == ".gif" else durations
    if image.format == "GIF" and suffix != ".gif":
        options["loop"] = 1  # what a GIF is played that says nothing; the others are played for ever
    if "loop" in image.info:
        options["loop"] = image.info["loop"]
    options |= pillow_options(kept_of_all([picture.metadata for picture in pictures], suffix), suffix)
    match suffix:
        case ".gif":
            options["disposal"] = 2  # each picture is whole
        case ".webp":
            options["quality"] = _QUALITY
        case ".png" | ".apng":
            options["default_image"] = beside
    save_whole(first, target, **options)


def has_pages(image: Image.Image) -> bool:
    """Whether several pictures of an image are pages, which do not follow each other in time."""
    return image.format == "TIFF"


def _has_still_beside(image: Image.Image) -> bool:
    """Whether the first picture is none of the animation, but shown where that is not."""
    return bool(getattr(image, "default_image", False))
