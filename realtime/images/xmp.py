"""What of the XMP data of an image is true of the enhanced one."""

from __future__ import annotations

from xml.dom import minidom
from xml.parsers.expat import ExpatError

from ..notes import note

# What tells of gain maps, depth maps and videos that are in the file beside the picture, and are left out.
# Sources: Adobe, Gain Map 1.0; Android, Ultra HDR 1.1 and Motion Photo 1.0; Google, Dynamic Depth 1.0.
_BESIDE = (
    "http://ns.adobe.com/hdr-gain-map/",
    "http://ns.apple.com/HDRGainMap/",
    "http://ns.google.com/photos/1.0/container/",
    "http://ns.google.com/photos/1.0/depthmap/",
    "http://ns.google.com/photos/1.0/image/",
    "http://ns.google.com/photos/1.0/audio/",
    "http://ns.google.com/photos/dd/",
    "http://ns.google.com/photos/1.0/camera/ MotionPhoto",
    "http://ns.google.com/photos/1.0/camera/ MicroVideo",
)
# XMP Specification Part 3, JPEG: what exceeds 64 KB is elsewhere in a JPEG file, where Pillow skips it.
_EXTENDED = "http://ns.adobe.com/xmp/note/ HasExtendedXMP"
# Small copies of the picture, as it was.
_THUMBNAILS = "http://ns.adobe.com/xap/1.0/ Thumbnails"
_ALWAYS = (*_BESIDE, _EXTENDED, _THUMBNAILS)
_ORIENTATION = "http://ns.adobe.com/tiff/1.0/ Orientation"
_INKS = ("http://ns.adobe.com/photoshop/1.0/ ColorMode", "http://ns.adobe.com/photoshop/1.0/ ICCProfile")


def kept_xmp(packet: bytes, *, is_turned: bool, had_inks: bool) -> bytes | None:
    """Return XMP data without what no longer holds, and say what of it is lost.

    A packet that tells nothing of that kind is kept as it is, whatever it holds; of another, the spare room.

    Args:
        packet: The XMP data, as UTF-8.
        is_turned: Whether the pixels have been turned as the file told.
        had_inks: Whether they have been made colours of inks.

    Returns:
        What is kept; None if it cannot be told.
    """
    packet = packet.rstrip(b"\0")
    outdated = (*_ALWAYS, *([_ORIENTATION] if is_turned else ()), *(_INKS if had_inks else ()))
    if not any(name.rpartition(" ")[2].encode() in packet for name in outdated) and b"\0" not in packet:
        return packet
    try:
        if b"<!DOCTYPE" in packet:  # which could make it grow without end
            raise ValueError("XMP data have none")
        document = minidom.parseString(packet)
        removed = _remove(document, outdated)
        kept = "".join(node.toxml() for node in document.childNodes).encode()
    except (ExpatError, LookupError, RecursionError, ValueError):
        note("the XMP data are not kept, as they are damaged")
        return None
    if any(name.startswith(_BESIDE) for name in removed):
        note("a gain map, depth map or video beside the picture is not kept, nor what XMP data tell of it")
    if _EXTENDED in removed:
        note("of the XMP data, what did not fit into 64 KB is not kept")
    return kept if removed else packet


def _remove(document: minidom.Document, outdated: tuple[str, ...]) -> list[str]:
    """Remove elements and attributes, by the namespaces and the beginnings of their names; list them."""
    removed = []
    for element in document.getElementsByTagName("*"):
        for node in [*element.attributes.values(), element]:
            name = f"{node.namespaceURI} {node.localName}"
            is_upright = name == _ORIENTATION and node.firstChild and node.firstChild.nodeValue == "1"
            if not name.startswith(outdated) or is_upright:
                continue
            if isinstance(node, minidom.Attr):
                element.removeAttributeNode(node)
            elif element.parentNode:
                element.parentNode.removeChild(element)
            removed.append(name)
    return removed
