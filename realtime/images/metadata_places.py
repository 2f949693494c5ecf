"""Which of the metadata of an image each format has a place for."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any

from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from ..notes import note
from ..suffixes import JPEG_SUFFIXES
from .exif import with_resolution
from .iptc import SEGMENT_OVERHEAD, iptc_segment
from .metadata import XMP_KEYWORD, ImageMetadata
from .tiff_pages import TIFF_SUFFIXES

# Files of these hold pixels alone, as Pillow writes them, and not even how they are to be turned.
BARE_SUFFIXES = (".bmp", ".gif")
_PNG_SUFFIXES = (".png", ".apng")

# What each format has a place for; those that are not here, for `_PHOTO`.
_PHOTO = ("exif", "icc_profile", "xmp", "dpi")
_PLACES = {
    ".bmp": ("dpi",),
    ".gif": ("comment",),
    **dict.fromkeys(_PNG_SUFFIXES, (*_PHOTO, "texts")),
    **dict.fromkeys(JPEG_SUFFIXES, (*_PHOTO, "iptc", "comment")),
    **dict.fromkeys(TIFF_SUFFIXES, (*_PHOTO, "iptc")),
}

# JPEG, B.1.1.4: a segment holds so many bytes; XMP and IPTC data have marks before them.
_SEGMENT = 65533
_JPEG_MOST = {
    "exif": _SEGMENT,
    "xmp": _SEGMENT - len("http://ns.adobe.com/xap/1.0/\0"),
    "iptc": _SEGMENT - SEGMENT_OVERHEAD,
    "comment": _SEGMENT,
}
_JPEG_COMMENT = b"\xff\xfe"

# PNG specification, third edition, 11.3.3: the keyword of a comment; longer texts are better compressed.
_COMMENT = "Comment"
_SHORT_TEXT = 1024


def kept_in(metadata: ImageMetadata, suffix: str) -> ImageMetadata:
    """Return what a file of a suffix has a place for, and say what it has none for."""
    places = _PLACES.get(suffix, _PHOTO)
    orientation, others = _parted(metadata.exif)
    if suffix in BARE_SUFFIXES:
        metadata = metadata._replace(exif=others)  # pixels are turned instead
    if suffix == ".webp" and metadata.dpi:  # which has no other place for it
        metadata = metadata._replace(exif=with_resolution(metadata.exif, metadata.dpi), dpi=None)
    kept = _kept_at(_with_comment_in(metadata, places), places, f"a {suffix} file has no place for it")
    if suffix not in JPEG_SUFFIXES:
        return kept
    fitting = [name for name, most in _JPEG_MOST.items() if len(getattr(kept, name) or b"") <= most]
    why = f"a {suffix} file has room for 64 KB of each"
    fitted = _kept_at(kept, [*fitting, "icc_profile", "dpi"], why)
    return fitted if "exif" in fitting else fitted._replace(exif=orientation)


def kept_of_all(pictures: Sequence[ImageMetadata], suffix: str) -> ImageMetadata:
    """Return what a file of a suffix, which holds it once, keeps of several pictures; say what is lost."""
    exif = _distinct(picture.exif for picture in pictures)
    xmp = _distinct(picture.xmp for picture in pictures)
    iptc = _distinct(picture.iptc for picture in pictures)
    comments = _distinct(picture.comment for picture in pictures)
    profiles = list(dict.fromkeys(picture.icc_profile for picture in pictures))
    together = ImageMetadata(
        icc_profile=profiles[0] if len(profiles) == 1 else None,
        exif=exif[0] if exif else None,
        xmp=xmp[0] if xmp else None,
        dpi=pictures[0].dpi,
        comment=b"\n".join(comments) or None,
        iptc=iptc[0] if iptc else None,
        texts=pictures[-1].texts,  # those of a PNG file may stand anywhere in it
    )
    kept = kept_in(together, suffix)
    several = [what for what, found in (("EXIF", exif), ("XMP", xmp)) if len(found) > 1]
    if several and suffix not in BARE_SUFFIXES:
        note(
            "of the %s data of several pages, those of the first that has any are kept; write .tif for all",
            " and ".join(several),
        )
    if len(profiles) > 1 and suffix not in BARE_SUFFIXES:
        note("no colour profile is kept, as pages have several, or some have none; write .tif for all")
    return kept


def _distinct(found: Iterable[bytes | None]) -> list[bytes]:
    return list(dict.fromkeys(data for data in found if data))


def pillow_options(metadata: ImageMetadata, suffix: str) -> dict[str, Any]:
    """Return what has Pillow write it into a file of a suffix."""
    options = metadata._asdict()
    if suffix in _PNG_SUFFIXES:
        options["pnginfo"] = png_texts(metadata)
    if suffix in JPEG_SUFFIXES:
        # As segments, since Pillow 12 fails at a comment beside long EXIF data, and knows of no IPTC data.
        options["extra"] = iptc_segment(iptc) if (iptc := options.pop("iptc")) else b""
        if comment := options.pop("comment"):
            options["extra"] += _JPEG_COMMENT + struct.pack(">H", 2 + len(comment)) + comment
    return {name: value for name, value in options.items() if value}


def png_texts(metadata: ImageMetadata) -> PngInfo:
    """Return the chunks of text of a PNG file."""
    chunks = PngInfo()
    if metadata.xmp:
        chunks.add_itxt(XMP_KEYWORD, metadata.xmp)
    for keyword, text in metadata.texts:
        chunks.add_text(keyword, text, zip=len(text) > _SHORT_TEXT)
    return chunks


def _with_comment_in(metadata: ImageMetadata, places: Sequence[str]) -> ImageMetadata:
    """Have a comment be a text or by itself, whichever has a place."""
    if "texts" in places and metadata.comment:
        texts = (*metadata.texts, (_COMMENT, _decoded(metadata.comment)))
        return metadata._replace(comment=None, texts=texts)
    comments = [text for text in metadata.texts if text[0].lower() == _COMMENT.lower()]
    if "comment" in places and comments:
        others = tuple(text for text in metadata.texts if text not in comments)
        comment = "\n".join(text for _, text in comments).encode()
        return metadata._replace(comment=comment, texts=others)
    return metadata


def _decoded(comment: bytes) -> str:
    """Return a comment as text, which has no zeros in PNG files."""
    try:
        text = comment.decode()
    except UnicodeDecodeError:
        text = comment.decode("latin-1")
    return text.replace("\0", "")


def _kept_at(metadata: ImageMetadata, places: Sequence[str], why: str) -> ImageMetadata:
    """Keep what there are places for, and say of what is left out why."""
    lost = {
        "exif": ["EXIF data"] if metadata.exif else [],
        "icc_profile": ["the colour profile"] if metadata.icc_profile else [],
        "xmp": ["XMP data"] if metadata.xmp else [],
        "iptc": ["IPTC data"] if metadata.iptc else [],
        "dpi": ["the resolution"] if metadata.dpi else [],
        "comment": ["the comment"] if metadata.comment else [],
        "texts": [f"the text {keyword!r}" for keyword, _ in metadata.texts],
    }
    if said := [what for name, whats in lost.items() if name not in places for what in whats]:
        note("not kept, as %s: %s", why, ", ".join(said))
    return ImageMetadata(**{name: getattr(metadata, name) for name in places})


def _parted(exif: bytes | None) -> tuple[bytes | None, bytes | None]:
    """Return EXIF data that tell the orientation, and those that tell the rest."""
    tags, orientation = Image.Exif(), Image.Exif()
    tags.load(exif or b"")
    turn = tags.pop(ExifTags.Base.Orientation, None)
    if turn in range(1, 9):
        orientation[ExifTags.Base.Orientation] = turn
    return orientation.tobytes() if orientation else None, exif if tags else None
