"""Sound goes to the sinks that keep it, whole and no longer than their frames."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from realtime.errors import LostOutputError
from realtime.live import outlet as outlet_module
from realtime.live.capture import Capture
from realtime.live.frame import EnhancedFrame
from realtime.live.pipeline import run_live
from realtime.live.session import LiveSession
from realtime.live.sound import Sound
from realtime.live.source import LiveSource

from ...contract.fake_capture import SOUND, FakeCapture, grey_frame, piece_of_sound
from ...contract.fake_enhancer import FakeEnhancer
from ...contract.fake_sink import FakeSink, FakeSoundSink
from .paced_source import PacedCapture
from .waiting import wait_until


def test_sound_reaches_the_sinks_that_keep_it_whole_though_frames_are_dropped() -> None:
    session, mute, keeper = LiveSession(), FakeSink("mute"), FakeSoundSink("keeper")

    def connect() -> Capture:
        times = [index / 250 for index in range(100)]
        script = [step for time in times for step in (piece_of_sound(time), grey_frame(time_s=time))]
        return PacedCapture(script, sound=SOUND)

    with LiveSource("fake", connect, stats=session.stats) as source:
        run_live(source, FakeEnhancer(), [mute, keeper], session)
    assert mute.frames
    assert keeper.frames[0].sound == SOUND
    times = [sound.time_s for sound in keeper.sounds]
    # The first one was before any frame, and the last may come after the last frame.
    assert 97 <= len(times) <= 99
    assert np.diff(times) == pytest.approx(1 / 250)


def test_sound_that_comes_after_the_last_frame_is_heard() -> None:
    class LateCapture(FakeCapture):
        def read(self):
            step = super().read()
            assert not isinstance(step, Sound) or is_shown.wait(60)
            return step

    def update() -> None:
        """Let the sound come when the frame was shown, and the source end before the pipeline looks again."""
        if keeper.frames:
            is_shown.set()
            wait_until(lambda: source.ended)

    session, keeper, is_shown = LiveSession(), FakeSoundSink(), threading.Event()
    script = [grey_frame(time_s=0.0), *(piece_of_sound(index / 100) for index in range(50))]
    capture = LateCapture(script, sound=SOUND)
    with LiveSource("fake", lambda: capture, stats=session.stats) as source:
        run_live(source, FakeEnhancer(), [keeper], session, update=update)
    assert len(keeper.sounds) == 50


def test_sound_without_any_frame_is_not_heard() -> None:
    outlet = outlet_module.Outlet(keeper := FakeSoundSink(), LiveSession().stats)
    outlet.offer_sound([piece_of_sound(0.0)])
    outlet.close()
    assert (keeper.sounds, outlet.error) == ([], None)


def test_sound_goes_to_no_sink_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet_module, "_FIRST_PAUSE_S", 0.001)
    session, sink = LiveSession(), FakeSoundSink(errors={2: LostOutputError("fake: away")})
    outlet = outlet_module.Outlet(sink, session.stats)
    frame = EnhancedFrame(original=grey_frame(), enhanced=grey_frame(), captured_s=0.0, time_s=0.0)
    for shown, missed in ((1, 0), (1, 1)):
        outlet.offer(frame)
        wait_until(lambda want=(shown, missed): figures(session) == want)
    outlet.offer_sound([piece_of_sound(0.0)])
    outlet.close()
    assert sink.sounds == []
    assert outlet.error is None


def figures(session: LiveSession) -> tuple[int, int]:
    """Return how many frames the sink was shown, and how many it missed."""
    counts = session.stats.snapshot().sinks["fake://"]
    return counts.shown, counts.dropped


def test_what_a_lost_sink_did_not_hear_does_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet_module, "_MOST_SOUND", 10)
    monkeypatch.setattr(outlet_module, "_FIRST_PAUSE_S", 0.2)
    session, sink = LiveSession(), FakeSoundSink(errors={1: LostOutputError("fake: away")})
    outlet = outlet_module.Outlet(sink, session.stats)
    frame = EnhancedFrame(original=grey_frame(), enhanced=grey_frame(), captured_s=0.0, time_s=0.0)
    outlet.offer(frame)
    wait_until(lambda: session.stats.snapshot().sinks["fake://"].dropped)
    outlet.offer_sound([piece_of_sound(index / 100) for index in range(50)])
    outlet.offer(frame)
    outlet.close()
    assert [sound.time_s for sound in sink.sounds] == [index / 100 for index in range(40, 50)]
