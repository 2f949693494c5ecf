"""What a media file holds, as far as enhancing must keep it; read by PyAV and Pillow alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Discard, Disposition, Stream
from PIL import Image

# What muxers write by themselves, and rewrite.
_AUTOMATIC = {
    "encoder", "major_brand", "minor_version", "compatible_brands", "creation_time", "duration",
    "software", "isft",
}  # fmt: skip
# Whether a track is on by default is the muxer's choice; cover pictures are a kind of their own.
_LASTING = ~int(Disposition.default | Disposition.attached_pic)


@dataclass(slots=True, kw_only=True)
class Track:
    """A track other than the enhanced video.

    Attributes:
        index: Number of the track in the file.
        kind: `video`, `cover`, `audio`, `subtitle`, `attachment` or `data`.
        codec: FFmpeg's name of the codec, if it knows it.
        language: As the file states it; empty where it does not.
        title: The same.
        disposition: FFmpeg's flags, that of the default track left out.
        tick: The unit of its times, in seconds.
        times: Presentation time of each packet, in seconds.
        end_s: When the last packet ends, in seconds; 0 if there is none.
    """

    index: int
    kind: str
    codec: str | None
    language: str
    title: str
    disposition: int
    tick: Fraction
    times: list[Fraction] = field(default_factory=list)
    end_s: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFacts:
    """The video of a file, and what goes with it.

    Attributes:
        container: FFmpeg's name of the container.
        times: Time of each frame in seconds, None where the file states none; in the order of the decoder.
        tick: The unit of the container's video times, in seconds.
        frame_s: Usual time between two frames, in seconds.
        errors: Number of packets that could not be decoded.
        duration_s: As the header states it, if it does.
        start_s: When the first frame or packet begins, in seconds.
        end_s: When the last one ends.
        picture: Properties of the picture, by name.
        language: Of the video track.
        tracks: The other tracks.
        chapters: Start and end in seconds, and title.
        metadata: Tags of the file that muxers do not write by themselves, names in lower case.
    """

    container: str
    times: list[Fraction | None]
    tick: Fraction
    frame_s: Fraction
    errors: int
    duration_s: Fraction | None
    start_s: Fraction
    end_s: Fraction
    picture: dict[str, Any]
    language: str
    tracks: list[Track]
    chapters: list[tuple[Fraction, Fraction, str]]
    metadata: dict[str, str]


def read_still(path: Path) -> dict[str, object]:
    """Read the properties of an image.

    Raises:
        OSError: It is not an image that can be read.
    """
    with Image.open(path) as image:
        image.load()
        return {
            "size": image.size,
            "alpha": "A" in image.getbands() or "transparency" in image.info,
            "orientation": image.getexif().get(0x0112, 1),
            "colour profile": bool(image.info.get("icc_profile")),
            "images": getattr(image, "n_frames", 1),
        }


def read_video(path: Path) -> VideoFacts:
    """Decode a whole file.

    Raises:
        av.error.FFmpegError: It cannot be opened.
        LookupError: It holds no video.
    """
    with av.open(f"file:{path}", metadata_errors="replace") as container:
        videos = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
        if not videos or videos[0].codec_context is None:
            raise LookupError("no video")
        video = videos[0]
        # FFmpeg discards tracks of chapter titles itself, and gives the chapters.
        others = [s for s in container.streams if s is not video and s.discard != Discard.all]
        tracks = {stream.index: _track(stream) for stream in others}
        first, times, last_s, errors = _decode(container, video, tracks)
        rate = video.average_rate or video.guessed_rate or Fraction(25)
        known = [time for time in times if time is not None]
        ends = [track.end_s for track in tracks.values()]
        if "matroska" in container.format.name and container.duration:
            # It stores when the film ends, and only for some packets when they do.
            ends = [min(end, Fraction(container.duration, av.time_base)) for end in ends]
        firsts = [min(track.times) for track in tracks.values() if track.times]
        return VideoFacts(
            container=container.format.name,
            times=times,
            tick=video.time_base or 1 / rate,
            frame_s=1 / rate,
            errors=errors,
            duration_s=Fraction(container.duration, av.time_base) if container.duration else None,
            start_s=min(known + firsts, default=Fraction(0)),
            end_s=max([max(known, default=Fraction(0)) + (last_s or 1 / rate), *ends]),
            picture={} if first is None else _picture(video, first),
            language=_language(video),
            tracks=list(tracks.values()),
            chapters=[
                (c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"].get("title", ""))
                for c in container.chapters()
            ],
            metadata={
                name.lower(): value
                for name, value in container.metadata.items()
                if name.lower() not in _AUTOMATIC
            },
        )


def _decode(
    container: av.container.InputContainer, video: av.VideoStream, tracks: dict[int, Track]
) -> tuple[av.VideoFrame | None, list[Fraction | None], Fraction, int]:
    """Return the first frame, all times, the length of the last and the number of errors; fill the tracks."""
    first = last = None
    times: list[Fraction | None] = []
    chunks: list[Fraction] = []
    errors = 0
    packets = container.demux()
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                break
            if packet.stream is not video:
                _note_packet(packet, tracks.get(packet.stream.index))
                continue
            if packet.size and packet.dts is not None and packet.time_base is not None:
                chunks.append(packet.dts * packet.time_base)
            frames = video.decode(packet)
        except av.error.FFmpegError:
            errors += 1
            if errors > len(times) + 1000:  # it goes round and round
                break
            continue
        for last in frames:
            first = first or last
            times.append(None if last.pts is None or last.time_base is None else last.pts * last.time_base)
    if container.format.name == "avi" and len(chunks) == len(
        times
    ):  # it has no times but those of its chunks
        times = list(chunks)
    last_s = Fraction(0) if last is None else (last.duration or 0) * (last.time_base or 0)
    return first, times, Fraction(last_s), errors


def _note_packet(packet: av.Packet[Stream], track: Track | None) -> None:
    if track is None or not packet.size or packet.pts is None or packet.time_base is None:
        return
    time = packet.pts * packet.time_base
    if packet.is_discard and time < 0:  # an edit list hides it
        return
    track.times.append(time)
    track.end_s = max(track.end_s, time + (packet.duration or 0) * packet.time_base)


def _track(stream: Stream) -> Track:
    cover = stream.disposition & Disposition.attached_pic
    return Track(
        index=stream.index,
        kind="cover" if cover else stream.type,
        codec=stream.codec_context.codec.canonical_name if stream.codec_context else None,
        language=_language(stream),
        title=_title(stream),
        disposition=int(stream.disposition) & _LASTING,
        tick=stream.time_base or Fraction(1, av.time_base),
    )


def _language(stream: Stream) -> str:
    language = stream.metadata.get("language", "")
    return "" if language == "und" else language


def _title(stream: Stream) -> str:
    """Return the title of a track; FFmpeg's own names of handlers are none."""
    handler = stream.metadata.get("handler_name", "")
    return stream.metadata.get("title", "" if handler.endswith("Handler") else handler)


def _picture(video: av.VideoStream, frame: av.VideoFrame) -> dict[str, Any]:
    context = video.codec_context
    aspect = video.sample_aspect_ratio or context.sample_aspect_ratio or Fraction(1)
    bits = max(component.bits for component in frame.format.components)
    return {
        "codec": context.codec.canonical_name,
        "size": (frame.width, frame.height),
        "depth": bits,
        "subsampling": (64 // frame.format.chroma_width(64), 64 // frame.format.chroma_height(64)),
        "colours": _colours(frame),
        "tint": _tint(frame),
        # Where nothing is said, YUV is of limited range.
        "range": int(context.color_range) or 1,
        "matrix": int(context.colorspace),
        "primaries": int(context.color_primaries),
        "transfer": int(context.color_trc),
        "aspect": aspect,
        "interlaced": frame.interlaced_frame,
        "rotation": frame.rotation,
    } | _display_matrix(frame)


def _colours(frame: av.VideoFrame) -> str:
    """Return what kind of samples a frame has: `RGB`, `YUV` or `grey`."""
    if frame.format.is_rgb or frame.format.has_palette:
        return "RGB"
    colours = [component for component in frame.format.components if not component.is_alpha]
    return "grey" if len(colours) == 1 or frame.format.name in ("monow", "monob") else "YUV"


def _tint(frame: av.VideoFrame) -> int:
    """Return how far colours are from grey, at most, in 8-bit codes."""
    try:
        _, *chroma = frame.to_ndarray(format="yuv444p")  # (3, H, W)
    except av.error.FFmpegError:  # its matrix is of a kind that FFmpeg does not convert
        return 255
    return max(int(np.abs(plane.astype(np.int16) - 128).max()) for plane in chroma)


def _display_matrix(frame: av.VideoFrame) -> dict[str, object]:
    """Return the matrix of a frame, or nothing where PyAV cannot list what is attached to it."""
    try:
        side_data: Any = frame.side_data  # typed as a dict of names, and is one of `SideDataType`
    except ValueError:  # one is of a kind that PyAV does not know
        return {}
    matrix = side_data.get(SideDataType.DISPLAYMATRIX)
    return {"display matrix": None if matrix is None else bytes(matrix)}
