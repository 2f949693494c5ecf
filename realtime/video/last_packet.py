"""The last packet of an MP4 track: its duration decides how long the track is said to be."""

from __future__ import annotations

import av
from av.stream import Stream


class LastPacket:
    """Holds back the latest packet of a track until it is known whether it is the last.

    MP4 files store for how long packets are decoded, not for how long frames are shown. Where frames are
    reordered and not evenly spaced, the sums differ, and the last packet makes up for it.
    """

    def __init__(self) -> None:
        self._held: av.Packet[Stream] | None = None
        self._first_dts: int | None = None
        self._shown_from: int | None = None
        self._shown_to: int | None = None

    def swapped(self, packet: av.Packet[Stream]) -> av.Packet[Stream] | None:
        """Take a packet, and return the one before."""
        if packet.pts is not None and packet.dts is not None:
            end = packet.pts + (packet.duration or 0)
            self._first_dts = packet.dts if self._first_dts is None else self._first_dts
            self._shown_from = packet.pts if self._shown_from is None else min(self._shown_from, packet.pts)
            self._shown_to = end if self._shown_to is None else max(self._shown_to, end)
        before, self._held = self._held, packet
        return before

    def with_duration(self) -> list[av.Packet[Stream]]:
        """Return the last packet, if there was any: as long as the whole track needs it."""
        last = self._held
        if last is None:
            return []
        if None not in (self._first_dts, self._shown_from, self._shown_to) and last.dts is not None:
            shown = self._shown_to - self._shown_from  # type: ignore[operator]
            last.duration = max(1, shown - (last.dts - self._first_dts))  # type: ignore[operator]
        return [last]
