"""Connections of a live source that follow a script."""

from __future__ import annotations

from realtime.errors import LostInputError
from realtime.live.capture import Capture

from ...contract.fake_capture import FakeCapture


class Connections:
    """Hands out captures one after the other; refuses those that are errors."""

    def __init__(self, *captures: FakeCapture | Exception) -> None:
        self.captures = captures
        self._next = iter(captures)

    def __call__(self) -> Capture:
        capture = next(self._next)
        if isinstance(capture, Exception):
            raise capture
        return capture


def lost() -> LostInputError:
    return LostInputError("fake: it broke off")
