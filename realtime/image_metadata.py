"""What comes with an image beside its pixels, and which formats hold it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from PIL import ExifTags, Image
from PIL.TiffImagePlugin import TiffImageFile

from .notes import note
from .pillow_image import PILLOW_ERRORS

EXIF_MARK = b"Exif\0\0"

# The tags of a TIFF file that tell of the picture; the others tell how it is stored.
_TELLING_TAGS = (
    ExifTags.Base.ImageDescription, ExifTags.Base.Make, ExifTags.Base.Model, ExifTags.Base.Software,
    ExifTags.Base.DateTime, ExifTags.Base.Artist, ExifTags.Base.HostComputer, ExifTags.Base.Copyright,
    ExifTags.Base.Rating, ExifTags.Base.RatingPercent, ExifTags.Base.XPTitle, ExifTags.Base.XPComment,
    ExifTags.Base.XPAuthor, ExifTags.Base.XPKeywords, ExifTags.Base.XPSubject,
)  # fmt: skip

# Files of these hold pixels alone, as Pillow writes them, and not even how they are to be turned.
BARE_SUFFIXES = (".bmp", ".gif")


class ImageMetadata(NamedTuple):
    """What comes with an image.

    Attributes:
        icc_profile: Its colour profile, if any.
        exif: Its EXIF data, if any, with `EXIF_MARK` before them.
        dpi: Its resolution, if any.
    """

    icc_profile: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None


def metadata_of(image: Image.Image, *, is_grey: bool) -> ImageMetadata:
    """Return what comes with an image, or with the page it is at.

    Args:
        image: The image, opened; what stands behind its pixels is known when it is loaded.
        is_grey: Whether what it becomes is grey, and not RGB.
    """
    return ImageMetadata(_profile_of(image, is_grey=is_grey), _exif_of(image), image.info.get("dpi"))


def kept_in(metadata: ImageMetadata, suffix: str) -> ImageMetadata:
    """Return what a file of a suffix has a place for, and say what it has none for."""
    if suffix not in BARE_SUFFIXES:
        return metadata
    tags = Image.Exif()
    tags.load(metadata.exif or b"")
    tags.pop(ExifTags.Base.Orientation, None)  # pixels are turned instead
    named = (("EXIF data", tags), ("the colour profile", metadata.icc_profile))
    if lost := [name for name, held in named if held]:
        note("not kept, as a %s file has no place for it: %s", suffix, ", ".join(lost))
    return ImageMetadata(dpi=metadata.dpi)


def kept_of_all(pictures: Sequence[ImageMetadata], suffix: str) -> ImageMetadata:
    """Return what a file of a suffix, which holds it once, keeps of several pictures; say what is lost."""
    exif = list(dict.fromkeys(picture.exif for picture in pictures if picture.exif))
    profiles = list(dict.fromkeys(picture.icc_profile for picture in pictures))
    kept = kept_in(
        ImageMetadata(
            icc_profile=profiles[0] if len(profiles) == 1 else None,
            exif=exif[0] if exif else None,
            dpi=pictures[0].dpi,
        ),
        suffix,
    )
    if suffix in BARE_SUFFIXES:
        return kept
    if len(exif) > 1:
        note(
            "of the EXIF data of several pages, those of the first that has any are kept; write .tif for all"
        )
    if len(profiles) > 1:
        note("no colour profile is kept, as pages have several, or some have none; write .tif for all")
    return kept


def pillow_options(metadata: ImageMetadata) -> dict[str, Any]:
    """Return what has Pillow write it with an image."""
    return {name: value for name, value in metadata._asdict().items() if value}


def _profile_of(image: Image.Image, *, is_grey: bool) -> bytes | None:
    """Return the colour profile of an image, if it holds for what it becomes."""
    profile: Any = image.info.get("icc_profile")
    if isinstance(image, TiffImageFile):  # `info` keeps that of another page
        profile = image.tag_v2.get(ExifTags.Base.InterColorProfile)
    colours = b"GRAY" if is_grey else b"RGB "
    return profile if isinstance(profile, bytes) and profile[16:20] == colours else None  # ICC.1, 7.2.8


def _exif_of(image: Image.Image) -> bytes | None:
    """Return the EXIF data of an image that can be read; of a TIFF file those that tell of the picture.

    Its orientation is not among them, as Pillow turns what it loads of such files.
    """
    if not isinstance(image, TiffImageFile):
        data: bytes | None = image.info.get("exif")
        # WebP files hold it without its mark, which JPEG files need.
        return EXIF_MARK + data.removeprefix(EXIF_MARK) if data and _is_exif(data) else None
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
