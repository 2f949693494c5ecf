"""The clock of a live source goes on through clocks that are set anew, missing timestamps and losses."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from realtime.live import clock as clock_module
from realtime.live.clock import SourceClock

BEGAN_S = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SourceClock:
    monkeypatch.setattr(clock_module, "time", SimpleNamespace(perf_counter=lambda: BEGAN_S))
    return SourceClock()


def times(clock: SourceClock, *frames: tuple[float | None, float]) -> list[float]:
    """Return the times of frames, given by their timestamps and when each came after the beginning."""
    return [round(clock.time_of_frame(stamp_s, BEGAN_S + came_s), 6) for stamp_s, came_s in frames]


def test_the_first_frame_is_of_when_it_came_and_others_go_by_their_timestamps(clock: SourceClock) -> None:
    assert times(clock, (70.0, 0.5), (70.04, 0.7), (70.08, 0.7)) == [0.5, 0.54, 0.58]


def test_frames_without_timestamps_are_of_when_they_came(clock: SourceClock) -> None:
    assert times(clock, (None, 0.5), (None, 0.53)) == [0.5, 0.53]


def test_no_frame_is_of_the_time_of_another(clock: SourceClock) -> None:
    assert times(clock, (0.0, 0.0), (0.0, 0.0), (-0.1, 0.1)) == [0.0, 0.0001, 0.0002]


@pytest.mark.parametrize("stamp_s", [75.6, 69.7, 3.0, 90_000.0])
def test_a_clock_that_is_set_anew_is_followed_from_there(clock: SourceClock, stamp_s: float) -> None:
    assert times(clock, (70.0, 0.0), (stamp_s, 0.5), (stamp_s + 0.04, 0.5)) == [0.0, 0.5, 0.54]


def test_a_frame_keeps_its_time_however_late_it_comes_up_to_five_seconds(clock: SourceClock) -> None:
    assert times(clock, (70.0, 0.0), (70.04, 4.9), (70.08, 5.2)) == [0.0, 0.04, 5.2]


def test_timestamps_of_another_connection_begin_anew_and_never_before_the_last(clock: SourceClock) -> None:
    assert times(clock, (70.0, 0.0), (73.0, 0.1)) == [0.0, 3.0]
    clock.reconnect()
    assert clock.time_of_sound(73.1) is None
    assert times(clock, (70.0, 1.0), (70.04, 1.0)) == [3.0001, 3.0401]


def test_sound_is_of_the_time_of_the_frames(clock: SourceClock) -> None:
    assert clock.time_of_sound(70.0) is None, "before a frame has told the time"
    times(clock, (70.0, 0.5))
    assert clock.time_of_sound(70.1) == pytest.approx(0.6)


def test_sound_may_run_ahead_of_the_frames_step_by_step_but_not_jump(clock: SourceClock) -> None:
    times(clock, (70.0, 0.0))
    assert [clock.time_of_sound(70 + step) for step in (4.0, 8.0, 14.0, 12.0)] == [4.0, 8.0, None, 12.0]
