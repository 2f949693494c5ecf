"""The purple of black is found and taken off, and a scene's own colours are not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from realtime.curves.black_tint import BlackTintFilter, black_tint, without_tint
from realtime.frames.colour import PixelLayout, luma_weights

WEIGHTS = luma_weights(PixelLayout(kind="rgb"))
PURPLE = (0.02, 0.03)


def scene(colour: tuple[float, float, float] = (1, 1, 1), darkest: float = 0.0) -> NDArray[np.float32]:
    """Return regions of all brightnesses, most of them dark, in light of one colour, with noise."""
    random = np.random.default_rng(2)
    light = darkest + 0.5 * random.uniform(0, 1, 18 * 32) ** 3
    light = light.reshape(18, 32).repeat(8, 0).repeat(8, 1)
    picture = light * np.array(colour)[:, np.newaxis, np.newaxis]
    return (picture + random.normal(0, 0.004, picture.shape)).clip(0, 1).astype(np.float32)


def tint_of(red: float, blue: float) -> NDArray[np.float32]:
    return np.array([red, -(WEIGHTS[0] * red + WEIGHTS[2] * blue) / WEIGHTS[1], blue], np.float32)


def tinted(picture: NDArray[np.float32], tint: NDArray[np.float32]) -> NDArray[np.float32]:
    """Add a tint to black, none of it to white."""
    offset = tint[:, np.newaxis, np.newaxis]
    return ((picture + offset) / (1 + offset)).clip(0, 1)


@pytest.mark.parametrize("level", [0.0, 0.02, 0.05])
def test_most_of_a_purple_that_is_in_all_shadows_is_found_and_taken_off(level: float) -> None:
    clean, tint = scene(darkest=level), tint_of(*PURPLE)
    picture = tinted(clean, tint)
    found = black_tint(picture, 4, WEIGHTS)
    # All of it would be too much to tell from a few dark pixels.
    assert (found / tint > 0.6).all()
    assert (found / tint < 1.1).all()
    rest = without_tint(picture, found) - clean
    dark = clean.mean(0) < 0.1
    assert np.abs(rest[:, dark].mean(1)).max() < 0.4 * PURPLE[1]


@pytest.mark.parametrize(
    "colour",
    [(1, 1, 1), (1, 0.5, 1.4), (1.5, 0.6, 0.3), (0.4, 0.9, 1.6)],
    ids=["grey", "purple", "red", "blue"],
)
def test_light_of_one_colour_is_left_alone(colour: tuple[float, float, float]) -> None:
    assert np.abs(black_tint(scene(colour), 4, WEIGHTS)).max() < 0.003


@pytest.mark.parametrize(
    "tint", [(0.03, 0.0), (0.0, 0.03), (-0.03, -0.03), (0.02, -0.04)], ids=["red", "blue", "green", "yellow"]
)
def test_what_is_not_purple_is_left_alone(tint: tuple[float, float]) -> None:
    picture = tinted(scene(darkest=0.05), tint_of(*tint))
    assert np.abs(black_tint(picture, 4, WEIGHTS)).max() < 0.003


def test_a_region_of_true_black_shows_that_nothing_is_added() -> None:
    picture = tinted(scene(darkest=0.05), tint_of(*PURPLE))
    picture[:, -16:] = 0
    assert not black_tint(picture, 4, WEIGHTS).any()


def test_purple_things_in_a_bright_picture_are_left_alone() -> None:
    picture = scene(darkest=0.3)
    picture[:, 40:80, 40:120] = np.array([0.3, 0.15, 0.4], np.float32)[:, np.newaxis, np.newaxis]
    assert np.abs(black_tint(picture, 4, WEIGHTS)).max() < 0.006


def test_a_tint_is_all_of_black_and_none_of_white() -> None:
    ramp = np.linspace(0, 1, 11, dtype=np.float32) * np.ones((3, 2, 1), np.float32)
    tint = tint_of(*PURPLE)
    picture = tinted(ramp, tint)
    np.testing.assert_allclose(without_tint(picture, tint)[:, :, 1:], ramp[:, :, 1:], rtol=0, atol=1e-6)
    assert without_tint(ramp, np.zeros(3, np.float32)) is ramp


def test_over_time_it_is_followed_as_fast_at_any_frame_rate_and_starts_afresh_when_told() -> None:
    first, second = tint_of(0.01, 0.01), tint_of(0.03, 0.05)
    ends = []
    for fps in (10, 60):
        filtered = BlackTintFilter(0.5)
        np.testing.assert_array_equal(filtered.follow(first, 0.0), first)
        for frame in range(fps // 2):
            tint = filtered.follow(second, (frame + 1) / fps)
        ends.append(tint)
    np.testing.assert_allclose(ends[0], second + np.exp(-1) * (first - second), rtol=1e-4)
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-4)
    other = BlackTintFilter(0.5)
    other.restore(filtered.state())
    np.testing.assert_array_equal(other.follow(first, 0.6), filtered.follow(first, 0.6))
    other.reset()
    np.testing.assert_array_equal(other.follow(second, 0.7), second)
    np.testing.assert_array_equal(BlackTintFilter(0.0).follow(second, 1.0), second)


@settings(deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    stride=st.sampled_from([1, 4]),
    brightness=st.sampled_from([0.0, 0.05, 1.0]),
    seed=st.integers(0, 2**32),
)
def test_of_any_picture_the_tint_is_purple_without_luma_and_no_more_than_its_darkest(
    height: int, width: int, stride: int, brightness: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    picture = (random.uniform(0, 1, (3, 1, 1)) * random.uniform(0, brightness, (3, height, width))).astype(
        np.float32
    )
    red, green, blue = tint = black_tint(picture, stride, WEIGHTS)
    assert red >= 0 >= green
    assert blue >= 0
    assert abs(tint @ WEIGHTS) < 1e-6
    assert max(red, blue) <= picture.max() + 1e-6
    rest = without_tint(picture, tint)
    assert rest.dtype == np.float32
    assert ((rest >= 0) & (rest <= 1)).all()
