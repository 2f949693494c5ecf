"""Frames of a network stream: RTSP cameras, HTTP streams, playlists and files."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import av
from av.stream import Discard

from ..errors import InputError, LostInputError
from ..frames.hdr import AsSdr
from ..video.containers import MOST_PIXELS, open_input
from .address import without_secrets
from .as_shown import AsShown
from .options import CaptureOptions
from .pacing import Pacer
from .sound import Sound, find_sound

log = logging.getLogger(__name__)

# Nothing but these, so that no playlist opens a file of this machine.
_PROTOCOLS = "rtsp,rtsps,rtp,srtp,rtmp,rtmps,udp,http,https,httpproxy,tcp,tls,crypto,data"
_OPTIONS = {
    "protocol_whitelist": _PROTOCOLS,
    "max_pixels": str(MOST_PIXELS),
    "analyzeduration": "1000000",  # µs, at most, until the first frame
    "rtsp_flags": "prefer_tcp",  # whole frames rather than smeared ones; UDP where TCP is refused
}
# These come in pieces of seconds at once, to be shown at their pace.
_IN_PIECES = ("hls", "dash")
# What is further ahead, live, comes after a gap, and is shown at once.
_MOST_AHEAD_S = 2.0
_NO_ANSWER = "no answer in time"
_NO_TIMESTAMPS = 0x80  # FFmpeg's flag of formats that hold none
# A packet that took so long was waited for: what came before it is all decoded.
_WAITED_S = 0.002
# Without waiting for so long, the decoder is behind, and leaves out all but key frames until it is not.
_BEHIND_S = 1.0


class StreamCapture:
    """The video and sound of one connection, or of a file at its pace; see `Capture`.

    Attributes:
        name: What to call it in messages.
        sound: What sound comes with the frames; None for none.
        is_live: Whether it is still being made: it does not tell how long it is.
    """

    def __init__(
        self,
        name: str,
        container: av.container.InputContainer,
        options: CaptureOptions,
        *,
        is_file: bool = False,
        open_again: Callable[[], av.container.InputContainer] | None = None,
    ) -> None:
        """Find the video in an open container, which it closes.

        Args:
            name: What to call it in messages.
            container: Just opened.
            options: Whether to make HDR SDR, rather than refuse it, and to take the sound.
            is_file: Whether it is all there, so that its end is no loss.
            open_again: Opens it once more, to see whether a playlist was completed.

        Raises:
            InputError: There is no video in it.
        """
        self.name = name
        self._container = container
        in_pieces = container.format.name in _IN_PIECES
        videos = [video for video in container.streams.video if video.codec_context is not None]
        if not videos:
            container.close()
            raise InputError(f"{name} has no video that can be decoded; give the address of a video")
        self._video = max(videos, key=_detail) if in_pieces else videos[0]
        self._sound = find_sound(container, self._video) if options.sound else None
        self._streams = [self._video, *([self._sound.stream] if self._sound else [])]
        self.sound = self._sound.format if self._sound else None
        self._video.codec_context.thread_type = "SLICE"  # threads by frame would each add a frame's delay
        if in_pieces:
            for stream in container.streams:
                if stream not in self._streams:
                    stream.discard = Discard.all  # so that it is not fetched
        self.is_live = not (container.duration or is_file)
        # Of JPEGs in a row, say, times are made up: only when they arrive says anything.
        self._is_untimed = self.is_live and bool(container.format.flags & _NO_TIMESTAMPS)
        self._pacer: Pacer | None = None
        if not self.is_live:
            self._pacer = Pacer()
        elif in_pieces:
            self._pacer = Pacer(most_ahead_s=_MOST_AHEAD_S)
        self._open_again = open_again if in_pieces else None
        self._as_sdr = AsSdr(name, tonemap=options.tonemap)
        self._as_shown = AsShown(self._video.sample_aspect_ratio)
        self._frames = self._decoded()

    def read(self) -> av.VideoFrame | Sound | None:
        """Wait for the next frame or piece of sound; see `Capture`."""
        try:
            frame = next(self._frames, None)
        except (av.error.FFmpegError, OSError) as exc:
            raise LostInputError(f"{self.name} was lost ({_reason(exc)})") from None
        if frame is None:
            if self.is_live and not self._is_completed():
                raise LostInputError(f"{self.name} was lost (the stream ended)")
            return None
        if isinstance(frame, Sound):
            return frame
        frame = self._as_shown.of(self._as_sdr.of(frame))
        if self._is_untimed:
            frame.pts = None
        if self._pacer is not None and frame.time is not None:
            self._pacer.wait_for(frame.time)
        return frame

    def close(self) -> None:
        """Hang up; may be called again."""
        self._container.close()

    def _is_completed(self) -> bool:
        """Whether what was live tells by now how long it is, so that nothing more will come."""
        if self._open_again is None:
            return False
        try:
            with self._open_again() as container:
                return bool(container.duration)
        except InputError:
            return False

    def _decoded(self) -> Iterator[av.VideoFrame | Sound]:
        context = self._video.codec_context
        packets = self._container.demux(self._streams)
        waited_s = time.perf_counter()
        while True:
            start = time.perf_counter()
            packet = next(packets, None)
            if packet is None:
                return
            now = time.perf_counter()
            if now - start > _WAITED_S or self._pacer is not None:
                waited_s = now
            if self._sound and packet.stream is self._sound.stream:
                yield from self._sound.pieces(packet)
                continue
            if now - waited_s > _BEHIND_S:
                context.skip_frame = "NONKEY"
            elif packet.is_keyframe:
                context.skip_frame = "DEFAULT"
            try:
                yield from context.decode(packet)
            except av.error.InvalidDataError as exc:
                log.debug("%s: %s", self.name, exc.strerror)  # a damaged packet; the next key frame mends it


def _detail(video: av.VideoStream) -> tuple[int, int]:
    """Return what is more the better a variant of a playlist is."""
    return video.width * video.height, int(video.metadata.get("variant_bitrate", 0))


def open_stream(address: str, options: CaptureOptions) -> StreamCapture:
    """Connect to an address, which may hold a user and a password; they are in no message.

    Raises:
        InputError: There is no answer, or no video in it.
    """
    name = without_secrets(address)
    open_again = partial(_open, name, address, options.timeout_s)
    return StreamCapture(name, open_again(), options, open_again=open_again)


def _open(name: str, address: str, timeout_s: float) -> av.container.InputContainer:
    settings = dict(_OPTIONS)
    if not address.lower().startswith("rtmp"):  # to which it would mean to wait for somebody that connects
        settings["timeout"] = str(round(1e6 * timeout_s))
    start = time.perf_counter()
    try:
        return av.open(address, options=settings, timeout=timeout_s, metadata_errors="replace")
    except (av.error.FFmpegError, OSError) as exc:
        is_late = time.perf_counter() - start >= timeout_s  # which some formats call invalid data
        reason = _NO_ANSWER if is_late else _reason(exc)
        raise InputError(f"{name} cannot be opened ({reason}); {_advice(exc)}") from None
    except ValueError:
        raise InputError(f"{name} is not an address; check how it is written") from None


def open_file(path: Path, options: CaptureOptions) -> StreamCapture:
    """Open a video file, to be shown at its pace.

    Raises:
        InputError: It cannot be read, or has no video.
    """
    return StreamCapture(str(path), open_input(path), options, is_file=True)


def _reason(error: Exception) -> str:
    if isinstance(error, av.error.ExitError | TimeoutError):
        return _NO_ANSWER
    return getattr(error, "strerror", None) or type(error).__name__


def _advice(error: Exception) -> str:
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError | PermissionError):
        return "give the right user and password: scheme://USER:PASSWORD@host/…"
    if isinstance(error, av.error.HTTPNotFoundError):
        return "check the path"
    return "check the address, and that it is switched on"
