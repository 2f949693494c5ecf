"""When packets are decoded, from one segment to the next."""

from __future__ import annotations

from bisect import insort

import av
from av.stream import Stream

# Encoders reorder fewer frames than this.
_MOST_DELAY = 32


class DecodingTimes:
    """Gives the packets of later segments decoding times that go on from those of the first.

    An encoder that reorders frames decodes each packet when the frame so many places earlier is shown, and
    invents times for those that have none earlier. Where frames are not evenly spaced, such times may lie
    before the end of the segment before; and there, there are frames earlier.
    """

    def __init__(self) -> None:
        self._shown: list[int] = []  # when the frames are shown that no packet was given the time of
        self._first_pts: int | None = None
        self._delay = 0  # how many places earlier
        self._is_first = True
        self._follows = False

    def add_frame(self, pts: int) -> None:
        """Note a frame that goes to the encoder, in ticks."""
        if self._follows:
            self._follows = False
            self.begin_segment()
        self._shown.append(pts)
        if self._is_first:
            del self._shown[:-_MOST_DELAY]

    def set(self, packet: av.Packet[Stream]) -> None:
        """Set the time of the next packet of the encoder; in the first segment, learn from what it has."""
        if self._is_first:
            self._learn(packet)
        elif packet.pts is not None and self._shown:
            packet.dts = min(self._shown.pop(0), packet.pts)

    def begin_segment(self) -> None:
        """Note that another segment begins, with another encoder."""
        self._is_first = False
        self._shown = self._shown[len(self._shown) - self._delay :]

    def follow(self, packet: av.Packet[Stream]) -> None:
        """Note a packet of another run, of those before the first frame."""
        self._follows = True
        self._learn(packet)
        if packet.pts is not None:
            insort(self._shown, packet.pts)
            del self._shown[:-_MOST_DELAY]

    def _learn(self, packet: av.Packet[Stream]) -> None:
        """Count the packets with invented times."""
        if self._first_pts is None:
            self._first_pts = packet.pts
        if packet.dts is not None and self._first_pts is not None and packet.dts < self._first_pts:
            self._delay += 1
