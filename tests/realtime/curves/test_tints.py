"""Tints are the colour that the shadows around have."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime.curves.tints import MOST, shadow_tints
from realtime.frames.colour import PixelLayout, luma_weights

WEIGHTS = luma_weights(PixelLayout(kind="rgb"))
GREY = (0.05, 0.05, 0.05)


def picture(colour: tuple[float, float, float], height: int = 20, width: int = 28) -> NDArray[np.float32]:
    return np.tile(np.array(colour, np.float32)[:, np.newaxis, np.newaxis], (1, height, width))


def maps_for(small: NDArray[np.float32], stride: int, value: float = -0.5) -> NDArray[np.float32]:
    height, width = (-(-side // stride) for side in small.shape[1:])
    return np.full((height, width, 24), value, np.float32)


@pytest.mark.parametrize("colour", [(0.04, 0.02, 0.03), (0.02, 0.03, 0.05), (0.2, 0.1, 0.1)])
def test_of_one_colour_the_tints_are_its_own_gains(colour: tuple[float, float, float]) -> None:
    small = picture(colour)
    value = np.array(colour)
    for _ in range(8):
        value = value + 0.5 * (value - value**2)
    gains = value - colour
    grey = gains @ WEIGHTS
    tints = shadow_tints(small, maps_for(small, 4), 4, WEIGHTS)
    np.testing.assert_allclose(tints[..., 0], gains[2] / grey - 1, rtol=1e-4)
    np.testing.assert_allclose(tints[..., 1], gains[0] / grey - 1, rtol=1e-4)


def test_grey_has_no_tint_and_neither_has_what_gains_nothing() -> None:
    small = picture(GREY)
    np.testing.assert_allclose(shadow_tints(small, maps_for(small, 4), 4, WEIGHTS), 0, atol=1e-6)
    coloured = picture((0.05, 0.02, 0.01))
    assert not shadow_tints(coloured, maps_for(coloured, 4, 0.0), 4, WEIGHTS).any()


def test_a_lamp_does_not_colour_the_wall_before_which_it_stands() -> None:
    small = picture(GREY)
    small[:, 8:12, 12:16] = [[[1.0]], [[0.2]], [[0.1]]]
    tints = shadow_tints(small, maps_for(small, 4), 4, WEIGHTS)
    assert np.abs(np.delete(tints[2], 3, axis=0)).max() < 0.02


def test_noise_averages_out_and_colours_of_larger_regions_stay() -> None:
    random = np.random.default_rng(3)
    small = picture(GREY, 40, 80) + random.normal(0, 0.01, (3, 40, 80)).astype(np.float32)
    small[0, :, :40] += 0.02
    tints = shadow_tints(small.clip(0, 1), maps_for(small, 4), 4, WEIGHTS)
    # Without noise 0.112 and 0; of single pixels every third is further off than 0.1.
    assert np.abs(tints[:, :8, 1] - 0.112).max() < 0.05
    assert np.abs(tints[:, 12:]).max() < 0.05


def test_sides_that_are_no_whole_cells_and_a_single_pixel_are_fine() -> None:
    for height, width in ((1, 1), (5, 3), (9, 6)):
        small = picture((0.0, 0.0, 1.0), height, width)
        tints = shadow_tints(small, maps_for(small, 4), 4, WEIGHTS)
        assert tints.shape == (-(-height // 4), -(-width // 4), 2)
        assert np.isfinite(tints).all()
        assert np.abs(tints).max() <= MOST
