from __future__ import annotations

import numpy as np
import pytest

from zerodce.curves import apply_curves


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
