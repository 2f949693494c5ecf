"""Publish a live run to an RTSP server, such as a media server of the local network."""

from __future__ import annotations

import sys

from ..conversion import converted
from ..errors import LostOutputError
from .address import without_secrets
from .child import Child, ChildGoneError
from .frame import EnhancedFrame
from .publisher import HEADER

_COMMAND = (sys.executable, "-m", f"{__package__}.publisher")


class PublishingSink:
    """Sends H.264 over RTSP, from a process of its own; see `Sink` and `publisher.py`.

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
        try:
            if self._child is None:
                self._child = Child(_COMMAND)
                self._child.send(f"{self._address}\n".encode())  # not an argument, which others could read
                self._size_wh = size_wh
            header = HEADER.pack(*size_wh, int(video.colorspace), int(video.color_range), frame.time_s)
            self._child.send(header, video.to_ndarray().data)
            self._child.answer()
        except ChildGoneError as exc:
            self.close()
            raise LostOutputError(str(exc)) from None

    def close(self) -> None:
        """Hang up; may be called again."""
        if self._child is not None:
            self._child.close()
        self._child = None
        self._size_wh = (0, 0)
