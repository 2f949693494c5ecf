"""The key frames of a file, as they go by: from where on to decode, for a frame to come out as before."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import av

# More frames than are ever under way in the decoder and behind it.
_MOST = 256


class KeyFrame(NamedTuple):
    """A packet that decoding may begin with: presentation and decoding time, in ticks."""

    pts: int
    dts: int


class KeyFrames:
    """The latest key frames. One thread adds to them, others may ask."""

    def __init__(self) -> None:
        self._latest: deque[KeyFrame] = deque(maxlen=_MOST)

    def add(self, packet: av.Packet[av.VideoStream]) -> KeyFrame | None:
        """Note a packet that went by; return it if it is a key frame that is known by its times."""
        if not packet.is_keyframe or packet.pts is None or packet.dts is None:
            return None
        self._latest.append(KeyFrame(packet.pts, packet.dts))
        return self._latest[-1]

    def before(self, pts: int) -> KeyFrame | None:
        """Return the last but one before a frame, or None if that is not known.

        The last one might not do: decoders take a while to learn how frames are ordered.

        Args:
            pts: When the frame is shown, in ticks; not long before what went by.
        """
        before = [key for key in tuple(self._latest) if key.pts <= pts]
        return before[-2] if len(before) > 1 else None

    def __contains__(self, key: object) -> bool:
        return key in self._latest
