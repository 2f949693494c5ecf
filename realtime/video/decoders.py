"""Which video of a file is decoded, by what, and from when on its time counts."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.stream import Stream

from ..errors import InputError
from .containers import MOST_PIXELS, is_cover

# Formats that count from the beginning of the film.
_FROM_ZERO = ("mov", "matroska")
# FFmpeg's own decoders of these ignore the transparency that is stored beside the picture.
_DECODERS_OF_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


def choose_video(path: Path, container: av.container.InputContainer) -> av.VideoStream:
    """Return the first video stream that is not a cover picture."""
    streams = [stream for stream in container.streams.video if not is_cover(stream)]
    if not streams:
        what = "only sound" if container.streams.audio else "no video"
        raise InputError(f"{path} holds {what}; give a file with a video track")
    known = [stream for stream in streams if stream.codec_context is not None]
    if not known:
        raise InputError(f"the video codec of {path} is unknown to this FFmpeg; convert the file first")
    width, height = known[0].codec_context.width, known[0].codec_context.height
    if width * height > MOST_PIXELS:
        raise InputError(
            f"{path} is {width}×{height} pixels, and at most {MOST_PIXELS >> 20} million are handled; "
            f"make it smaller first"
        )
    return known[0]


def open_decoder(video: av.VideoStream, *, whole_threads: bool) -> av.VideoCodecContext:
    """Return the decoder of a stream: its own, or the one that knows transparency.

    Args:
        video: The stream.
        whole_threads: Have each thread decode whole frames, where the codec allows: what they have not
            finished when one meets an error is lost, and a decoder on a GPU has no use for them.
    """
    context = video.codec_context
    name = _DECODERS_OF_ALPHA.get(context.name)
    if name is not None and video.metadata.get("alpha_mode") == "1":
        context = cast("av.VideoCodecContext", av.CodecContext.create(name, "r"))
    context.options = {"max_pixels": str(MOST_PIXELS)}
    context.thread_type = "AUTO" if whole_threads else "SLICE"
    return context


def counts_from_zero(container: av.container.InputContainer) -> bool:
    """Whether the times in a file are those since its beginning, rather than those of some clock."""
    return any(name in container.format.name for name in _FROM_ZERO)


def origin_of(container: av.container.InputContainer, streams: list[Stream]) -> Fraction:
    """Return when a file begins by its own clock, in seconds."""
    if counts_from_zero(container):
        return Fraction(0)
    starts = [s.start_time * s.time_base for s in streams if s.start_time is not None and s.time_base]
    return min(starts, default=Fraction(0))
