"""Tell the stub of NVIDIA's decoder what the pictures of a clip look like, and what they are coded as."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np


def known_pictures(clip: Path, folder: Path) -> dict[str, str]:
    """Decode a clip in software; return the environment for `libnvcuvid.cpp`, whose files go to a folder.

    The clip is H.264 or HEVC. If its clock begins anew, frames are coded in the order that they are shown.
    """
    codes: dict[tuple[int, int], bytes] = {}
    pictures: dict[tuple[int, int], bytes] = {}
    with av.open(clip) as container:
        stream = container.streams.video[0]
        width, height = stream.width, stream.height
        for packet in container.demux(stream):
            if packet.size:
                codes[_key(packet.pts, codes)] = _slices(bytes(packet), stream.codec_context.name)
            for frame in packet.decode():
                deep = frame.format.name.endswith("10le")
                raw = frame.reformat(format="p010le" if deep else "nv12")
                pictures[_key(frame.pts, pictures)] = b"".join(_planes(raw, 1 + deep))
    places = {key: place for place, key in enumerate(pictures)}
    order, frames = folder / "order.txt", folder / "frames.raw"
    order.write_text(
        "".join(f"{_hash(data)} {places[key]}\n" for key, data in codes.items() if key in places)
    )
    frames.write_bytes(b"".join(pictures.values()))
    return {
        "NVDEC_ORDER": str(order),
        "NVDEC_FRAMES": str(frames),
        "NVDEC_WIDTH": str(width),
        "NVDEC_HEIGHT": str(height),
    }


def _key(pts: int | None, known: dict[tuple[int, int], bytes]) -> tuple[int, int]:
    """Tell a time from the same time of another clock."""
    time = pts or 0
    return time, sum(other == time for other, _ in known)


def _planes(frame: av.VideoFrame, sample_bytes: int) -> Iterator[bytes]:
    """Yield the samples of Y, and of U and V interleaved, without what rows end in."""
    for channels, plane in enumerate(frame.planes, start=1):
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
        yield rows[: plane.height, : sample_bytes * channels * plane.width].tobytes()


def _slices(packet: bytes, codec: str) -> bytes:
    """Return the slices of a picture as FFmpeg gives them to NVDEC: each behind a start code."""
    return b"".join(b"\0\0\1" + unit for unit in _units(packet) if _is_slice(unit[0], codec))


def _units(packet: bytes) -> Iterator[bytes]:
    """Yield NAL units: those between start codes, or as long as four bytes before them say."""
    if packet.startswith((b"\0\0\0\1", b"\0\0\1")):
        yield from (unit for unit in re.split(b"\0?\0\0\1", packet) if unit)
        return
    place = 0
    while place < len(packet):
        size = int.from_bytes(packet[place : place + 4], "big")
        yield packet[place + 4 : place + 4 + size]
        place += 4 + size


def _is_slice(header: int, codec: str) -> bool:
    return 1 <= header & 31 <= 5 if codec == "h264" else header >> 1 & 63 < 32


def _hash(data: bytes) -> int:
    """FNV-1a of 64 bits."""
    result = 0xCBF29CE484222325
    for byte in data:
        result = (result ^ byte) * 0x100000001B3 & (1 << 64) - 1
    return result
