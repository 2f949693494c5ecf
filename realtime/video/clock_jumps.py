"""Undo jumps of the clock of broadcast streams: time goes on from one part of a recording to the next."""

from __future__ import annotations

from fractions import Fraction

import av
from av.stream import Stream

# The clocks of these start anywhere, wrap around, and start anew where recordings were joined.
_BROADCAST = ("mpegts", "mpeg")

_MOST_BACK_S, _MOST_FORTH_S = 0.2, 10.0


class ClockJumps:
    """Follows the decoding times of one file's packets."""

    def __init__(self, format_name: str) -> None:
        self._follows = format_name in _BROADCAST
        self._offset = Fraction(0)  # in seconds
        self._expected: dict[Stream, Fraction] = {}

    def smooth(self, packet: av.Packet[Stream]) -> None:
        """Move a packet's times by all jumps so far; where its own jumps, all that follow move too."""
        if not self._follows or packet.dts is None or packet.time_base is None:
            return
        base, stream = packet.time_base, packet.stream
        time = packet.dts * base + self._offset
        if stream.type in ("video", "audio"):
            expected = self._expected.get(stream, time)
            if not -_MOST_BACK_S <= time - expected <= _MOST_FORTH_S:
                self._offset += expected - time
                time = expected
            self._expected[stream] = time + (packet.duration or 0) * base
        if self._offset:
            ticks = round(self._offset / base)
            packet.dts += ticks
            if packet.pts is not None:
                packet.pts += ticks
