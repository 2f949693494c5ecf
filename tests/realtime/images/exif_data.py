"""EXIF data as cameras write them, with a note that tells places and a thumbnail at the end."""

from __future__ import annotations

import io
import struct

from PIL import Image

MAKER_NOTE = b"places of things in these data: 26, 38"
MAKER_NOTE_TAG, EXIF_TAG, MAKE_TAG = 0x927C, 0x8769, 0x010F
DARK = (9, 7, 5)


def thumbnail() -> bytes:
    """Return a small dark JPEG."""
    memory = io.BytesIO()
    Image.new("RGB", (16, 12), DARK).save(memory, "JPEG")
    return memory.getvalue()


def camera_exif(*, order: str = "<", behind: bytes = b"") -> bytes:
    """Return EXIF data in an order of bytes of `struct`, with something behind the thumbnail."""
    small = thumbnail()
    note_place = 8 + 2 + 2 * 12 + 4
    exif_place = note_place + len(MAKER_NOTE)
    second = exif_place + 2 + 12 + 4
    small_place = second + 2 + 2 * 12 + 4

    def entry(tag: int, kind: int, count: int, value: int | bytes) -> bytes:
        stored = value if isinstance(value, bytes) else struct.pack(f"{order}I", value)
        return struct.pack(f"{order}HHI", tag, kind, count) + stored

    def directory(following: int, *entries: bytes) -> bytes:
        return (
            struct.pack(f"{order}H", len(entries)) + b"".join(entries) + struct.pack(f"{order}I", following)
        )

    return (
        (b"Exif\0\0II*\0" if order == "<" else b"Exif\0\0MM\0*")
        + struct.pack(f"{order}I", 8)
        + directory(second, entry(MAKE_TAG, 2, 4, b"Cam\0"), entry(EXIF_TAG, 4, 1, exif_place))
        + MAKER_NOTE
        + directory(0, entry(MAKER_NOTE_TAG, 7, len(MAKER_NOTE), note_place))
        + directory(0, entry(0x0201, 4, 1, small_place), entry(0x0202, 4, 1, len(small)))
        + small
        + behind
    )
