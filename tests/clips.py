"""Tiny clips: made with PyAV, and read back for what enhancing must keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

# FFmpeg's numbers of range, matrix, primaries and transfer curve.
BT709 = {"color_range": 1, "colorspace": 1, "color_primaries": 1, "color_trc": 1}
BT601_FULL = {"color_range": 2, "colorspace": 5, "color_primaries": 5, "color_trc": 6}
BT2020 = {"color_range": 1, "colorspace": 9, "color_primaries": 9, "color_trc": 14}
PQ = BT2020 | {"color_trc": 16}
HLG = BT2020 | {"color_trc": 18}

SAMPLE_RATE = 16_000


class PacketCopy(NamedTuple):
    """What is stored of one packet; times in seconds."""

    pts: Fraction
    dts: Fraction
    data: bytes


def make_clip(
    path: Path,
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    size_wh: tuple[int, int] = (64, 48),
    pts: Sequence[int] = range(12),
    time_base: Fraction = Fraction(1, 25),
    options: Mapping[str, str] | None = None,
    colour: Mapping[str, int] | None = None,
    aspect: Fraction | None = None,
    rotation_deg: int = 0,
    other_tracks: bool = False,
    muxer: str | None = None,
) -> Path:
    """Write a dark clip, with sound, subtitles, chapters and a title if `other_tracks`.

    MP4 files have their index in front, so that what is left of a truncated one can be read, and store when
    tracks start to the tick.
    """
    mp4_options = {"movflags": "+faststart", "movie_timescale": str(lcm(time_base.denominator, SAMPLE_RATE))}
    container_options = mp4_options if path.suffix in (".mp4", ".mov") else {}
    with av.open(path, "w", format=muxer, options=container_options) as container:
        rate = Fraction(len(pts) - 1, max(pts[-1] - pts[0], 1)) / time_base if len(pts) > 1 else 25
        video = container.add_stream(codec, rate=rate, options=dict(options or {}))
        video.width, video.height = size_wh
        video.pix_fmt = pixel_format
        video.codec_context.time_base = video.time_base = time_base
        for tag, number in (colour or {}).items():
            setattr(video.codec_context, tag, number)
        if aspect:
            video.codec_context.sample_aspect_ratio = aspect
        if rotation_deg:
            video.set_display_rotation(rotation_deg)
        tracks = _add_other_tracks(container, video) if other_tracks else []
        container.start_encoding()
        for index, time in enumerate(pts):
            frame = dark_frame(index, size_wh, pixel_format, colour)
            frame.pts, frame.time_base = time, time_base
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if tracks:
            _fill_other_tracks(container, *tracks, duration_s=float((pts[-1] + 1) * time_base))
    return path


def make_clip_of_parts(path: Path, *colours: Mapping[str, int]) -> Path:
    """Write a transport stream of 12 frames for each set of colour tags, one after the other."""
    parts = [
        make_clip(path.with_name(f"{index}.ts"), colour=colour, options={"bf": "0", "crf": "1"})
        for index, colour in enumerate(colours)
    ]
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    for part in parts:
        part.unlink()
    return path


def dark_frame(
    index: int,
    size_wh: tuple[int, int],
    pixel_format: str = "yuv420p",
    colour: Mapping[str, int] | None = None,
) -> av.VideoFrame:
    """Draw a frame of a dark scene in which something moves; each index gives another."""
    width, height = size_wh
    y, x = np.mgrid[0:height, 0:width]
    red = 30 + 20 * np.sin(x / 7 + index / 4)
    green = 25 + 15 * np.cos(y / 5 - index / 6)
    picture = np.stack([red, green, np.full_like(red, 18 + index % 7)], axis=2).astype(np.uint8)
    tags = colour or {}
    frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(
        format=pixel_format, dst_colorspace=tags.get("colorspace"), dst_color_range=tags.get("color_range")
    )
    for tag, number in tags.items():
        setattr(frame, tag, number)
    return frame


def make_sound(path: Path, *, codec: str = "aac", rate: int = SAMPLE_RATE) -> Path:
    """Write a file that holds sound and nothing else."""
    with av.open(path, "w") as container:
        audio = container.add_stream(codec, rate=rate, layout="mono")
        audio.bit_rate = 64_000
        container.mux([*audio.encode(tone(0.5, rate)), *audio.encode()])
    return path


def read_frames(path: Path) -> list[av.VideoFrame]:
    """Decode every frame of the video."""
    with av.open(path) as container:
        return list(container.decode(video=0))


def read_times(path: Path) -> list[Fraction]:
    """Return when each frame is shown, in seconds, exactly."""
    return [frame.pts * frame.time_base for frame in read_frames(path)]


def read_packets(path: Path, kind: str) -> list[PacketCopy]:
    """Return the packets of the first track of a kind, such as `audio`."""
    with av.open(path) as container:
        stream = next(stream for stream in container.streams if stream.type == kind)
        base = stream.time_base
        return [
            PacketCopy(packet.pts * base, packet.dts * base, bytes(packet))
            for packet in container.demux(stream)
            if packet.dts is not None
        ]


def samples(frame: av.VideoFrame) -> list[NDArray[Any]]:
    """Return the planes of a planar YUV or grey frame, without padding."""
    dtype = np.dtype(np.uint8 if frame.format.components[0].bits == 8 else np.uint16)
    return [
        np.frombuffer(plane, dtype).reshape(plane.height, -1)[:, : plane.width].copy()
        for plane in frame.planes
    ]


def mean_luma(path: Path) -> float:
    """Return the mean of the luma codes of every frame."""
    return float(np.mean([samples(frame)[0].mean() for frame in read_frames(path)]))


def _add_other_tracks(container: av.container.OutputContainer, video: Any) -> list[Any]:
    container.metadata["title"] = "Night"
    container.set_chapters([_chapter("Dusk", 0, 200), _chapter("Dark", 200, 480)])
    audio = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
    subtitles = container.add_mux_stream("subrip" if container.format.name == "matroska" else "mov_text")
    subtitles.time_base = Fraction(1, 1000)
    for stream, language in ((video, "eng"), (audio, "deu"), (subtitles, "fra")):
        stream.metadata["language"] = language
    video.disposition = audio.disposition = Disposition.default | Disposition.original
    return [audio, subtitles]


def _chapter(title: str, start_ms: int, end_ms: int) -> Any:
    base = Fraction(1, 1000)
    return {"id": start_ms, "start": start_ms, "end": end_ms, "time_base": base, "metadata": {"title": title}}


def _fill_other_tracks(
    container: av.container.OutputContainer, audio: Any, subtitles: Any, *, duration_s: float
) -> None:
    container.mux([*audio.encode(tone(duration_s)), *audio.encode()])
    for start_ms, text in ((40, b"Bonsoir"), (240, b"Bonne nuit")):
        length = b"" if container.format.name == "matroska" else len(text).to_bytes(2, "big")
        packet = av.Packet(length + text)
        packet.stream, packet.time_base = subtitles, Fraction(1, 1000)
        packet.pts = packet.dts = start_ms
        packet.duration = 160
        container.mux(packet)


def tone(duration_s: float, rate: int = SAMPLE_RATE) -> av.AudioFrame:
    """Return so much of a sine wave."""
    time_s = np.arange(round(duration_s * rate)) / rate
    tone = 0.2 * np.sin(2 * np.pi * 440 * time_s, dtype=np.float32)
    frame = av.AudioFrame.from_ndarray(tone[np.newaxis].astype(np.float32), format="fltp", layout="mono")
    frame.sample_rate = rate
    return frame
