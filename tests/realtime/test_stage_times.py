"""Stage times add up over the bodies measured, those that fail and other threads included."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from realtime.stage_times import StageTimes


class Clock:
    """A clock that advances by a second each time it is read."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1
        return self.seconds


@pytest.fixture(autouse=True)
def _steady_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.stage_times.time.perf_counter", Clock())


def test_the_mean_is_over_frames() -> None:
    times = StageTimes()
    for stage in ("decode", "encode", "decode"):
        with times.measure(stage):
            pass
    assert times.mean_ms(4) == {"decode": 500.0, "encode": 250.0}


def test_a_body_that_fails_is_counted() -> None:
    times = StageTimes()
    with pytest.raises(KeyError, match="broken"), times.measure("decode"):
        raise KeyError("broken")
    assert times.mean_ms(1) == {"decode": 1000.0}


def test_no_frames_are_no_error() -> None:
    assert StageTimes().mean_ms(0) == {}


def test_nothing_is_lost_between_threads() -> None:
    times = StageTimes()

    def measure_once(_: int) -> None:
        with times.measure("apply"):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(measure_once, range(1000)))
    assert times.mean_ms(1000)["apply"] >= 1000  # each took a second of the clock, or more


def test_clearing_forgets_what_was_measured() -> None:
    times = StageTimes()
    with times.measure("decode"):
        pass
    times.clear()
    assert times.mean_ms(1) == {}
