"""What Pillow tells of an image, and what it raises of a damaged one."""

from __future__ import annotations

import io
import logging
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from .errors import InputError
from .notes import note
from .suffixes import JPEG_SUFFIXES

# What Pillow warns of, it raises where it matters. For the process, since threads share their filters.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").setLevel(logging.CRITICAL)

# All that Pillow lets through of files whose bytes are not what it takes them for.
PILLOW_ERRORS = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError, struct.error,
)  # fmt: skip

_EXIF_MARK = b"Exif\0\0"

# The tags of a TIFF file that tell of the picture; the others tell how it is stored.
_TELLING_TAGS = (
    ExifTags.Base.ImageDescription, ExifTags.Base.Make, ExifTags.Base.Model, ExifTags.Base.Software,
    ExifTags.Base.DateTime, ExifTags.Base.Artist, ExifTags.Base.HostComputer, ExifTags.Base.Copyright,
    ExifTags.Base.Rating, ExifTags.Base.RatingPercent, ExifTags.Base.XPTitle, ExifTags.Base.XPComment,
    ExifTags.Base.XPAuthor, ExifTags.Base.XPKeywords, ExifTags.Base.XPSubject,
)  # fmt: skip

# Files of these hold pixels alone, as Pillow writes them.
_BARE_SUFFIXES = (".bmp", ".gif")


@contextmanager
def reading(source: Path) -> Iterator[None]:
    """Take what Pillow raises in the body, which does nothing but read, for damage of the file.

    Raises:
        InputError: The file is damaged, or larger than is safe.
    """
    try:
        yield
    except Image.DecompressionBombError as exc:
        raise InputError(f"{source} is too large to be safe to read ({exc}); make it smaller first") from exc
    except PILLOW_ERRORS as exc:
        reason = getattr(exc, "strerror", None) or str(exc) or type(exc).__name__
        advice = "check its access rights" if isinstance(exc, PermissionError) else "check that it is whole"
        raise InputError(f"{source} cannot be read ({reason}); {advice}") from exc


def opened(source: Path) -> Image.Image:
    """Open an image without loading it.

    Raises:
        InputError: It is missing, or is none.
    """
    with reading(source):
        try:
            # Of a file on disk, Pillow 13 maps grey TIFFs into memory, and then turns them wrongly.
            return Image.open(io.BytesIO(source.read_bytes()))
        except FileNotFoundError as exc:
            raise InputError(f"{source} does not exist; check the name") from exc
        except UnidentifiedImageError as exc:
            raise InputError(
                f"{source} is not an image that can be read; check that it opens elsewhere"
            ) from exc


def save_whole(image: Image.Image, target: Path, **options: Any) -> None:
    """Save an image under a name that tells its format, or fail.

    Where a disk is full, Pillow's encoders would leave off unnoticed if they wrote to the file themselves.

    Raises:
        OSError: The file cannot be written.
        PILLOW_ERRORS: The format cannot hold the image.
    """
    suffix, memory = target.suffix.lower(), io.BytesIO()
    # Pillow does not know all names of JPEG files.
    kind = "JPEG" if suffix in JPEG_SUFFIXES else Image.registered_extensions()[suffix]
    image.save(memory, kind, **options)
    target.write_bytes(memory.getbuffer())


def has_alpha(image: Image.Image) -> bool:
    """Whether an image has opacity, be it as a channel or as a colour that stands for none."""
    return "A" in image.getbands() or "transparency" in image.info


def profile_of(image: Image.Image, *, is_grey: bool) -> bytes | None:
    """Return the colour profile of an image, if it holds for what it becomes: RGB, or grey."""
    profile: Any = image.info.get("icc_profile")
    if isinstance(image, TiffImageFile):  # `info` keeps that of another page
        profile = image.tag_v2.get(ExifTags.Base.InterColorProfile)
    colours = b"GRAY" if is_grey else b"RGB "
    return profile if isinstance(profile, bytes) and profile[16:20] == colours else None  # ICC.1, 7.2.8


def exif_of(image: Image.Image) -> bytes | None:
    """Return the EXIF data of an image that can be read; of a TIFF file those that tell of the picture.

    Its orientation is not among them, as Pillow turns what it loads of such files.
    """
    if not isinstance(image, TiffImageFile):
        data: bytes | None = image.info.get("exif")
        # WebP files hold it without its mark, which JPEG files need.
        return _EXIF_MARK + data.removeprefix(_EXIF_MARK) if data and _is_exif(data) else None
    exif, telling = image.getexif(), Image.Exif()
    for tag in _TELLING_TAGS:
        if tag in exif:
            telling[tag] = exif[tag]
    for ifd in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        if entries := dict(exif.get_ifd(ifd)):
            entries.pop(ExifTags.IFD.Interop, None)  # only where it is in this file
            telling[ifd] = entries
    return telling.tobytes() if telling else None


def _is_exif(data: bytes) -> bool:
    try:
        Image.Exif().load(data)
    except PILLOW_ERRORS:
        return False
    return True


def say_what_is_lost(suffix: str, *, exif: bytes | None, icc_profile: bytes | None) -> None:
    """Say what a file of a suffix has no place for, of what there is."""
    if suffix not in _BARE_SUFFIXES:
        return
    tags = Image.Exif()
    tags.load(exif or b"")
    tags.pop(ExifTags.Base.Orientation, None)  # pixels are turned instead
    lost = [name for name, held in (("EXIF data", tags), ("the colour profile", icc_profile)) if held]
    if lost:
        note("not kept, as a %s file has no place for it: %s", suffix, ", ".join(lost))
