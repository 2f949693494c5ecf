"""Encode the frames of a live run, each with its own time, and the sound beside them."""

from __future__ import annotations

from fractions import Fraction

import av
from av.stream import Stream

from ..frames.conversion import converted, has_rgb_samples
from ..frames.picture import copy_of
from ..video.encoding import Encoding
from .fitting import Fitter
from .frame import EnhancedFrame
from .sound import Sound
from .sound_track import SoundTrack

_TIME_BASE = Fraction(1, 90000)
# For rate control, and the header of Matroska: converters drop frames of what has more than it tells.
_USUAL_FPS, _MOST_FPS = Fraction(30), 240
_COLOUR_TAGS = ("color_range", "colorspace", "color_primaries", "color_trc")


class LiveEncoder:
    """The tracks of a container: video, fitted into the size of its first frame, and sound, if any."""

    def __init__(
        self, container: av.container.OutputContainer, encoding: Encoding, first: EnhancedFrame
    ) -> None:
        """Add the tracks and write the header.

        Args:
            container: Just opened for writing.
            encoding: How to encode.
            first: A frame, for its size, colours and sound; times are counted from the first that is encoded.
        """
        video = encodable(first.enhanced)
        stream = container.add_stream(
            encoding.encoder, rate=_nominal_fps(first.enhanced), options=encoding.options
        )
        assert isinstance(stream, av.VideoStream)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = video.width, video.height, encoding.inner_format
        context.time_base = stream.time_base = _TIME_BASE
        context.max_b_frames = 0  # MP4 in pieces has no place for what is decoded before the beginning
        for tag in _COLOUR_TAGS:
            setattr(context, tag, getattr(video, tag))
        self._encoding = encoding
        self._fitter = Fitter((video.width, video.height))
        self._stream = stream
        self._begin_s: float | None = None
        self._sound = SoundTrack(container, first.sound) if first.sound else None
        container.start_encoding()

    def encode(self, frame: EnhancedFrame) -> list[av.Packet[Stream]]:
        """Encode a frame; return the packets that are ready."""
        video = self._fitter.fitted(
            encodable(frame.enhanced),
            self._encoding.inner_format,
            limited_range=self._encoding.limited_range,
        )
        if video is frame.enhanced:
            video = copy_of(video)  # other sinks have it, too
        if self._begin_s is None:
            self._begin_s = frame.time_s
        video.pict_type = 0  # the encoder is to choose for itself
        video.time_base = _TIME_BASE
        video.pts = round((frame.time_s - self._begin_s) / _TIME_BASE)
        return list(self._stream.encode(video))

    def encode_sound(self, sound: Sound) -> list[av.Packet[Stream]]:
        """Encode a piece of sound; return the packets that are ready, none if there is no track for it."""
        if self._sound is None or self._begin_s is None:
            return []
        return self._sound.encode(sound, sound.time_s - self._begin_s)

    def finish(self) -> list[av.Packet[Stream]]:
        """Return the packets that the encoders still held."""
        return [*self._stream.encode(None), *(self._sound.finish() if self._sound else [])]


def _nominal_fps(video: av.VideoFrame) -> Fraction:
    """Return how many frames a second a stream is meant to have, by how long this one is shown."""
    if not video.time_base or not video.duration:
        return _USUAL_FPS
    fps = 1 / Fraction(video.duration * video.time_base)
    return fps if 1 <= fps <= _MOST_FPS else _USUAL_FPS


def encodable(video: av.VideoFrame) -> av.VideoFrame:
    """Return a frame as YUV: 4:2:0 of one that is RGB, because that plays everywhere."""
    return converted(video, "yuv420p", (video.width, video.height)) if has_rgb_samples(video) else video
