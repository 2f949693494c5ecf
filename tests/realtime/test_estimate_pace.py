"""The network runs when it is due: by count, by what changed, or by the time there is."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from realtime.estimate_pace import EstimatePace
from realtime.options import EstimateEvery

FRAME_S = 1 / 25


class Clock:
    """A clock that stands still unless it is told to go on."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def light(level: float, shape: tuple[int, int] = (36, 64)) -> NDArray[np.float32]:
    return np.full(shape, level, np.float32)


def due(pace: EstimatePace, levels: Iterable[float], frame_s: float = FRAME_S) -> list[bool]:
    return [pace.is_due(light(level), index * frame_s) for index, level in enumerate(levels)]


def live(
    frame_interval_s: float, rest_s: float, estimate_s: float, every: EstimateEvery = "auto", frames: int = 60
) -> tuple[EstimatePace, list[bool]]:
    """Play a live source whose network and whose other work take so long."""
    clock = Clock()
    pace = EstimatePace(every, frame_interval_s, clock)
    ran = []
    for index in range(frames):
        with pace.frame():
            clock.now_s += rest_s / 2
            ran.append(pace.is_due(light(0.2), index * frame_interval_s))
            if ran[-1]:
                with pace.estimate():
                    clock.now_s += estimate_s
            clock.now_s += rest_s / 2
    return pace, ran


@pytest.mark.parametrize("every", [1, 2, 5])
def test_a_number_is_counted(every: int) -> None:
    assert due(EstimatePace(every, None), [0.2] * 11) == [index % every == 0 for index in range(11)]


def test_after_a_reset_counting_starts_again() -> None:
    pace = EstimatePace(3, None)
    assert due(pace, [0.2] * 2) == [True, False]
    pace.reset()
    assert due(pace, [0.2] * 4) == [True, False, False, True]


def test_auto_holds_an_estimate_of_a_picture_that_stands_still_for_a_fifth_of_a_second() -> None:
    frame_s = 1 / 32  # a power of two, so that the times are exact
    ran = due(EstimatePace("auto", None), [0.2] * 15, frame_s)
    assert np.flatnonzero(ran).tolist() == [0, 7, 14]


def test_auto_estimates_anew_when_2_percent_of_the_light_have_changed_since_the_last_estimate() -> None:
    # Each step is 0.9 % of 0.2 and the 0.02 that is added to it: the third makes it more than 2 %.
    levels = [0.2 + 0.002 * index for index in range(5)]
    assert due(EstimatePace("auto", None), levels) == [True, False, False, True, False]


def test_auto_estimates_anew_when_time_runs_backwards_or_the_size_changes() -> None:
    pace = EstimatePace("auto", None)
    assert pace.is_due(light(0.2), 5.0)
    assert pace.is_due(light(0.2), 4.0)
    assert not pace.is_due(light(0.2), 4.0)
    assert pace.is_due(light(0.2, (64, 36)), 4.0)


def test_auto_is_not_misled_by_noise_on_a_fine_grid() -> None:
    random = np.random.default_rng(1)
    pace = EstimatePace("auto", None)
    noisy = [random.normal(0.2, 0.01, (144, 256)).astype(np.float32) for _ in range(5)]
    assert [pace.is_due(luma, index * FRAME_S) for index, luma in enumerate(noisy)] == [True] + 4 * [False]


@given(levels=st.lists(st.floats(0, 1, width=32), max_size=20))
def test_auto_goes_by_the_frames_alone_where_they_wait(levels: list[float]) -> None:
    clocks = [lambda: 0.0, iter(np.random.default_rng(2).uniform(0, 9, 999)).__next__]
    ran = []
    for clock in clocks:
        pace = EstimatePace("auto", None, clock)
        ran.append([])
        for index, level in enumerate(levels):
            with pace.frame():
                ran[-1].append(pace.is_due(light(level), index * FRAME_S))
                if ran[-1][-1]:
                    with pace.estimate():
                        pass
    assert ran[0] == ran[1]


@pytest.mark.parametrize(
    ("rest_ms", "estimate_ms", "every"),
    [
        (10, 10, 1),  # 32 ms of 40 may be used
        (10, 22, 1),
        (10, 23, 2),
        (20, 30, 3),  # 12 ms a frame are to spare
        (31, 30, 12),  # half a second
        (50, 5, 12),  # too slow as it is
    ],
)
def test_live_the_network_fits_into_the_time_between_two_frames(
    rest_ms: float, estimate_ms: float, every: int
) -> None:
    pace, ran = live(0.04, rest_ms / 1e3, estimate_ms / 1e3)
    assert pace.every == every
    assert pace.estimates == sum(ran)
    assert np.diff(np.flatnonzero(ran)).tolist()[-1:] == [every]


def test_live_an_estimate_is_held_for_half_a_second_even_where_most_frames_are_dropped() -> None:
    pace, _ = live(0.04, 0.05, 0.005)
    assert pace.every == 12
    assert [pace.is_due(light(0.2), 100 + 0.2 * index) for index in range(7)] == [
        *(True, False, False, True, False, False, True)
    ]


def test_live_one_slow_estimate_is_forgiven() -> None:
    pace, _ = live(0.04, 0.01, 0.01)
    clock = Clock()
    pace._clock = clock
    with pace.frame(), pace.estimate():
        clock.now_s += 3.0
    assert pace.every == 1


def test_live_a_number_is_a_number() -> None:
    assert live(0.04, 0.03, 0.3, every=2)[1][:4] == [True, False, True, False]
