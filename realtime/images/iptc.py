"""IPTC data, which tell of the makers and the contents of photographs of the press.

Sources: Adobe, Photoshop File Formats, image resource blocks; IPTC-NAA Information Interchange Model 4.
"""

from __future__ import annotations

import struct

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import IPTC_NAA_CHUNK, TiffImageFile

IPTC_TAG = IPTC_NAA_CHUNK  # of a TIFF file

_PHOTOSHOP = b"Photoshop 3.0\0"
_BLOCK = b"8BIM"
_IPTC_BLOCK = 0x0404
_MARKER = b"\xff\xed"

# What a segment of a JPEG file holds beside the data, with the byte that may make them even.
SEGMENT_OVERHEAD = len(_PHOTOSHOP) + len(_BLOCK) + 8 + 1


def iptc_of(image: Image.Image) -> bytes | None:
    """Return the IPTC data of an image that Pillow has opened, if any."""
    if isinstance(image, JpegImageFile):
        # Blocks that are too long for a segment go on in the next one.
        segments = (data for name, data in image.applist if name == "APP13" and data.startswith(_PHOTOSHOP))
        return _iptc_in(b"".join(data.removeprefix(_PHOTOSHOP) for data in segments)) or None
    if isinstance(image, TiffImageFile):
        # As they stand in the file: Photoshop calls them numbers of 4 bytes, of which Pillow has the first.
        stored: bytes | None = image.tag.tagdata.get(IPTC_TAG)
        return stored
    return None


def iptc_segment(iptc: bytes) -> bytes:
    """Return IPTC data as a segment of a JPEG file, which has room for them and `SEGMENT_OVERHEAD`."""
    block = _BLOCK + struct.pack(">HHI", _IPTC_BLOCK, 0, len(iptc)) + iptc + bytes(len(iptc) % 2)
    return _MARKER + struct.pack(">H", 2 + len(_PHOTOSHOP + block)) + _PHOTOSHOP + block


def _iptc_in(blocks: bytes) -> bytes:
    """Return the IPTC data of image resource blocks; nothing if there are none, or they are cut off."""
    place = 0
    while blocks.startswith(_BLOCK, place) and len(blocks) >= place + 12:
        kind, name_length = struct.unpack_from(">HB", blocks, place + 4)
        place += 6 + (name_length + 2) // 2 * 2  # a name and its length are of an even number of bytes
        length = int.from_bytes(blocks[place : place + 4], "big")
        begin, end = place + 4, place + 4 + length
        if kind == _IPTC_BLOCK:
            return blocks[begin:end] if end <= len(blocks) else b""
        place = end + length % 2
    return b""
