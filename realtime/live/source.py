"""A live source: always the newest frame, through losses and changes of size."""

from __future__ import annotations

import ctypes
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from types import TracebackType

from ..errors import InputError, LostInputError
from ..frames.conversion import converted, upright
from ..frames.picture import has_direct_layout
from .address import without_secrets
from .capture import Capture, open_capture
from .clock import SourceClock
from .frame import LiveFrame
from .mailbox import Mailbox
from .options import CaptureOptions
from .sound import Sound
from .stats import LiveStats

log = logging.getLogger(__name__)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0
_INTERVALS = 30
# Pieces of sound that wait to be taken, some ten seconds of them; those of whoever takes none are dropped.
_MOST_SOUND = 500
_TAKE_S = 0.5
_CLOSE_S = 1.0


class LiveSource:
    """Captures in a thread of its own and keeps the newest frame, for one thread to take.

    When the source is lost it is opened again, after pauses that grow to ten seconds, until it is back or the
    source is closed. One that was live and is then all there, as a playlist that was completed, has ended.

    Attributes:
        name: The address, without what is secret in it.
    """

    def __init__(self, name: str, connect: Callable[[], Capture], *, stats: LiveStats | None = None) -> None:
        """Open the source; `open_source` is the usual way.

        A signal that raises an exception, such as Ctrl-C, ends it at once, even if the connection hangs.

        Args:
            name: What to call it in messages.
            connect: Opens a connection, in the source's thread; called again whenever one is lost.
            stats: Where to count.

        Raises:
            InputError: The source cannot be opened.
        """
        self.name = name
        self._connect = connect
        self._stats = stats or LiveStats()
        self._mailbox: Mailbox[tuple[int, LiveFrame]] = Mailbox()
        self._sound: deque[Sound] = deque(maxlen=_MOST_SOUND)
        self._streams = self._taken_stream = 0  # counted, because the first frame of one may be dropped
        self._opened: Future[None] = Future()
        self._closing = threading.Event()
        self._error: BaseException | None = None
        self._pause_s = _FIRST_PAUSE_S  # before the next attempt to get it back
        self._lost_s: float | None = None  # since when no frame comes
        self._clock = SourceClock()
        self._arrivals: deque[float] = deque(maxlen=_INTERVALS + 1)
        self._thread = threading.Thread(target=self._run, name=f"capture {name}", daemon=True)
        self._thread.start()
        try:
            self._opened.result()
        except BaseException:
            self._closing.set()
            raise

    def __enter__(self) -> LiveSource:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def __iter__(self) -> Iterator[LiveFrame]:
        """Yield the newest frame, again and again, until the source ends or is closed.

        Raises:
            InputError: The source cannot be used any more.
        """
        while not self.ended:
            frame = self.take(_TAKE_S)
            if frame is not None:
                yield frame

    @property
    def interval_s(self) -> float | None:
        """Time between two frames of late, in seconds; None before it is known."""
        arrivals = tuple(self._arrivals)
        return (arrivals[-1] - arrivals[0]) / _INTERVALS if len(arrivals) > _INTERVALS else None

    @property
    def ended(self) -> bool:
        """Whether no frame will come any more."""
        return self._mailbox.closed and self._error is None

    def take(self, timeout_s: float) -> LiveFrame | None:
        """Wait for a frame newer than the last one taken; None if there is none in time.

        Raises:
            InputError: The source cannot be used any more.
        """
        item = self._mailbox.take(timeout_s)
        if item is None:
            if self._error is not None:
                raise self._error
            return None
        stream, frame = item
        is_first, self._taken_stream = stream != self._taken_stream, stream
        return replace(frame, is_first=is_first)

    def take_sound(self) -> list[Sound]:
        """Return all sound since the last call, its times by the clock of the frames."""
        return [self._sound.popleft() for _ in range(len(self._sound))]

    def close(self) -> None:
        """Stop capturing; may be called again.

        A connection that hangs is left to its thread, which ends when the connection times out; so is a file
        whose next frame is not due yet.
        """
        self._closing.set()
        self._mailbox.close()
        self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        capture: Capture | None
        try:
            capture = self._connect()
        except BaseException as exc:  # noqa: BLE001 - it is raised in the thread that opens the source
            self._opened.set_exception(exc)
            return
        self._opened.set_result(None)
        try:
            while capture is not None:
                try:
                    self._deliver(capture)
                    return
                except LostInputError as exc:
                    self._lose(exc)
                finally:
                    capture.close()
                    give_back_memory()
                capture = self._connect_again(was_live=capture.is_live)
        except BaseException as exc:  # noqa: BLE001 - it is raised in the thread that takes the frames
            self._error = exc
        finally:
            self._mailbox.close()

    def _deliver(self, capture: Capture) -> None:
        """Put the frames of one connection into the mailbox until it ends."""
        self._arrivals.clear()
        self._clock.reconnect()
        size_wh: tuple[int, int] | None = None
        while not self._closing.is_set():
            video = capture.read()
            if video is None:
                return
            if isinstance(video, Sound):
                heard_s = self._clock.time_of_sound(video.time_s)
                if heard_s is not None:
                    self._sound.append(replace(video, time_s=heard_s))
                continue
            now = time.perf_counter()
            if self._lost_s is not None:
                log.warning("%s is back after %.1f seconds", self.name, now - self._lost_s)
                self._stats.source_back()
                self._lost_s, self._pause_s = None, _FIRST_PAUSE_S
            self._arrivals.append(now)
            time_s = self._clock.time_of_frame(video.time, now)
            if size_wh != (video.width, video.height):
                self._streams += 1
            size_wh = (video.width, video.height)
            video = upright(video)
            if not has_direct_layout(video):
                video = converted(video, "yuv420p", size_wh)
            frame = LiveFrame(video=video, captured_s=now, time_s=time_s, is_first=False, sound=capture.sound)
            self._stats.frame_captured(dropped=self._mailbox.put((self._streams, frame)))

    def _lose(self, error: LostInputError) -> None:
        """Note that a connection broke.

        Raises:
            InputError: It was the first one, and gave no frame.
        """
        if not self._streams:
            raise InputError(f"{self.name} gives no picture; see whether another player shows one") from error
        if self._lost_s is None:
            log.warning("%s; trying to get it back", error)
            self._stats.source_lost()
            self._lost_s = time.perf_counter()

    def _connect_again(self, *, was_live: bool) -> Capture | None:
        """Open the source again, however long it takes; None if it is closed meanwhile, or has ended."""
        while not self._closing.wait(self._pause_s):
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
            try:
                capture = self._connect()
            except InputError as exc:
                log.debug("%s", exc)
                continue
            if capture.is_live or not was_live:
                return capture
            capture.close()  # it would show once more what was shown live
            log.info("%s has ended", self.name)
            return None
        return None


def give_back_memory() -> None:
    """Return to the system what is free, where the C library can.

    Each connection decodes in threads of its own, and glibc keeps what threads have freed for the next ones,
    in as many places as there were threads at once: through hundreds of connections, tens of megabytes.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(ctypes.c_size_t(0))


def open_source(
    address: str | int | os.PathLike[str],
    options: CaptureOptions | None = None,
    *,
    stats: LiveStats | None = None,
) -> LiveSource:
    """Open a camera, a stream, a test picture or a file.

    Args:
        address: `0` or `/dev/video0` for a camera, whose number will do; `csi://0`, `rtsp://…`, `http://…`,
            `lavfi:GRAPH`, or the path of a video, which is shown at its pace.
        options: How to open it.
        stats: Where to count frames and losses.

    Raises:
        InputError: It cannot be opened; the message names it without passwords.
    """
    place = str(address) if isinstance(address, int) else os.fspath(address)
    options = options or CaptureOptions()
    return LiveSource(without_secrets(place), lambda: open_capture(place, options), stats=stats)
