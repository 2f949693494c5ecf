"""The newest frame, for every client at its own pace."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from ..frame import EnhancedFrame
from .encoding import jpeg_of

_ENCODERS = 2  # one for each half of a pair


class NumberedFrame:
    """A frame and its number, from 1 on, with the pictures that anybody asked for."""

    def __init__(self, number: int, frame: EnhancedFrame, encoders: ThreadPoolExecutor) -> None:
        self.number = number
        self.frame = frame
        self._encoders = encoders
        self._pictures: dict[tuple[str, int], asyncio.Future[bytes]] = {}

    async def jpegs(self, long_side: int, *, with_original: bool) -> tuple[bytes, bytes]:
        """Return the frame enhanced, and as it was or nothing instead; encoded once for all who ask."""
        enhanced = self._picture("enhanced", long_side)
        original = self._picture("original", long_side) if with_original else None
        return await asyncio.shield(enhanced), await asyncio.shield(original) if original else b""

    def _picture(self, which: str, long_side: int) -> asyncio.Future[bytes]:
        key = (which, long_side)
        if key not in self._pictures:
            video = self.frame.enhanced if which == "enhanced" else self.frame.original
            loop = asyncio.get_running_loop()
            self._pictures[key] = loop.run_in_executor(self._encoders, jpeg_of, video, long_side)
        return self._pictures[key]


class Feed:
    """Holds the newest frame alone, and wakes who waits for it. It is encoded when a client is ready for it.

    `publish` and `end` are for any thread, the rest for the thread of the event loop.
    """

    def __init__(self) -> None:
        self.newest: NumberedFrame | None = None
        self.ended = False
        self.held: dict[object, NumberedFrame] = {}  # by who holds it
        self._waiting: set[asyncio.Event] = set()
        self._nobody_waits = threading.Event()
        self._nobody_waits.set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._encoders = ThreadPoolExecutor(_ENCODERS, thread_name_prefix="preview")

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say in which event loop the clients wait."""
        self._loop = loop

    def publish(self, frame: EnhancedFrame) -> None:
        """Make a frame the newest."""
        number = self.newest.number + 1 if self.newest else 1
        self.newest = NumberedFrame(number, frame, self._encoders)
        if self._waiting:
            self._wake_from_outside()

    def frame(self, number: int | None) -> NumberedFrame | None:
        """Return the frame of a number if somebody holds it, and else the newest."""
        return next((held for held in self.held.values() if held.number == number), self.newest)

    def end(self, patience_s: float) -> None:
        """Say that no frame will come any more, and give the clients time to tell their pages."""
        self.ended = True
        self._wake_from_outside()
        self._nobody_waits.wait(patience_s)

    def wake(self) -> None:
        """Wake all who wait, for a frame or for other news."""
        for event in self._waiting:
            event.set()

    @contextmanager
    def waiting(self) -> Iterator[asyncio.Event]:
        """Give an event that is set at every frame, as long as the body runs."""
        event = asyncio.Event()
        self._waiting.add(event)
        self._nobody_waits.clear()
        try:
            yield event
        finally:
            self._waiting.discard(event)
            if not self._waiting:
                self._nobody_waits.set()

    @property
    def clients(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def _wake_from_outside(self) -> None:
        if self._loop:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self.wake)

    def close(self) -> None:
        """Stop the encoders."""
        self._encoders.shutdown(wait=False, cancel_futures=True)
