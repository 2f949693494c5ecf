"""What is bright keeps room above what is lifted, and what is dark is brightened as before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from realtime.curves.headroom import with_headroom

ROOTS = st.floats(0.125, 1, width=32)
LEVELS = st.floats(0, 1, width=32)
SHARES = st.floats(0, 1, width=32)


def lifted(level: float, root: float) -> float:
    """Apply a rational curve in float64."""
    return level / (level + root**2 * (1 - level)) if level > 0 else 0.0


def held(root: float, level: float, headroom: float) -> float:
    small = np.full((3, 4, 4), level, np.float32)
    return float(with_headroom(np.full((1, 1, 3), root, np.float32), small, 4, headroom)[0, 0, 0])


@settings(deadline=None)
@given(root=ROOTS, level=LEVELS, headroom=SHARES)
def test_a_cell_goes_where_its_curve_takes_it_or_to_the_ceiling(
    root: float, level: float, headroom: float
) -> None:
    result = lifted(level, held(root, level, headroom))
    ceiling = max(1 - headroom * (1 - level**4), level)
    assert result == pytest.approx(min(lifted(level, root), ceiling), abs=1e-4)


@settings(deadline=None)
@given(level=LEVELS, headroom=SHARES)
def test_curves_that_change_nothing_or_darken_stay_as_they_are(level: float, headroom: float) -> None:
    assert held(1.0, level, headroom) == 1
    assert held(1.5, level, headroom) == 1.5


@pytest.mark.parametrize("headroom", [0.05, 0.15, 0.5])
def test_brighter_cells_stay_brighter_and_white_stays_white(headroom: float) -> None:
    levels = np.linspace(0, 1, 101)
    results = [lifted(level, held(0.1, level, headroom)) for level in levels]
    assert (np.diff(results) > 0).all()
    assert results[-1] == pytest.approx(1)


def test_a_bright_sky_keeps_more_of_its_contrast() -> None:
    def contrast(root: float) -> float:
        return (lifted(0.75, root) - lifted(0.65, root)) / 0.1

    assert contrast(0.36) < 0.3
    assert contrast(held(0.36, 0.7, 0.15)) > 0.45


def test_without_headroom_the_factors_are_those_of_the_network() -> None:
    factors = np.full((2, 2, 3), 0.1, np.float32)
    assert with_headroom(factors, np.ones((3, 8, 8), np.float32), 4, 0) is factors


def test_a_cell_goes_by_its_brightest_colour_and_leaves_its_neighbours_alone() -> None:
    small = np.full((3, 4, 8), 0.02, np.float32)
    small[2, :, 4:] = 0.9
    dark, blue = with_headroom(np.full((1, 2, 3), 0.2, np.float32), small, 4, 0.15)[0]
    assert dark.tolist() == pytest.approx([0.2] * 3)
    assert blue[2] == pytest.approx(held(0.2, 0.9, 0.15))
    assert blue.tolist() == [blue[2]] * 3


def test_sides_that_are_no_whole_cells_are_fine() -> None:
    small: NDArray[np.float32] = np.full((3, 5, 6), 0.9, np.float32)
    result = with_headroom(np.full((2, 2, 3), 0.2, np.float32), small, 4, 0.15)
    np.testing.assert_allclose(result, held(0.2, 0.9, 0.15), rtol=1e-6)
