"""Run a sink in a thread of its own, so that a slow or a dead one holds up nothing else."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress

from ..errors import LostOutputError
from .frame import EnhancedFrame
from .mailbox import Mailbox
from .sink import InteractiveSink, Sink, SoundSink
from .sound import Sound
from .stats import LiveStats

log = logging.getLogger(__name__)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0
_TAKE_S = 0.1
_MOST_SOUND = 500  # pieces that wait for a sink, some ten seconds of them
_CLOSE_S = 15.0


class Outlet:
    """Hands a sink the newest frame, again and again.

    Attributes:
        name: The sink's.
        error: What ended it before it was closed, if anything did; or why it could show nothing at all.
    """

    def __init__(self, sink: Sink, stats: LiveStats) -> None:
        self.name = sink.name
        self.error: BaseException | None = None
        self._sink = sink
        self._stats = stats
        self._mailbox: Mailbox[EnhancedFrame] = Mailbox()
        self._sound: deque[Sound] = deque(maxlen=_MOST_SOUND)
        self._closing = threading.Event()
        self._pause_s = 0.0  # after the latest loss; 0 while all is well
        self._never_there: LostOutputError | None = None  # why nothing was shown so far
        self._has_shown = False
        stats.add_sink(self.name)
        self._thread = threading.Thread(target=self._run, name=f"sink {self.name}", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it still takes frames."""
        return self._thread.is_alive() and self.error is None

    def offer(self, frame: EnhancedFrame) -> None:
        """Leave a frame for the sink; never waits."""
        if self._mailbox.put(frame):
            self._stats.frame_missed(self.name)

    def offer_sound(self, sound: Iterable[Sound]) -> None:
        """Leave sound for the sink, if it keeps any; never waits."""
        if isinstance(self._sink, SoundSink):
            self._sound.extend(sound)

    def close(self) -> None:
        """Let the sink show the last frame and finish; may be called again."""
        self._mailbox.close()
        self._closing.set()
        self._thread.join(_CLOSE_S)
        if self._thread.is_alive():
            log.warning("%s does not finish and is left behind", self.name)

    def _run(self) -> None:
        try:
            while not self._mailbox.closed:
                frame = self._mailbox.take(_TAKE_S)
                if frame is not None:
                    self._show(frame)
                elif isinstance(self._sink, InteractiveSink):
                    self._sink.idle()
            self._hear_the_last()
        except BaseException as exc:  # noqa: BLE001 - the pipeline looks at it
            self.error = exc
            if not self._closing.is_set() and len(self._stats.snapshot().sinks) > 1:
                log.warning("%s; this output has ended", exc)
        try:
            self._sink.close()
        except BaseException as exc:  # noqa: BLE001 - the same
            self.error = self.error or exc
        self.error = self.error or self._never_there

    def _show(self, frame: EnhancedFrame) -> None:
        try:
            self._sink.show(frame)
            self._hear()
        except LostOutputError as exc:
            if not self._pause_s:
                log.warning("%s; trying again", exc)
            self._stats.frame_missed(self.name)
            self._never_there = None if self._has_shown else exc
            self._pause_s = min(max(_FIRST_PAUSE_S, 2 * self._pause_s), _LONGEST_PAUSE_S)
            self._closing.wait(self._pause_s)
            return
        if self._pause_s:
            log.warning("%s is back", self.name)
            self._pause_s = 0.0
        self._has_shown, self._never_there = True, None
        self._stats.frame_shown(self.name, time.perf_counter() - frame.captured_s)

    def _hear_the_last(self) -> None:
        """Hand over the sound that came after the last frame, unless that was never shown."""
        if self._has_shown and not self._pause_s:
            with suppress(LostOutputError):  # as at the last frame, it is too late to try again
                self._hear()

    def _hear(self) -> None:
        """Hand over the sound that came until now."""
        if isinstance(self._sink, SoundSink):
            for _ in range(len(self._sound)):
                self._sink.hear(self._sound.popleft())
