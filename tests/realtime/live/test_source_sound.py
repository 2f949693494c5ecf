"""Sound of a live source goes by the clock of its frames."""

from __future__ import annotations

import av
import numpy as np
import pytest

from realtime.live.options import CaptureOptions
from realtime.live.pacing import Pacer
from realtime.live.source import LiveSource, open_source
from realtime.live.synthetic import SyntheticCapture

from ...contract.fake_capture import SOUND, FakeCapture, grey_frame, piece_of_sound
from .connections import Connections, lost
from .waiting import PATIENCE_S, wait_until


def test_sound_goes_by_the_clock_of_the_frames() -> None:
    script = [
        piece_of_sound(99.9),  # before anything was to be seen
        *(
            step
            for index in range(10)
            for step in (grey_frame(time_s=100 + index / 25), piece_of_sound(100 + index / 25))
        ),
    ]
    with LiveSource("fake", Connections(FakeCapture(script, sound=SOUND))) as source:
        *_, frame = source
        sounds = source.take_sound()
        assert source.take_sound() == []
    assert frame.sound == SOUND
    assert len(sounds) == 10
    assert sounds[-1].time_s == frame.time_s
    assert np.diff([sound.time_s for sound in sounds]) == pytest.approx(1 / 25)


def test_after_a_loss_sound_and_frames_still_belong_together() -> None:
    connections = Connections(
        FakeCapture([grey_frame(time_s=100.0), lost()]),
        FakeCapture([grey_frame(time_s=3.0), piece_of_sound(3.0)], sound=SOUND),
    )
    with LiveSource("fake", connections) as source:
        frames = list(source)
        (sound,) = source.take_sound()
    assert frames[-1].sound == SOUND
    assert sound.time_s == frames[-1].time_s


def test_time_goes_on_at_its_pace_when_the_clock_goes_back_a_little() -> None:
    frames = [grey_frame(time_s=100 + index / 25) for index in range(50)]
    with LiveSource("fake", Connections(FakeCapture([*frames, *frames]))) as source:
        *_, last = source
    assert last.time_s == pytest.approx(2 * 49 / 25, abs=0.5)


def test_sound_of_a_clock_set_anew_waits_for_the_frame_that_tells_the_time() -> None:
    script = [
        grey_frame(time_s=0.0),
        piece_of_sound(0.0),
        *(piece_of_sound(3600 + index / 100) for index in range(10)),
        grey_frame(time_s=3600.1),
        piece_of_sound(0.01),  # what was left of the old clock
        piece_of_sound(3600.1),
    ]
    with LiveSource("fake", Connections(FakeCapture(script, sound=SOUND))) as source:
        *_, frame = source
        first, second = source.take_sound()
    assert first.time_s == pytest.approx(0.0, abs=1)
    assert second.time_s == pytest.approx(frame.time_s, abs=1e-3)
    assert frame.time_s < 1


def test_sound_between_frames_that_are_far_apart_is_kept() -> None:
    script = [grey_frame(time_s=0.0), *(piece_of_sound(index / 10) for index in range(90))]
    with LiveSource("fake", Connections(FakeCapture(script, sound=SOUND))) as source:
        list(source)
        assert len(source.take_sound()) == 90


def test_sound_that_nobody_takes_does_not_pile_up() -> None:
    script = [grey_frame(time_s=0.0), *(piece_of_sound(index / 100) for index in range(3000))]
    with LiveSource("fake", Connections(FakeCapture(script, sound=SOUND))) as source:
        list(source)
        sounds = source.take_sound()
    assert len(sounds) == 500
    assert sounds[-1].time_s - sounds[0].time_s == pytest.approx(4.99)


@pytest.mark.parametrize(
    ("picture_s", "sound", "heard_s"),
    [
        (0.2, "sine", 0.2),  # which never ends
        (0.2, "sine=duration=0.5", 0.5),
        (0.5, "sine=duration=0.2", 0.2),
    ],
)
def test_a_test_picture_ends_whatever_the_sound_does(picture_s: float, sound: str, heard_s: float) -> None:
    with open_source(f"lavfi:testsrc2=size=64x48:duration={picture_s}[out0];{sound}[out1]") as source:
        last = source.take(PATIENCE_S)
        wait_until(lambda: source.take(0.05) is None and source.ended)
        sounds = source.take_sound()
    assert last is not None
    assert sum(len(piece.samples) / 44_100 for piece in sounds) == pytest.approx(heard_s, abs=0.05)


def test_pictures_are_waited_for_as_long_as_they_are_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pacer, "wait_for", lambda *_: None)
    capture = SyntheticCapture("testsrc2=size=64x48:rate=1/20:duration=60[out0];sine[out1]", CaptureOptions())
    items = list(iter(capture.read, None))
    capture.close()
    assert sum(isinstance(item, av.VideoFrame) for item in items) == 3
