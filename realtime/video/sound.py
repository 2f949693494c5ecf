"""Sound that a container cannot hold as it is, encoded anew."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
from av.stream import Stream

from .containers import track_tags

# Without loss where the container has such a codec that players know.
_CODECS = {
    "matroska": "flac",
    "webm": "libopus",
    "mp4": "aac",
    "mov": "aac",
    "3gp": "aac",
    "mpegts": "aac",
}
_RATES = {
    "libopus": (48_000,),
    "aac": (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
}
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
GAP_S = 0.1  # less is how coarsely the container counts
# Of encoders that lose: for music, and for rates that carry speech alone.
BIT_RATE, LOW_BIT_RATE = 192_000, 48_000


def encoder_rate(codec: str, rate: int) -> int:
    """Return the samples a second that an encoder takes in place of these: as many, or the next more."""
    rates = _RATES.get(codec, (rate,))
    return next((each for each in rates if each >= rate), rates[-1])


class SoundTrack:
    """One track of an output, made from the packets of one stream.

    Attributes:
        codec: What it is encoded with.
    """

    def __init__(self, output: av.container.OutputContainer, source: av.AudioStream) -> None:
        """Add the track.

        Raises:
            ValueError: The sound is of a kind that cannot be encoded for this container.
        """
        context = source.codec_context
        if not context.sample_rate or not context.channels:
            raise ValueError("its rate or channels are not known")
        self.codec = _CODECS[output.format.name]
        rate = encoder_rate(self.codec, context.sample_rate)
        layout = _LAYOUTS.get(context.channels, "stereo")
        self._source = source
        self._expected: int | None = None  # when the next frame begins, in samples of the source
        track = output.add_stream(self.codec, rate=rate, layout=layout)
        assert isinstance(track, av.AudioStream)
        if self.codec != "flac":
            track.bit_rate = BIT_RATE if rate >= 32_000 else LOW_BIT_RATE
        track.metadata.update(track_tags(output, source))
        track.disposition = source.disposition
        self._track = track

    def encoded(self, packet: av.Packet[Stream] | None, origin: Fraction) -> Iterator[av.Packet[Stream]]:
        """Decode a packet and encode what came of it; None for what is left.

        Sound that cannot be decoded is left out: silence takes its place, since the times of the rest stay.
        """
        try:
            frames = self._source.codec_context.decode(packet)
        except av.error.FFmpegError:
            frames = []
        for frame in frames:
            self._set_time(frame, origin)
            yield from self._track.encode(frame)
        if packet is None:
            yield from self._track.encode(None)

    def _set_time(self, frame: av.AudioFrame, origin: Fraction) -> None:
        """Count samples, so that times are exact; after a gap, go on at the time that is stored."""
        rate = frame.sample_rate
        begin = self._expected
        if frame.pts is not None and frame.time_base:
            stored = round((frame.pts * frame.time_base - origin) * rate)
            if begin is None or stored - begin > GAP_S * rate:
                begin = stored
        frame.pts, frame.time_base = begin or 0, Fraction(1, rate)
        self._expected = frame.pts + frame.samples
