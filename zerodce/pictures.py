"""Pictures on disk: listing them, and reading one into an array or saying plainly why not."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageOps

from .errors import DataError, OutputError
from .files import check_place, replacing
from .quiet_pillow import silence_pillow

silence_pillow()

PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png"})
PANORAMA_SUFFIX = ".hdr"


def list_pictures(folder: Path, *, panoramas: bool = False) -> list[Path]:
    """List the pictures of a folder, sorted by name.

    Args:
        folder: Where to look; folders inside it are not entered.
        panoramas: Whether `.hdr` panoramas count as pictures.

    Raises:
        DataError: There is no such folder, or no picture in it.
    """
    suffixes = PICTURE_SUFFIXES | {PANORAMA_SUFFIX} if panoramas else PICTURE_SUFFIXES
    try:
        paths = sorted(
            path for path in folder.iterdir() if path.suffix.lower() in suffixes and path.is_file()
        )
    except OSError as exc:
        raise DataError(f"cannot list {folder}: {exc.strerror}; name a folder of pictures") from exc
    if not paths:
        raise DataError(f"no pictures in {folder}: files named {', '.join(sorted(suffixes))} are looked for")
    return paths


def open_picture(path: Path) -> Image.Image:
    """Open a picture as RGB of 8 bits, decoded whole and turned as its EXIF data say.

    Of samples of 16 bits the upper eight are kept.

    Raises:
        DataError: The file cannot be read or is no picture.
    """
    try:
        with Image.open(path) as picture:
            rgb = rgb_from_picture(_upright(picture))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as exc:
        raise unreadable(path, exc) from exc
    return rgb


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except (struct.error, SyntaxError):  # the EXIF data are damaged; the picture need not be
        return picture


def rgb_from_picture(picture: Image.Image) -> Image.Image:
    """Convert a picture to RGB of 8 bits; of 16-bit grey the upper eight are kept.

    Raises:
        ValueError: Its samples are in floating point, whose range nobody knows.
    """
    if picture.mode == "F":
        raise ValueError("its samples are in floating point")
    if picture.mode.startswith("I"):  # Pillow would clip them at 255
        samples = np.asarray(picture) >> 8
        picture = Image.fromarray(np.clip(samples, 0, 255).astype(np.uint8))
    return picture.convert("RGB")


def read_image(path: Path) -> np.ndarray:
    """Read a picture as (H, W, 3) float32 in [0, 1], RGB; raises DataError as `open_picture` does."""
    return np.asarray(open_picture(path), np.float32) / 255


def read_panorama(path: Path) -> np.ndarray:
    """Read a `.hdr` panorama as (H, W, 3) float32 of linear radiance, RGB, in the file's own unit.

    Raises:
        DataError: The file cannot be read or is no Radiance picture.
    """
    try:
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
    except (OSError, av.FFmpegError, StopIteration) as exc:
        raise unreadable(path, exc) from exc
    return np.asarray(frame.to_ndarray())


def save_picture(picture: Image.Image, path: Path) -> None:
    """Write a picture, whole or not at all, in the format that the name asks for.

    Raises:
        OutputError: It cannot be written there, or not in that format.
    """
    try:
        with replacing(path) as partial:
            picture.save(partial)
    except ValueError as exc:
        raise _unknown_format(path, str(exc)) from exc


def check_picture_place(path: Path) -> None:
    """Say before long work, not after, that a picture cannot be written.

    Raises:
        OutputError: No file can be written there, or not in the format that the name asks for.
    """
    if Image.registered_extensions().get(path.suffix.lower()) not in Image.SAVE:
        raise _unknown_format(path, f"pictures are not written as '{path.suffix}'")
    check_place(path)


def unreadable(path: Path, why: Exception) -> DataError:
    """Return the error that names a picture which cannot be read."""
    reason = getattr(why, "strerror", None) or why or type(why).__name__
    return DataError(f"cannot read {path}: {reason}; mend the file or take it away")


def _unknown_format(path: Path, why: str) -> OutputError:
    return OutputError(f"cannot write {path}: {why}; use a name that ends in .png")
