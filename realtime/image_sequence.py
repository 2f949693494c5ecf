"""Images of several pictures: animations, and the pages of a document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageSequence

from .enhancer import Enhancer
from .errors import InputError
from .frames import Picture

SEQUENCE_SUFFIXES = (".gif", ".png", ".apng", ".webp", ".tif", ".tiff")

# All pictures are in memory at once.
_MOST_PIXELS = 1 << 27
_QUALITY = 95


def enhanced_sequence(source: Path, image: Image.Image, enhancer: Enhancer) -> list[Image.Image]:
    """Enhance every picture of an image; those of an animation as a video, pages each for itself.

    Raises:
        InputError: There are more than fit into memory, or one is damaged.
    """
    count = getattr(image, "n_frames", 1)
    if count * image.width * image.height > _MOST_PIXELS:
        raise InputError(f"{source} has {count} frames, too many to keep; make a video of it first")
    enhancer.reset()
    results, time_s = [], 0.0
    try:
        for picture in ImageSequence.Iterator(image):
            if image.format == "TIFF":
                enhancer.reset()
            result = _enhanced(picture, enhancer, time_s)
            result.info = {key: picture.info[key] for key in ("duration", "dpi") if key in picture.info}
            time_s += float(picture.info.get("duration") or 0) / 1000
            results.append(result)
    except (OSError, ValueError, SyntaxError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise InputError(f"{source} cannot be read ({reason}); check that it is whole") from exc
    return results


def save_sequence(pictures: list[Image.Image], image: Image.Image, target: Path) -> None:
    """Write pictures as one file, with the durations and the profile of the image they were made from.

    Raises:
        OSError: The file cannot be written.
        ValueError: The format cannot hold them.
    """
    first, *rest = pictures
    options: dict[str, Any] = {"save_all": True, "append_images": rest}
    durations = [picture.info.get("duration", 0) for picture in pictures]
    if any(durations):
        options["duration"] = durations
    for name in ("loop", "icc_profile", "exif"):
        if image.info.get(name) is not None:
            options[name] = image.info[name]
    match target.suffix.lower():
        case ".gif":
            options["disposal"] = 2  # each picture is whole
        case ".webp":
            options["quality"] = _QUALITY
        case ".png" | ".apng":
            options["default_image"] = bool(getattr(image, "default_image", False))
    first.save(target, **options)


def _enhanced(picture: Image.Image, enhancer: Enhancer, time_s: float) -> Image.Image:
    has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    pixels = np.array(picture.convert("RGBA" if has_alpha else "RGB"))
    colours = np.ascontiguousarray(pixels[..., :3])
    enhancer.enhance(Picture.from_packed(colours), time_s)
    pixels[..., :3] = colours
    result = Image.fromarray(pixels)
    return result.convert("L") if picture.mode in ("L", "1") else result
