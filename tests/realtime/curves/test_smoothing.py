"""Curve maps follow their estimates in seconds, whatever the frame rate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime.curves.smoothing import MapSmoother
from realtime.options import SmoothingOptions

FloatArray = NDArray[np.float32]

SIZE = (6, 8)
OPTIONS = SmoothingOptions()
# So much of a step is left after an exact first-order low-pass; float32 keeps 7 digits over 120 frames.
ROUNDING = 1e-5

FRAME_TIMES_S = {
    "24 fps": np.arange(1, 49) / 24,
    "60 fps": np.arange(1, 121) / 60,
    "irregular": np.sort(np.append(np.random.default_rng(5).uniform(0, 2, 40), 2.0)),
}


def flat_luma(value: float) -> FloatArray:
    return np.full(SIZE, value, np.float32)


def flat_maps(value: float) -> FloatArray:
    return np.full((*SIZE, 24), value, np.float32)


def started(maps: float = 0.0, luma: float = 0.2, options: SmoothingOptions = OPTIONS) -> MapSmoother:
    """Return a smoother that has seen a scene for as long as its time constant, up to 0 s."""
    smoother = MapSmoother(options)
    for time_s in (-options.seconds, 0.0):
        smoother.follow(flat_maps(maps), flat_luma(luma), time_s)
    return smoother


@pytest.mark.parametrize("times_s", FRAME_TIMES_S.values(), ids=FRAME_TIMES_S.keys())
def test_a_step_decays_exponentially_at_any_frame_rate(times_s: NDArray[np.float64]) -> None:
    smoother = started()
    for time_s in times_s:
        maps = smoother.follow(flat_maps(0.5), flat_luma(0.2), time_s)
        expected = 0.5 * (1 - np.exp(-time_s / OPTIONS.seconds))
        np.testing.assert_allclose(maps, expected, rtol=0, atol=ROUNDING)


def test_a_slow_change_of_light_is_followed_alike_at_any_frame_rate() -> None:
    final = []
    for times_s in FRAME_TIMES_S.values():
        smoother = started(maps=-0.4)
        for time_s in times_s:
            maps = smoother.follow(
                flat_maps(-0.4 + 0.1 * time_s), flat_luma(0.2 + 0.02 * time_s), float(time_s)
            )
        final.append(maps.copy())
    # A frame holds its estimate until the next: at most one interval (here up to 0.2 s) of 0.1 a second.
    np.testing.assert_allclose(final[1], final[0], rtol=0, atol=0.1 / 24)
    np.testing.assert_allclose(final[2], final[0], rtol=0, atol=0.1 * 0.2)
    lag = -0.4 + 0.1 * 2 - final[1].mean()
    assert 0 < lag <= 0.1 * OPTIONS.seconds  # no more than the filter's time constant behind


@pytest.mark.parametrize("level", ["motion_level", "picture_level"])
def test_a_change_of_the_stated_level_is_followed_twice_as_fast(level: str) -> None:
    other = {"motion_level": "picture_level", "picture_level": "motion_level"}[level]
    options = replace(OPTIONS, **{other: 1e6})
    smoother, relative = started(luma=0.2, options=options), getattr(options, level)
    # (new − old) / (new + 0.02) = the level, where 0.02 keeps dark pictures from counting as motion.
    changed = (0.2 + 0.02 * relative) / (1 - relative)
    maps = smoother.follow(flat_maps(0.5), flat_luma(changed), 0.04)
    expected = 0.5 * (1 - np.exp(-2 * 0.04 / OPTIONS.seconds))
    np.testing.assert_allclose(maps, expected, rtol=0, atol=ROUNDING)


def half_changed() -> FloatArray:
    luma = flat_luma(0.2)
    luma[:, 5:] = 0.4
    return luma


def test_what_moves_is_followed_faster_than_the_rest() -> None:
    smoother = started(luma=0.2, options=replace(OPTIONS, picture_level=1e6))
    maps = smoother.follow(flat_maps(0.5), half_changed(), 0.04)
    np.testing.assert_allclose(maps[:, :4], 0.5 * (1 - np.exp(-0.04 / OPTIONS.seconds)), atol=ROUNDING)
    assert maps[:, 6:].min() > 5 * maps[:, :4].max()


def test_where_much_of_the_picture_changes_all_of_it_is_followed_faster() -> None:
    maps = started(luma=0.2).follow(flat_maps(0.5), half_changed(), 0.04)
    assert maps[:, :4].min() > 5 * 0.5 * (1 - np.exp(-0.04 / OPTIONS.seconds))


def test_the_first_estimates_of_a_scene_are_averaged() -> None:
    smoother = MapSmoother(OPTIONS)
    for index, estimate in enumerate([0.1, 0.4, 0.7, -0.2]):
        maps = smoother.follow(flat_maps(estimate), flat_luma(0.2), index / 30)
        np.testing.assert_allclose(maps, np.mean([0.1, 0.4, 0.7, -0.2][: index + 1]), atol=ROUNDING)


def test_noise_does_not_count_as_motion() -> None:
    random = np.random.default_rng(11)
    smoother, noise = started(luma=0.2), 0.01  # 2.5 codes of 255, in the mean of a cell
    for frame in range(1, 11):
        luma = flat_luma(0.2) + random.normal(0, noise, SIZE).astype(np.float32)
        maps = smoother.follow(flat_maps(0.5), luma, frame / 24)
    without_noise = 0.5 * (1 - np.exp(-10 / 24 / OPTIONS.seconds))
    assert without_noise <= maps.mean() < 1.5 * without_noise


def test_zero_seconds_follow_at_once() -> None:
    smoother = started(options=SmoothingOptions(seconds=0))
    np.testing.assert_array_equal(smoother.follow(flat_maps(0.5), flat_luma(0.2), 0.01), flat_maps(0.5))


@pytest.mark.parametrize("time_s", [1.0, 0.5, -3.0])
def test_time_that_does_not_advance_changes_nothing(time_s: float) -> None:
    smoother = started()
    before = smoother.follow(flat_maps(0.5), flat_luma(0.2), 1.0).copy()
    np.testing.assert_array_equal(smoother.follow(flat_maps(0.9), flat_luma(0.9), time_s), before)
    after = smoother.follow(flat_maps(0.9), flat_luma(0.2), time_s + 0.1)  # and it goes on from there
    assert (before < after).all()
    assert (after < 0.9).all()


def test_zero_seconds_follow_even_when_time_stands_still() -> None:
    smoother = started(options=SmoothingOptions(seconds=0))
    np.testing.assert_array_equal(smoother.follow(flat_maps(0.5), flat_luma(0.2), 0.0), flat_maps(0.5))


def test_the_first_estimate_is_taken_as_it_is_and_not_changed() -> None:
    estimate = flat_maps(0.3)
    smoother = MapSmoother(OPTIONS)
    np.testing.assert_array_equal(smoother.follow(estimate, flat_luma(0.2), 5.0), estimate)
    smoother.follow(flat_maps(0.9), flat_luma(0.2), 6.0)
    np.testing.assert_array_equal(estimate, flat_maps(0.3))


def test_maps_of_another_size_start_anew() -> None:
    smoother = started()
    other = np.full((3, 3, 24), 0.7, np.float32)
    np.testing.assert_array_equal(smoother.follow(other, np.full((3, 3), 0.2, np.float32), 0.01), other)


@pytest.mark.parametrize(
    ("before", "after", "is_cut"),
    [(0.2, 0.2, False), (0.2, 0.25, False), (0.2, 0.6, True), (0.6, 0.2, True), (0.0, 0.01, False)],
)
def test_a_cut_is_a_change_of_much_of_the_light(before: float, after: float, is_cut: bool) -> None:
    smoother = MapSmoother(OPTIONS)
    smoother.follow(flat_maps(0), flat_luma(before), 0.0)
    assert smoother.is_cut(flat_luma(after)) is is_cut


def test_the_first_frame_and_one_of_another_size_start_a_scene() -> None:
    assert MapSmoother(OPTIONS).is_cut(flat_luma(0.2))
    assert started().is_cut(np.full((3, 3), 0.2, np.float32))


def test_after_a_reset_the_next_estimate_is_taken_as_it_is() -> None:
    smoother = started()
    smoother.reset()
    assert smoother.is_cut(flat_luma(0.2))
    np.testing.assert_array_equal(smoother.follow(flat_maps(0.8), flat_luma(0.2), 0.01), flat_maps(0.8))


def test_a_smaller_change_is_a_cut_where_it_is_sudden_and_motion_where_it_goes_on() -> None:
    random = np.random.default_rng(8)
    scenes = [random.uniform(0.3, 0.5, SIZE).astype(np.float32) for _ in range(12)]
    still, moving = MapSmoother(OPTIONS), MapSmoother(OPTIONS)
    for index, scene in enumerate(scenes[:-1]):
        still.follow(flat_maps(0), scenes[0], index / 30)
        moving.follow(flat_maps(0), scene, index / 30)
    # The mean of |a - b| over the mean of max(a, b), with 0.02 added: 1/15 over 13/30.
    change = np.abs(scenes[-1] - scenes[-2]).mean() / (np.maximum(scenes[-1], scenes[-2]).mean() + 0.02)
    assert OPTIONS.jump_level < change < OPTIONS.cut_level
    assert still.is_cut(scenes[-1])
    assert not moving.is_cut(scenes[-1])
