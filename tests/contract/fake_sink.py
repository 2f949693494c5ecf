"""A sink that keeps what it was shown, and fails when a test says so."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from realtime.live.frame import EnhancedFrame
from realtime.live.sound import Sound


class FakeSink:
    """Keeps every frame.

    Attributes:
        name: What it was called.
        frames: What it was shown, in order.
        closed: Whether it was closed.
        gate: Cleared by a test to make it block.
    """

    def __init__(self, name: str = "fake://", *, errors: Mapping[int, Exception] | None = None) -> None:
        self.name = name
        self.frames: list[EnhancedFrame] = []
        self.closed = False
        self.gate = threading.Event()
        self.gate.set()
        self._errors = errors or {}
        self._calls = 0

    def show(self, frame: EnhancedFrame) -> None:
        """Keep a frame, or raise the error set for this call."""
        self.gate.wait()
        self._calls += 1
        if self._calls in self._errors:
            raise self._errors[self._calls]
        self.frames.append(frame)

    def close(self) -> None:
        """Note that it was called."""
        self.closed = True


class FakeSoundSink(FakeSink):
    """Keeps sound, too.

    Attributes:
        sounds: What it heard, in order.
    """

    def __init__(self, name: str = "fake://", *, errors: Mapping[int, Exception] | None = None) -> None:
        super().__init__(name, errors=errors)
        self.sounds: list[Sound] = []

    def hear(self, sound: Sound) -> None:
        """Keep a piece."""
        assert self.frames, "sound comes after the first frame"
        self.sounds.append(sound)
