"""What a media file holds, as far as enhancing must keep it; read by PyAV and Pillow alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
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
        kind: `video`, `cover`, `audio`, `subtitle`, `attachment` or `data`.
        codec: FFmpeg's name of the codec, if it knows it.
        language: As the file states it; empty where it does not.
        title: The same.
        disposition: FFmpeg's flags, that of the default track left out.
        tick: The unit of its times, in seconds.
        times: Presentation time of each packet, in seconds.
    """

    kind: str
    codec: str | None
    language: str
    title: str
    disposition: int
    tick: Fraction
    times: list[Fraction] = field(default_factory=list)


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
    picture: dict[str, object]
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
        frames, times, errors = _decode(container, video, tracks)
        rate = video.average_rate or video.guessed_rate or Fraction(25)
        return VideoFacts(
            container=container.format.name,
            times=times,
            tick=video.time_base or 1 / rate,
            frame_s=1 / rate,
            errors=errors,
            duration_s=Fraction(container.duration, av.time_base) if container.duration else None,
            picture=_picture(video, frames[0]) if frames else {},
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
) -> tuple[list[av.VideoFrame], list[Fraction | None], int]:
    """Return the first frame, every frame's time and the number of errors; note the times of the tracks."""
    first: list[av.VideoFrame] = []
    times: list[Fraction | None] = []
    errors = 0
    packets = container.demux()
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                break
            if packet.stream is not video:
                known = packet.stream.index in tracks
                if known and packet.size and packet.pts is not None and packet.time_base is not None:
                    tracks[packet.stream.index].times.append(packet.pts * packet.time_base)
                continue
            frames = video.decode(packet)
        except av.error.FFmpegError:
            errors += 1
            if errors > len(times) + 1000:  # it goes round and round
                break
            continue
        for frame in frames:
            first = first or [frame]
            times.append(
                None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base
            )
    return first, times, errors


def _track(stream: Stream) -> Track:
    cover = stream.disposition & Disposition.attached_pic
    return Track(
        kind="cover" if cover else stream.type,
        codec=stream.codec_context.codec.canonical_name if stream.codec_context else None,
        language=_language(stream),
        title=stream.metadata.get("title", ""),
        disposition=int(stream.disposition) & _LASTING,
        tick=stream.time_base or Fraction(1, av.time_base),
    )


def _language(stream: Stream) -> str:
    language = stream.metadata.get("language", "")
    return "" if language == "und" else language


def _picture(video: av.VideoStream, frame: av.VideoFrame) -> dict[str, object]:
    context = video.codec_context
    aspect = video.sample_aspect_ratio or context.sample_aspect_ratio or Fraction(1)
    side_data: Any = frame.side_data  # typed as a dict of names, and is one of `SideDataType`
    matrix = side_data.get(SideDataType.DISPLAYMATRIX)
    bits = max(component.bits for component in frame.format.components)
    coloured = not (frame.format.is_rgb or frame.format.has_palette)
    return {
        "size": (frame.width, frame.height),
        "depth": bits,
        "subsampling": (64 // frame.format.chroma_width(64), 64 // frame.format.chroma_height(64)),
        "colours": "RGB" if not coloured else "YUV" if len(frame.format.components) > 2 else "grey",
        "range": int(context.color_range),
        "matrix": int(context.colorspace),
        "primaries": int(context.color_primaries),
        "transfer": int(context.color_trc),
        "aspect": aspect,
        "display matrix": None if matrix is None else bytes(matrix),
        "interlaced": frame.interlaced_frame,
    }
