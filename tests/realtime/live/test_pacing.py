"""Frames wait until they are due, by a clock of the test's own."""

from __future__ import annotations

import pytest

from realtime.live import pacing
from realtime.live.pacing import Pacer


class Clock:
    """Stands in for the module `time`; nobody waits.

    Attributes:
        now_s: What it shows.
    """

    def __init__(self) -> None:
        self.now_s = 1000.0

    def perf_counter(self) -> float:
        return self.now_s

    def sleep(self, duration_s: float) -> None:
        self.now_s += duration_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pacing, "time", clock)
    return clock


def delivered(pacer: Pacer, clock: Clock, *times_s: float) -> list[float]:
    """Return when each of some frames is delivered, counted from the first one."""
    moments = []
    for time_s in times_s:
        pacer.wait_for(time_s)
        moments.append(clock.now_s)
    return [moment - moments[0] for moment in moments]


def test_frames_are_delivered_when_they_are_due_however_far_apart(clock: Clock) -> None:
    times_s = [5.0, 5.04, 5.08, 14.0, 53.0]
    assert delivered(Pacer(), clock, *times_s) == pytest.approx([time_s - 5 for time_s in times_s])


def test_a_clock_that_jumps_ahead_is_not_waited_for(clock: Clock) -> None:
    assert delivered(Pacer(), clock, 0.0, 3600.0, 3600.5) == pytest.approx([0.0, 0.0, 0.5])
    assert delivered(Pacer(most_ahead_s=2.0), clock, 0.0, 9.0, 9.5) == pytest.approx([0.0, 0.0, 0.5])


def test_a_clock_that_goes_back_is_followed_from_there(clock: Clock) -> None:
    assert delivered(Pacer(), clock, 10.0, 11.0, 10.0, 11.0) == pytest.approx([0.0, 1.0, 1.0, 2.0])


def test_times_that_are_counted_coarsely_add_no_delay(clock: Clock) -> None:
    assert delivered(Pacer(), clock, 0.0, 1.0, 0.9, 2.0) == pytest.approx([0.0, 1.0, 1.0, 2.0])


def test_who_is_a_little_late_catches_up_and_who_is_very_late_does_not(clock: Clock) -> None:
    pacer = Pacer()
    pacer.wait_for(0.0)
    clock.now_s += 1.5
    assert delivered(pacer, clock, 1.0, 2.0) == pytest.approx([0.0, 0.5])
    clock.now_s += 5.0
    assert delivered(pacer, clock, 3.0, 4.0) == pytest.approx([0.0, 1.0])
