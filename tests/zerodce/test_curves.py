from __future__ import annotations

import numpy as np
import pytest

from export.manifest import RATIONAL_REACH as REACH_OF_MANIFESTS
from zerodce.curves import RATIONAL_REACH, apply_curves, apply_rational_curves, applying
from zerodce.model import dce_net


def test_agrees_with_float64() -> None:
    generator = np.random.default_rng(0)
    image = generator.random((2, 5, 7, 3))
    curves = generator.uniform(-1, 1, (2, 5, 7, 24))
    expected = image
    for iteration in range(8):
        for colour in range(3):
            step = curves[..., 3 * iteration + colour]
            value = expected[..., colour]
            expected = expected.copy()
            expected[..., colour] = value + step * (value**2 - value)

    result = np.asarray(apply_curves(image.astype(np.float32), curves.astype(np.float32)))

    # Eight float32 steps, each of which rounds to 6e-8 and may double what it was given.
    np.testing.assert_allclose(result, expected, atol=2e-6)


def test_one_iteration_by_hand() -> None:
    image = np.full((1, 1, 1, 3), 0.5, np.float32)
    curves = np.array([-1, 0, 1], np.float32).reshape(1, 1, 1, 3)

    # 0.5² − 0.5 is −0.25: red brightens by it, green stays, blue darkens by it.
    assert np.asarray(apply_curves(image, curves)).ravel() == pytest.approx([0.75, 0.5, 0.25])


def test_black_and_white_stay_and_nothing_leaves_the_range() -> None:
    image = np.linspace(0, 1, 11, dtype=np.float32).reshape(1, 1, 11, 1).repeat(3, axis=-1)
    for value in (-1, 1):
        result = np.asarray(apply_curves(image, np.full((1, 1, 11, 24), value, np.float32)))
        assert (result[0, 0, 0] == 0).all()
        assert (result[0, 0, -1] == 1).all()
        assert result.min() >= 0
        assert result.max() <= 1


def test_the_curves_of_dce_net_are_quadratic() -> None:
    assert applying(dce_net(filters=2)) is apply_curves


def test_rational_curves_agree_with_float64() -> None:
    generator = np.random.default_rng(0)
    image, curves = generator.random((2, 5, 7, 3)), generator.uniform(-1, 1, (2, 5, 7, 3))
    gain = (1 + 0.9 * curves) ** -2
    expected = gain * image / (1 + (gain - 1) * image)
    result = np.asarray(apply_rational_curves(image.astype(np.float32), curves.astype(np.float32)))
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_a_rational_curve_by_hand() -> None:
    image = np.full((1, 1, 1, 3), 0.2, np.float32)
    curves = np.array([-5 / 9, 0, 5 / 9], np.float32).reshape(1, 1, 1, 3)

    # The ratios are 1/4, 1 and 9/4: 0.2 / (0.2 + 0.25·0.8), 0.2, and 0.2 / (0.2 + 2.25·0.8).
    assert np.asarray(apply_rational_curves(image, curves)).ravel() == pytest.approx([0.5, 0.2, 0.1])


def test_rational_curves_keep_black_and_white_and_the_order_between() -> None:
    image = np.linspace(0, 1, 256, dtype=np.float32).reshape(1, 1, 256, 1).repeat(3, axis=-1)
    for value in (-1, 1):
        result = np.asarray(apply_rational_curves(image, np.full((1, 1, 1, 3), value, np.float32)))[0, 0]
        assert (result[0] == 0).all()
        assert (result[-1] == 1).all()
        assert (np.diff(result, axis=0) > 0).all()


def test_the_runner_knows_how_far_rational_curves_reach() -> None:
    assert RATIONAL_REACH == REACH_OF_MANIFESTS
