"""What comes with an image beside its pixels."""

from __future__ import annotations

from typing import Any, NamedTuple

from PIL import ExifTags, Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from .exif import EXIF_MARK, without_thumbnail
from .heif import FORMAT as HEIF
from .iptc import iptc_of
from .pillow import PILLOW_ERRORS
from .xmp import kept_xmp

XMP_KEYWORD = "XML:com.adobe.xmp"  # XMP Specification Part 3, PNG: that of a text

# A JPEG file holds no more.
_MOST_DPI = 65536
_NO_UNIT = 1  # TIFF 6.0, section 8: what is told is the shape of pixels

# The tags of a TIFF file that tell of the picture; the others tell how it is stored.
_TELLING_TAGS = (
    ExifTags.Base.ImageDescription, ExifTags.Base.Make, ExifTags.Base.Model, ExifTags.Base.Software,
    ExifTags.Base.DateTime, ExifTags.Base.Artist, ExifTags.Base.HostComputer, ExifTags.Base.Copyright,
    ExifTags.Base.Rating, ExifTags.Base.RatingPercent, ExifTags.Base.XPTitle, ExifTags.Base.XPComment,
    ExifTags.Base.XPAuthor, ExifTags.Base.XPKeywords, ExifTags.Base.XPSubject,
)  # fmt: skip


class ImageMetadata(NamedTuple):
    """What comes with an image.

    Attributes:
        icc_profile: Its colour profile, if any.
        exif: Its EXIF data, if any, with `EXIF_MARK` before them, and without their thumbnail.
        xmp: Its XMP data, if any, as UTF-8.
        dpi: Its resolution, if any.
        comment: Its comment, if any, as a JPEG or a GIF file has it, in any encoding.
        iptc: Its IPTC data, if any, as a JPEG or a TIFF file has them.
        texts: Its texts, as a PNG file has them, each behind its keyword.
    """

    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    comment: bytes | None = None
    iptc: bytes | None = None
    texts: tuple[tuple[str, str], ...] = ()


def metadata_of(image: Image.Image, *, is_grey: bool) -> ImageMetadata:
    """Return what comes with an image, or with the page it is at.

    Args:
        image: The image, opened; what stands behind its pixels is known when it is loaded.
        is_grey: Whether what it becomes is grey, and not RGB.
    """
    return ImageMetadata(
        icc_profile=_profile_of(image, is_grey=is_grey),
        exif=_exif_of(image),
        xmp=_xmp_of(image),
        dpi=_dpi_of(image),
        comment=_comment_of(image),
        iptc=iptc_of(image),
        texts=_texts_of(image),
    )


def stored_profile(image: Image.Image) -> bytes | None:
    """Return the colour profile of an image, or of the page it is at."""
    profile: Any = image.info.get("icc_profile")
    if isinstance(image, TiffImageFile):  # `info` keeps that of another page
        profile = image.tag_v2.get(ExifTags.Base.InterColorProfile)
    return profile if isinstance(profile, bytes) else None  # in a PNG file, it may be a text


def _profile_of(image: Image.Image, *, is_grey: bool) -> bytes | None:
    """Return the colour profile of an image, if it holds for what it becomes."""
    profile = stored_profile(image) if image.mode != "CMYK" else None
    colours = b"GRAY" if is_grey else b"RGB "
    return profile if profile and profile[16:20] == colours else None  # ICC.1, 7.2.8


def _exif_of(image: Image.Image) -> bytes | None:
    """Return the EXIF data of an image that can be read; of a TIFF file those that tell of the picture.

    Its orientation is not among them, as Pillow turns what it loads of such files.
    """
    if not isinstance(image, TiffImageFile):
        data: bytes | None = image.info.get("exif")
        # WebP files hold it without its mark, which JPEG files need.
        if not data or not _is_exif(data):
            return None
        return without_thumbnail(EXIF_MARK + data.removeprefix(EXIF_MARK))
    exif, telling = image.getexif(), Image.Exif()
    for tag in _TELLING_TAGS:
        if tag in exif:
            telling[tag] = exif[tag]
    for ifd in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        if entries := dict(exif.get_ifd(ifd)):
            entries.pop(ExifTags.IFD.Interop, None)  # only where it is in this file
            telling[ifd] = entries
    return telling.tobytes() if telling else None


def _xmp_of(image: Image.Image) -> bytes | None:
    packet = image.info.get("xmp")
    if not isinstance(packet, bytes):  # in a PNG file, it may be a text that is called so
        return None
    # Pillow turns what it loads of TIFF files, and libheif what it does.
    is_turned = isinstance(image, TiffImageFile) or image.format == HEIF
    return kept_xmp(packet, is_turned=is_turned, had_inks=image.mode == "CMYK")


def _dpi_of(image: Image.Image) -> tuple[float, float] | None:
    if isinstance(image, TiffImageFile):  # of one that tells none, `info` has 1, or that of another page
        tags = image.tag_v2
        if ExifTags.Base.XResolution not in tags or tags.get(ExifTags.Base.ResolutionUnit) == _NO_UNIT:
            return None
    dpi: Any = image.info.get("dpi")
    if not isinstance(dpi, tuple):  # in a PNG file, it may be a text that is called so
        return None
    across, down = map(float, dpi)
    return (across, down) if 0 < across < _MOST_DPI and 0 < down < _MOST_DPI else None


def _comment_of(image: Image.Image) -> bytes | None:
    if isinstance(image, JpegImageFile):  # of which `info` has the last one
        return b"\n".join(data for name, data in image.applist if name == "COM") or None
    comment: Any = image.info.get("comment")
    return comment if isinstance(comment, bytes) else None  # in a PNG file, it is a text


def _texts_of(image: Image.Image) -> tuple[tuple[str, str], ...]:
    texts = image.text if isinstance(image, PngImageFile) else {}
    return tuple((keyword, text) for keyword, text in texts.items() if keyword != XMP_KEYWORD)


def _is_exif(data: bytes) -> bool:
    try:
        Image.Exif().load(data)
    except PILLOW_ERRORS:
        return False
    return True
