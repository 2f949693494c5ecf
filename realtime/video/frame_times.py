"""When each frame is shown: what the file says where it says it, and the nearest that fits elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import av

# Frames at the start that are kept until one has a time. A decoder holds no more back.
_MOST_UNTIMED = 16
# So much of a frame must be missing to count: the second field of an interlaced one may have its own time.
_MISSING_FRAMES = 0.75
# Packets up to this many bytes say that nothing changed (packed MPEG-4 in AVI files).
_EMPTY_PACKET = 8


class FrameTimes:
    """Gives the decoded frames of a video strictly increasing times.

    Args:
        video: The stream.
        only_dts: Whether the container stores no presentation times, as AVI does not.
    """

    def __init__(self, video: av.VideoStream, *, only_dts: bool) -> None:
        self._video = video
        self._only_dts = only_dts
        self._untimed: list[av.VideoFrame] = []
        self._last: int | None = None
        self._newest: int | None = None  # of the packets given to the decoder
        self._early_dts: list[int] = []  # of the packets until the first frame came out
        self._delay: int | None = None

    @property
    def began(self) -> bool:
        """Whether there was a frame."""
        return self._last is not None or bool(self._untimed)

    def see(self, packet: av.Packet[av.VideoStream]) -> None:
        """Note a packet that goes to the decoder."""
        if self._delay is None and packet.dts is not None:
            self._early_dts.append(packet.dts)
        ticks = packet.dts if self._only_dts else packet.pts
        if ticks is not None and packet.size > _EMPTY_PACKET and not packet.is_discard:
            self._newest = ticks if self._newest is None else max(self._newest, ticks)

    def timed(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """Set the time of a frame; yield what is ready."""
        if self._only_dts:
            frame.pts = self._pts_from_dts(frame)
        if self._last is None and frame.pts is None and len(self._untimed) < _MOST_UNTIMED:
            self._untimed.append(frame)
            return
        yield from self.rest(before=frame.pts)
        step = frame.duration or self._frame_ticks()
        if frame.pts is None:
            frame.pts = 0 if self._last is None else self._last + step
        elif self._last is not None and frame.pts <= self._last:
            frame.pts = self._last + 1
        self._last = frame.pts
        yield frame

    def rest(self, before: int | None = None) -> Iterator[av.VideoFrame]:
        """Yield frames that wait for a time, evenly spaced: up to a time, or from 0 on."""
        step = self._frame_ticks()
        start = 0 if before is None else before - step * len(self._untimed)
        for index, frame in enumerate(self._untimed):
            frame.pts = self._last = start + index * step
            yield frame
        self._untimed = []

    def are_missing(self) -> bool:
        """Whether packets at the end gave no frames; asked after the last frame."""
        if self._last is None or self._newest is None:
            return False
        return self._newest - self._last > _MISSING_FRAMES * self._frame_ticks()

    def _pts_from_dts(self, frame: av.VideoFrame) -> int | None:
        """Return when a frame is shown, from when its decoding began: so many frames later for all.

        What is missing between the first packets is no part of the delay.
        """
        if frame.dts is None or not self._early_dts:
            return None
        if self._delay is None:
            before = sum(dts < frame.dts for dts in self._early_dts)
            self._delay = before * self._frame_ticks()
        return frame.dts - self._delay

    def _frame_ticks(self) -> int:
        rate, time_base = self._video.average_rate, self._video.time_base
        return max(1, round(1 / (rate * time_base))) if rate and time_base else 1
