"""Encode the sound of a live run beside its video."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.stream import Stream

from ..video.sound import BIT_RATE, LOW_BIT_RATE, encoder_rate
from .sound import Sound, SoundFormat

# A time that is less off than this is that of the next sample, coarsely counted.
_EXACT_S = 0.04
# A longer silence is left out: the track goes on at a later time.
_LONGEST_SILENCE_S = 10.0


class SoundTrack:
    """One track of a container, from the first frame on; where sound is missing, there is silence.

    What comes in another format than the first is left out.
    """

    def __init__(self, container: av.container.OutputContainer, sound: SoundFormat) -> None:
        """Add the track, before the header is written.

        Args:
            container: Just opened for writing.
            sound: What is going to come.
        """
        codec = "libopus" if container.format.name == "webm" else "aac"
        rate = encoder_rate(codec, sound.rate)
        track = container.add_stream(codec, rate=rate, layout=sound.layout)
        assert isinstance(track, av.AudioStream)
        track.bit_rate = BIT_RATE if rate >= 32_000 else LOW_BIT_RATE
        self._track = track
        self._format = sound
        self._next = 0  # where the next sample belongs, counted from the beginning

    def encode(self, sound: Sound, time_s: float) -> list[av.Packet[Stream]]:
        """Encode a piece; return the packets that are ready.

        Args:
            sound: The piece.
            time_s: When it is heard, counted from the first frame; what is before that is left out.
        """
        if sound.format != self._format:
            return []
        rate, samples = self._format.rate, sound.samples
        gap = round(time_s * rate) - self._next
        if self._next and abs(gap) <= _EXACT_S * rate:
            gap = 0
        if gap < 0:
            samples = samples[-gap:]
        elif gap > _LONGEST_SILENCE_S * rate:
            self._next += gap
        elif gap:
            samples = np.concatenate([np.zeros((gap, self._format.channels), np.int16), samples])
        if not len(samples):
            return []
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), "s16", self._format.layout)
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), self._next
        self._next += len(samples)
        return [packet for packet in self._track.encode(frame) if _is_heard(packet)]

    def finish(self) -> list[av.Packet[Stream]]:
        """Return the packets that the encoder still held."""
        return list(self._track.encode(None))


def _is_heard(packet: av.Packet[Stream]) -> bool:
    """Whether a packet is more than what encoders put before the beginning.

    Receivers of RTSP take the first packet of each track to belong to the same time.
    """
    return packet.pts is None or packet.pts + (packet.duration or 0) > 0
