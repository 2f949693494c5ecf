"""A live source that delivers frames by itself."""

from __future__ import annotations

import time

from realtime.live.capture import Capture
from realtime.live.session import LiveSession
from realtime.live.source import LiveSource

from ...contract.fake_capture import FakeCapture, grey_frame


class PacedCapture(FakeCapture):
    """Delivers a frame every few milliseconds."""

    def read(self):
        time.sleep(0.004)
        return super().read()


def paced_source(session: LiveSession, frames: int, *, level: int = 60) -> LiveSource:
    def connect() -> Capture:
        return PacedCapture([grey_frame(level, time_s=index / 250) for index in range(frames)])

    return LiveSource("fake", connect, stats=session.stats)
