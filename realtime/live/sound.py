"""Sound of a live source, in pieces that any thread may have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import av
import numpy as np
import numpy.typing as npt
from av.stream import Stream

_LAYOUTS = {1: "mono", 2: "stereo"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFormat:
    """What all pieces of one connection have in common.

    Attributes:
        rate: Samples a second.
        channels: 1, or 2 of what has more.
    """

    rate: int
    channels: int

    @property
    def layout(self) -> str:
        """FFmpeg's name of the channels."""
        return _LAYOUTS[self.channels]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A piece of sound, some hundredths of a second long.

    Attributes:
        samples: (N, channels) int16. Read only.
        format: What they mean.
        time_s: When the first sample is heard, by the clock that the frames beside it go by.
    """

    samples: npt.NDArray[np.int16]
    format: SoundFormat
    time_s: float


class SoundDecoder:
    """Turns the packets of one stream into pieces. Sound that cannot be decoded is left out.

    Attributes:
        format: That of all pieces.
    """

    def __init__(self, stream: av.AudioStream) -> None:
        context = stream.codec_context
        self.stream = stream
        self.format = SoundFormat(rate=context.sample_rate, channels=min(context.channels, 2))
        self._resampler = av.AudioResampler("s16", self.format.layout, self.format.rate)

    def pieces(self, packet: av.Packet[Stream]) -> Iterator[Sound]:
        """Decode a packet; times are those of the stream."""
        try:
            frames = [
                piece
                for frame in self.stream.codec_context.decode(packet)
                if frame.time is not None
                for piece in self._resampler.resample(frame)
            ]
        except (av.error.FFmpegError, ValueError):  # ValueError: it is of another kind all at once
            return
        for frame in frames:
            if frame.time is not None:
                samples = cast("npt.NDArray[np.int16]", frame.to_ndarray())  # packed: one row
                samples = samples.reshape(-1, self.format.channels)
                yield Sound(samples=samples, format=self.format, time_s=frame.time)


def find_sound(container: av.container.InputContainer, video: av.VideoStream) -> SoundDecoder | None:
    """Return what decodes the sound that belongs to a video; None if there is none, or none is known of."""
    stream = container.streams.best("audio", related=video)
    if not isinstance(stream, av.AudioStream) or stream.codec_context is None:
        return None
    context = stream.codec_context
    return SoundDecoder(stream) if context.sample_rate and context.channels else None
