"""Tell the stub of NVIDIA's decoder what the pictures of a clip look like, and what they are coded as."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np


def known_pictures(clip: Path, folder: Path) -> dict[str, str]:
    """Decode a clip in software; return the environment for `libnvcuvid.cpp`, whose files go to a folder.

    The clip is H.264 or HEVC in an MP4 file, its NAL units as long as four bytes before them say.
    """
    codes: list[tuple[int, bytes]] = []
    pictures: list[tuple[int, bytes]] = []
    with av.open(clip) as container:
        stream = container.streams.video[0]
        width, height = stream.width, stream.height
        for packet in container.demux(stream):
            if packet.size:
                codes.append((packet.pts or 0, _slices(bytes(packet), stream.codec_context.name)))
            for frame in packet.decode():
                deep = frame.format.name.endswith("10le")
                raw = frame.reformat(format="p010le" if deep else "nv12")
                pictures.append((frame.pts or 0, b"".join(_planes(raw, 1 + deep))))
    places = {pts: place for place, (pts, _) in enumerate(pictures)}
    order, frames = folder / "order.txt", folder / "frames.raw"
    order.write_text("".join(f"{_hash(data)} {places[pts]}\n" for pts, data in codes if pts in places))
    frames.write_bytes(b"".join(raw for _, raw in pictures))
    return {
        "NVDEC_ORDER": str(order),
        "NVDEC_FRAMES": str(frames),
        "NVDEC_WIDTH": str(width),
        "NVDEC_HEIGHT": str(height),
    }


def _planes(frame: av.VideoFrame, sample_bytes: int) -> Iterator[bytes]:
    """Yield the samples of Y, and of U and V interleaved, without what rows end in."""
    for channels, plane in enumerate(frame.planes, start=1):
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
        yield rows[: plane.height, : sample_bytes * channels * plane.width].tobytes()


def _slices(packet: bytes, codec: str) -> bytes:
    """Return the slices of a picture as FFmpeg gives them to NVDEC: each behind a start code."""
    return b"".join(b"\0\0\1" + unit for unit in _units(packet) if _is_slice(unit[0], codec))


def _units(packet: bytes) -> Iterator[bytes]:
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
