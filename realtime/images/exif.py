"""EXIF data, changed without moving what is in them: notes of the makers of cameras tell places in them.

Sources: TIFF 6.0, section 2; Exif 2.32, 4.5.4: the second directory tells of a thumbnail.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

from PIL import ExifTags, Image

EXIF_MARK = b"Exif\0\0"

_Order: TypeAlias = Literal["little", "big"]

_ORDERS: dict[bytes, _Order] = {b"II*\0": "little", b"MM\0*": "big"}
_FIRST = 4  # where the place of the first directory stands
_ENTRY = 12  # bytes of each entry of a directory, behind the number of entries in 2
_VALUE = 8  # where a value of up to 4 bytes, or the place of a longer one, stands in an entry
_SHORT, _RATIONAL = 3, 5
_INCHES = 2
_FINEST = 100  # dots per inch are told to a hundredth
_JPEG_MARK = b"\xff\xd8"


class _Directory(NamedTuple):
    """The entries of a directory by their tags, where it tells the place of the next one, and that place."""

    entries: dict[int, bytes]
    link: int
    following: int


def without_thumbnail(exif: bytes) -> bytes:
    """Return EXIF data without their thumbnail, which shows the picture as it was.

    Args:
        exif: EXIF data, with `EXIF_MARK` before them.
    """
    data = bytearray(exif.removeprefix(EXIF_MARK))
    order = _ORDERS.get(bytes(data[:4]))
    if order is None:
        return exif
    first = _directory(data, _number(data, _FIRST, order), order)
    if not first.following:
        return exif
    data[first.link : first.link + 4] = bytes(4)
    thumbnail = _directory(data, first.following, order).entries
    begin, length = (
        _number(thumbnail.get(tag, b""), _VALUE, order)
        for tag in (ExifTags.Base.JpegIFOffset, ExifTags.Base.JpegIFByteCount)
    )
    # Nothing finds it any more; at the end, where it usually is, it can go without moving anything.
    is_whole = data.startswith(_JPEG_MARK, begin) and begin + length <= len(data)
    if is_whole and not any(data[begin + length :]):
        del data[begin:]
    return EXIF_MARK + data


def with_resolution(exif: bytes | None, dpi: tuple[float, float]) -> bytes:
    """Return EXIF data that tell a resolution; their first directory is written anew, behind all the rest.

    Args:
        exif: What there is, if anything, with `EXIF_MARK` before it.
        dpi: Dots per inch, across and down, above 0 and below 65536.
    """
    data = bytearray((exif or Image.Exif().tobytes()).removeprefix(EXIF_MARK))
    order = _ORDERS.get(bytes(data[:4]))
    if order is None:
        return EXIF_MARK + data

    def packed(*numbers: tuple[int, int]) -> bytes:
        return b"".join(number.to_bytes(length, order) for number, length in numbers)

    across, down, unit = (
        ExifTags.Base.XResolution, ExifTags.Base.YResolution, ExifTags.Base.ResolutionUnit,
    )  # fmt: skip
    first = _directory(data, _number(data, _FIRST, order), order)
    data += bytes(len(data) % 2)  # directories begin at even places
    values = len(data)
    for dots in dpi:
        fraction = Fraction(dots).limit_denominator(_FINEST)
        data += packed((fraction.numerator, 4), (fraction.denominator, 4))
    entries = first.entries | {
        across: packed((across, 2), (_RATIONAL, 2), (1, 4), (values, 4)),
        down: packed((down, 2), (_RATIONAL, 2), (1, 4), (values + 8, 4)),
        unit: packed((unit, 2), (_SHORT, 2), (1, 4), (_INCHES, 2), (0, 2)),
    }
    data[_FIRST : _FIRST + 4] = packed((len(data), 4))
    data += packed((len(entries), 2)) + b"".join(entry for _, entry in sorted(entries.items()))
    return EXIF_MARK + data + packed((first.following, 4))


def _directory(data: bytes | bytearray, place: int, order: _Order) -> _Directory:
    """Read a directory, or what there is of it."""
    count = int.from_bytes(data[place : place + 2], order)
    link = place + 2 + _ENTRY * count
    starts = range(place + 2, min(link, len(data) - _ENTRY + 1), _ENTRY)
    entries = [bytes(data[start : start + _ENTRY]) for start in starts]
    by_tag = {int.from_bytes(entry[:2], order): entry for entry in entries}
    return _Directory(by_tag, link, _number(data, link, order))


def _number(data: bytes | bytearray, place: int, order: _Order) -> int:
    """Read a number of 4 bytes; 0 where there are none."""
    return int.from_bytes(data[place : place + 4], order)
