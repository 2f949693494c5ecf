"""Test pictures from FFmpeg's filters, in real time: a source that anybody has."""

from __future__ import annotations

from collections.abc import Iterator

import av

from ..errors import InputError
from .options import CaptureOptions
from .pacing import Pacer
from .sound import Sound, find_sound

# After so much sound without a picture there will be none; the sound may go on for ever.
_PICTURE_ENDED_S = 10.0


class SyntheticCapture:
    """Frames of a filter graph such as `testsrc2=size=1280x720:rate=30`; see `Capture`.

    It may have sound as its second output, which may go on for ever: `testsrc2[out0];sine[out1]`.
    """

    is_live = False

    def __init__(self, graph: str, options: CaptureOptions) -> None:
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
        self._video = self._container.streams.video[0]
        self._sound = find_sound(self._container, self._video) if options.sound else None
        self.sound = self._sound.format if self._sound else None
        self._frames = self._decoded()
        self._pacer = Pacer()

    def read(self) -> av.VideoFrame | Sound | None:
        """Wait until the next frame is due; see `Capture`."""
        frame = next(self._frames, None)
        if isinstance(frame, av.VideoFrame):
            self._pacer.wait_for(frame.time or 0.0)
        return frame

    def close(self) -> None:
        """Free the graph; may be called again."""
        self._container.close()

    def _decoded(self) -> Iterator[av.VideoFrame | Sound]:
        ahead: list[Sound] = []  # of the next picture
        ahead_s = 0.0  # so much of it comes after the picture before
        for packet in self._container.demux([self._video, *([self._sound.stream] if self._sound else [])]):
            duration_s = float((packet.duration or 0) * (packet.time_base or 0))
            if self._sound and packet.stream is self._sound.stream:
                ahead += self._sound.pieces(packet)
                ahead_s += duration_s
                if ahead_s > _PICTURE_ENDED_S:
                    return
            else:
                yield from ahead
                ahead.clear()
                ahead_s = -duration_s
                yield from self._video.codec_context.decode(packet)
        yield from ahead
