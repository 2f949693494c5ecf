"""Test pictures from FFmpeg's filters, in real time: a source that anybody has."""

from __future__ import annotations

import av

from ..errors import InputError
from .pacing import Pacer


class SyntheticCapture:
    """Frames of a filter graph such as `testsrc2=size=1280x720:rate=30`; see `Capture`."""

    def __init__(self, graph: str) -> None:
        """Set up the graph.

        Raises:
            InputError: It is not a graph with a picture at its end.
        """
        try:
            self._container = av.open(graph, format="lavfi")
        except (av.error.FFmpegError, ValueError) as exc:
            raise InputError(
                f"lavfi:{graph} is not a filter graph ({getattr(exc, 'strerror', exc)}); "
                "try lavfi:testsrc2=size=1280x720:rate=30"
            ) from exc
        if not self._container.streams.video:
            self._container.close()
            raise InputError(f"lavfi:{graph} gives no picture; try lavfi:testsrc2=size=1280x720:rate=30")
        self._frames = self._container.decode(self._container.streams.video[0])
        self._pacer = Pacer()

    def read(self) -> av.VideoFrame | None:
        """Wait until the next frame is due; see `Capture`."""
        frame = next(self._frames, None)
        if frame is not None:
            self._pacer.wait_for(frame.time or 0.0)
        return frame

    def close(self) -> None:
        """Free the graph; may be called again."""
        self._container.close()
