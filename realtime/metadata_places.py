"""Which of the metadata of an image each format has a place for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from .image_metadata import ImageMetadata
from .notes import note
from .suffixes import JPEG_SUFFIXES

# Files of these hold pixels alone, as Pillow writes them, and not even how they are to be turned.
BARE_SUFFIXES = (".bmp", ".gif")

_NAMES = {"exif": "EXIF data", "icc_profile": "the colour profile", "xmp": "XMP data"}

# JPEG, B.1.1.4: a segment holds so many bytes; XMP data have a mark before them.
_SEGMENT = 65533
_JPEG_MOST = {"exif": _SEGMENT, "xmp": _SEGMENT - len("http://ns.adobe.com/xap/1.0/\0")}


def kept_in(metadata: ImageMetadata, suffix: str) -> ImageMetadata:
    """Return what a file of a suffix has a place for, and say what it has none for."""
    orientation, others = _parted(metadata.exif)
    if suffix in BARE_SUFFIXES:
        told = metadata._replace(exif=others)  # pixels are turned instead
        return _without(told, list(_NAMES), f"a {suffix} file has no place for it")
    if suffix in JPEG_SUFFIXES:
        long = [name for name, most in _JPEG_MOST.items() if len(getattr(metadata, name) or b"") > most]
        kept = _without(metadata, long, f"a {suffix} file has room for 64 KB of each")
        return kept._replace(exif=orientation) if "exif" in long else kept
    return metadata


def kept_of_all(pictures: Sequence[ImageMetadata], suffix: str) -> ImageMetadata:
    """Return what a file of a suffix, which holds it once, keeps of several pictures; say what is lost."""
    firsts: dict[str, Any] = {}
    several: list[str] = []
    for name in ("exif", "xmp"):
        found = list(dict.fromkeys(filter(None, (getattr(picture, name) for picture in pictures))))
        firsts[name] = found[0] if found else None
        several += [_NAMES[name]] if len(found) > 1 else []
    profiles = list(dict.fromkeys(picture.icc_profile for picture in pictures))
    profile = profiles[0] if len(profiles) == 1 else None
    kept = kept_in(pictures[0]._replace(icc_profile=profile, **firsts), suffix)
    if suffix in BARE_SUFFIXES:
        return kept
    if several:
        what = " and ".join(several)
        note("of the %s of several pages, those of the first that has any are kept; write .tif for all", what)
    if len(profiles) > 1:
        note("no colour profile is kept, as pages have several, or some have none; write .tif for all")
    return kept


def pillow_options(metadata: ImageMetadata, suffix: str) -> dict[str, Any]:
    """Return what has Pillow write it into a file of a suffix."""
    options = metadata._asdict()
    if suffix in (".png", ".apng"):
        options["pnginfo"] = png_texts(metadata)
    return {name: value for name, value in options.items() if value}


def png_texts(metadata: ImageMetadata) -> PngInfo:
    """Return the chunks of text of a PNG file.

    Source: XMP Specification Part 3, 1.1.5: the keyword of XMP data.
    """
    texts = PngInfo()
    if metadata.xmp:
        texts.add_itxt("XML:com.adobe.xmp", metadata.xmp)
    return texts


def _without(metadata: ImageMetadata, names: list[str], why: str) -> ImageMetadata:
    """Leave fields out, and say of which that is a loss."""
    if lost := [said for name, said in _NAMES.items() if name in names and getattr(metadata, name)]:
        note("not kept, as %s: %s", why, ", ".join(lost))
    return metadata._replace(**dict.fromkeys(names))


def _parted(exif: bytes | None) -> tuple[bytes | None, bytes | None]:
    """Return EXIF data that tell the orientation, and those that tell the rest."""
    tags, orientation = Image.Exif(), Image.Exif()
    tags.load(exif or b"")
    turn = tags.pop(ExifTags.Base.Orientation, None)
    if turn in range(1, 9):
        orientation[ExifTags.Base.Orientation] = turn
    return orientation.tobytes() if orientation else None, exif if tags else None
