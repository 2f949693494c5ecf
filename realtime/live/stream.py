"""Frames of a network stream: RTSP cameras, HTTP streams, playlists and files."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import av

from ..errors import InputError, LostInputError
from .address import without_secrets
from .pacing import Pacer

log = logging.getLogger(__name__)

# Nothing but these, so that no playlist opens a file of this machine.
_PROTOCOLS = "rtsp,rtsps,rtp,srtp,udp,http,https,httpproxy,tcp,tls,crypto,data"
_OPTIONS = {
    "protocol_whitelist": _PROTOCOLS,
    "analyzeduration": "1000000",  # µs, at most, until the first frame
    "rtsp_flags": "prefer_tcp",  # whole frames rather than smeared ones; UDP where TCP is refused
}
# These come in pieces of seconds at once, to be shown at their pace.
_IN_PIECES = ("hls", "dash")
# A packet that took so long was waited for: what came before it is all decoded.
_WAITED_S = 0.002
# Without waiting for so long, the decoder is behind, and leaves out all but key frames until it is not.
_BEHIND_S = 1.0


class StreamCapture:
    """The video of one connection; see `Capture`."""

    def __init__(self, address: str, *, timeout_s: float) -> None:
        """Connect, and find the video.

        Args:
            address: May hold a user and a password; they are in no message.
            timeout_s: Silence after which the connection counts as lost.

        Raises:
            InputError: There is no answer, or no video in it.
        """
        self.name = without_secrets(address)
        self._timeout_s = timeout_s
        micros = str(round(1e6 * timeout_s))
        options = _OPTIONS | {"timeout": micros}
        try:
            self._container = av.open(address, options=options, timeout=timeout_s, metadata_errors="replace")
        except (av.error.FFmpegError, OSError) as exc:
            raise InputError(f"{self.name} cannot be opened ({_reason(exc)}); {_advice(exc)}") from None
        except ValueError:
            raise InputError(f"{self.name} is not an address; check how it is written") from None
        if not self._container.streams.video or self._container.streams.video[0].codec_context is None:
            self._container.close()
            raise InputError(f"{self.name} has no video that can be decoded; give the address of a video")
        self._video = self._container.streams.video[0]
        self._video.codec_context.thread_type = "SLICE"  # threads by frame would each add a frame's delay
        in_pieces = self._container.format.name in _IN_PIECES
        self._is_live = not self._container.duration or in_pieces
        self._pacer = Pacer() if in_pieces or not self._is_live else None
        self._frames = self._decoded()

    def read(self) -> av.VideoFrame | None:
        """Wait for the next frame; see `Capture`."""
        try:
            frame = next(self._frames, None)
        except (av.error.FFmpegError, OSError) as exc:
            raise LostInputError(f"{self.name} was lost ({_reason(exc)})") from None
        if frame is None:
            if self._is_live:
                raise LostInputError(f"{self.name} was lost (the stream ended)")
            return None
        if self._pacer is not None and frame.time is not None:
            self._pacer.wait_for(frame.time)
        return frame

    def close(self) -> None:
        """Hang up; may be called again."""
        self._container.close()

    def _decoded(self) -> Iterator[av.VideoFrame]:
        context = self._video.codec_context
        packets = self._container.demux(self._video)
        waited_s = time.perf_counter()
        while True:
            start = time.perf_counter()
            packet = next(packets, None)
            if packet is None:
                return
            now = time.perf_counter()
            if now - start > _WAITED_S or self._pacer is not None:
                waited_s = now
            if now - waited_s > _BEHIND_S:
                context.skip_frame = "NONKEY"
            elif packet.is_keyframe:
                context.skip_frame = "DEFAULT"
            try:
                yield from context.decode(packet)
            except av.error.InvalidDataError as exc:
                log.debug("%s: %s", self.name, exc.strerror)  # a damaged packet; the next key frame mends it


def _reason(error: Exception) -> str:
    if isinstance(error, av.error.ExitError | TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or type(error).__name__


def _advice(error: Exception) -> str:
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError | PermissionError):
        return "give the right user and password: scheme://USER:PASSWORD@host/…"
    if isinstance(error, av.error.HTTPNotFoundError):
        return "check the path"
    return "check the address, and that it is switched on"
