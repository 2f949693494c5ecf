"""Containers: open one for reading without surprises, and know how others are written, and what they hold."""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import lru_cache
from math import lcm
from pathlib import Path

import av
from av.codec.context import CodecContext
from av.stream import Disposition, Stream

from ..errors import InputError, OutputError
from ..frames.gpu_frames import GpuContext
from ..suffixes import MUXERS
from .hwaccel import on_gpu
from .movie_tags import QUICKTIME_LANGUAGES, needs_keys

# The most pixels of a frame, somewhat more than 8K; more would fill the memory before the first frame is out.
MOST_PIXELS = 1 << 26

# Demuxers that open what a file names: playlists, manifests, session descriptions, and files beside the file.
_NAMING_OTHERS = {
    "concat", "concatf", "dash", "hls", "imf", "lavfi", "mlv", "rtp", "rtsp", "sap", "sdp", "vobsub",
    "webm_dash_manifest",
}  # fmt: skip

# In the order in which they are advised.
_ADVISED = (".mkv", ".mp4", ".mov", ".webm", ".ts")

# The video codecs that players expect in each; Matroska holds all.
VIDEO_CODECS = {
    "mp4": {"h264", "hevc", "av1", "vp9"},
    "mov": {"h264", "hevc", "prores"},
    "3gp": {"h264"},
    "webm": {"vp9", "av1"},
    "mpegts": {"h264", "hevc"},
}

# What players find in a transport stream; FFmpeg would put anything in.
_TRANSPORT_STREAM_CODECS = {
    "h264", "hevc", "mpeg2video", "aac", "ac3", "eac3", "dts", "truehd", "mp2", "mp3", "opus",
    "dvb_subtitle", "dvb_teletext", "hdmv_pgs_subtitle", "klv", "scte_35",
}  # fmt: skip
# What those of Blu-ray discs and camcorders, whose packets have a clock before them, hold besides.
_BLU_RAY_SUFFIXES = (".m2ts", ".mts")
_BLU_RAY_CODECS = {"pcm_bluray"}

MOV_MUXERS = ("mp4", "mov", "3gp")
_MOST_MOVIE_UNITS = 2**31 - 1  # a second, a limit of the file format

# The usual arrangement of so many channels.
USUAL_LAYOUTS = {
    1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1",
}  # fmt: skip


def open_input(path: Path, *, gpu: GpuContext | None = None) -> av.container.InputContainer:
    """Open a file, and that file alone.

    Nothing that the file names is opened: no addresses, no lists, no patterns, no files beside it.

    Args:
        path: The file.
        gpu: Makes the CUDA context current in which NVDEC is to decode what it can; None to decode in
            software.

    Raises:
        InputError: It cannot be read, or is none that is read.
    """
    if path.exists() and not path.is_file():
        raise InputError(f"{path} is not a file; give a video")
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": _readable_formats(),
        "pattern_type": "none",  # of image files: a '%d' in a name is a name
        "max_pixels": str(MOST_PIXELS),
    }
    try:
        # The prefix keeps a name like "http:x.mp4" a name.
        with on_gpu(gpu) as hwaccel:
            return av.open(f"file:{path}", options=options, metadata_errors="replace", hwaccel=hwaccel)
    except FileNotFoundError as exc:
        raise InputError(f"{path} does not exist; check the name") from exc
    except PermissionError as exc:
        raise InputError(f"{path} cannot be read (permission denied); check its access rights") from exc
    except (av.error.FFmpegError, ValueError, OSError) as exc:
        if path.stat().st_size == 0:
            reason = "the file is empty"
        elif _is_playlist(path):
            reason = "it is a list of other files; give those"
        else:
            reason = getattr(exc, "strerror", None) or str(exc)
        raise InputError(f"{path} is not a video that can be read ({reason})") from exc


def muxer_of(path: Path) -> str:
    """Return FFmpeg's name of the muxer for a file's suffix.

    Raises:
        OutputError: Files of that kind are not written.
    """
    muxer = MUXERS.get(path.suffix.lower())
    if not path.suffix:
        raise OutputError(
            f"the output's name has no suffix; add one of {' '.join(_ADVISED)}, or a / if it is a folder"
        )
    if muxer is None:
        raise OutputError(f"files named '{path.suffix}' are not written; use {' '.join(_ADVISED)}")
    return muxer


def muxer_options(muxer: str, suffix: str, sources: Iterable[Stream], tags: Iterable[str]) -> dict[str, str]:
    """Choose the options of a muxer.

    Transport streams of camcorders have a clock before each packet, others none. The index of an MP4 file
    goes in front, so that players and browsers start at once. The start of each track is stored in units of
    the movie: milliseconds by default, which would move sound against picture, so one is chosen that fits all
    tracks.

    Args:
        muxer: FFmpeg's name of it.
        suffix: The suffix of the file.
        sources: What the tracks are made from.
        tags: The names of the file's tags.
    """
    if muxer == "mpegts":
        return {"mpegts_m2ts_mode": str(int(suffix.lower() in _BLU_RAY_SUFFIXES))}
    if muxer not in MOV_MUXERS:
        return {}
    units = lcm(*(source.time_base.denominator for source in sources if source.time_base))
    keys = "+use_metadata_tags" if needs_keys(muxer, tags) else ""
    return {"movflags": f"+faststart{keys}"} | (
        {"movie_timescale": str(units)} if units <= _MOST_MOVIE_UNITS else {}
    )


def can_hold(suffix: str, stream: Stream) -> bool:
    """Whether packets of a stream can be stored as they are in a file of such a name; its muxer is asked."""
    suffix = suffix.lower()
    muxer = MUXERS[suffix]
    if stream.type == "attachment" and muxer != "matroska":
        return False
    if is_cover(stream) and muxer != "mp4":  # Matroska holds them as attachments, others as nothing
        return False
    if muxer == "mpegts":
        held = _TRANSPORT_STREAM_CODECS | (_BLU_RAY_CODECS if suffix in _BLU_RAY_SUFFIXES else set())
        if codec_name(stream) not in held:
            return False
    try:
        with av.open(io.BytesIO(), "w", format=muxer) as trial:
            add_copy(trial, stream)
            trial.start_encoding()
    except (av.error.FFmpegError, ValueError):
        return False
    return True


def container_for(stream: Stream) -> str | None:
    """Return the suffix of the first of the usual containers that can hold a stream."""
    return next((suffix for suffix in _ADVISED if can_hold(suffix, stream)), None)


def add_copy(container: av.container.OutputContainer, source: Stream) -> Stream:
    """Add a track for packets of a stream as they are."""
    track = container.add_stream_from_template(source, opaque=True)
    if isinstance(track, av.AudioStream) and track.codec_context is not None:
        context = track.codec_context
        if context.layout.name.endswith("channels"):  # nothing more is known, and MP4 files must say more
            context.layout = USUAL_LAYOUTS.get(context.channels, context.layout)
    track.metadata.update(track_tags(container, source))
    track.disposition = source.disposition
    return track


def write_header(container: av.container.OutputContainer) -> None:
    """Write the header, so that what cannot work fails before the work.

    Raises:
        OutputError: The container cannot hold the tracks.
    """
    try:
        container.start_encoding()
    except av.error.FFmpegError as exc:
        raise OutputError(
            f"this file format cannot hold these tracks ({exc.strerror}); write a .mkv file"
        ) from exc


def track_tags(container: av.container.OutputContainer, source: Stream) -> dict[str, str]:
    """Return the tags of a track, as a container stores them."""
    muxer, tags = container.format.name, dict(source.metadata)
    if "title" in tags and muxer in MOV_MUXERS:  # many programs show the name of the handler as the title
        tags["handler_name"] = tags["title"]
    if "language" in tags and muxer == "mov":
        tags["language"] = QUICKTIME_LANGUAGES.get(tags["language"], tags["language"])
    return tags


def codec_name(stream: Stream) -> str | None:
    """Return FFmpeg's name of a stream's codec, or None if it knows none."""
    context: CodecContext | None = stream.codec_context  # typed as if every codec were known
    name: str | None = context.codec.canonical_name if context else getattr(stream, "name", None)
    return name


def is_cover(stream: Stream) -> bool:
    """Whether a video stream is a picture of the whole file rather than a video."""
    return bool(stream.disposition & Disposition.attached_pic)


@lru_cache(maxsize=1)
def _readable_formats() -> str:
    return ",".join(sorted(av.formats_available - _NAMING_OTHERS))


def _is_playlist(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(64).lstrip()
    return head.startswith((b"#EXTM3U", b"ffconcat", b"<?xml", b"<MPD", b"v=0"))
