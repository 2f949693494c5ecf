"""Publish a live run to an RTSP server, such as a media server of the local network."""

from __future__ import annotations

import sys

from ..errors import LostOutputError
from ..frames.conversion import converted
from .address import without_secrets
from .child import Child, ChildGoneError
from .frame import EnhancedFrame
from .publisher import FRAME, FRAME_HEADER, SOUND, SOUND_HEADER
from .sound import Sound

_COMMAND = (sys.executable, "-m", f"{__package__}.publisher")
_ANSWER_S = 8.0  # more than it takes to start, and to find that a server cannot be connected to


class PublishingSink:
    """Sends H.264 and AAC over RTSP, from a process of its own; see `SoundSink` and `publisher.py`.

    A server that is lost, or not there yet, is tried again. Frames of another size start a new stream.
    """

    def __init__(self, address: str) -> None:
        """Remember where to; the first frame connects."""
        self.name = without_secrets(address)
        self._address = address
        self._child: Child | None = None
        self._size_wh = (0, 0)

    def show(self, frame: EnhancedFrame) -> None:
        """Encode a frame and send it; see `Sink`."""
        video = frame.enhanced
        size_wh = (video.width // 2 * 2, video.height // 2 * 2)  # what 4:2:0 can be
        if size_wh != self._size_wh:
            self.close()  # what a server was told of the stream cannot be changed
        video = converted(video, "yuv420p", size_wh)
        address = b""
        if self._child is None:
            self._child, self._size_wh = Child(_COMMAND), size_wh
            address = f"{self._address}\n".encode()  # not an argument, which others could read
        tags = int(video.colorspace), int(video.color_range)
        sound = (frame.sound.rate, frame.sound.channels) if frame.sound else (0, 0)
        header = FRAME_HEADER.pack(*size_wh, *tags, *sound, frame.time_s)
        self._send(self._child, address, FRAME, header, video.to_ndarray().data)

    def hear(self, sound: Sound) -> None:
        """Encode a piece of sound and send it; see `SoundSink`."""
        if self._child is not None:
            length, channels = sound.samples.shape
            header = SOUND_HEADER.pack(length, sound.format.rate, channels, sound.time_s)
            self._send(self._child, SOUND, header, sound.samples.tobytes())

    def close(self) -> None:
        """Hang up; may be called again."""
        if self._child is not None:
            self._child.close()
        self._child = None
        self._size_wh = (0, 0)

    def _send(self, child: Child, *parts: bytes | memoryview) -> None:
        """Send a message, and wait until it is published."""
        try:
            child.send(*parts)
            child.answer(_ANSWER_S)
        except ChildGoneError as exc:
            self.close()
            raise LostOutputError(f"cannot publish to {self.name} ({exc})") from None
