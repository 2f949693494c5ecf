"""Verification passes what agrees, and refuses everything else."""

from __future__ import annotations

import numpy as np
import pytest

from export.errors import VerificationError
from export.verification import sample_image, verify

MAPS = np.linspace(-1, 1, 24 * 6).reshape(1, 24, 2, 3)


def test_it_measures_the_error() -> None:
    actual = MAPS.copy()
    actual[0, 0, 0, 0] += 0.25
    agreement = verify("maps", actual, MAPS, tolerance=0.5)
    assert agreement == (0.25, 0.25 / MAPS.size, 0.5)


@pytest.mark.parametrize("error", [0.01, -0.01, np.inf, np.nan])
def test_it_refuses_a_difference_in_a_single_value(error: float) -> None:
    actual = MAPS.copy()
    actual[0, 23, 1, 2] += error
    with pytest.raises(
        VerificationError, match=r"half\.onnx differs from its source by up to .* more than 0\.002"
    ):
        verify("half.onnx", actual, MAPS, tolerance=2e-3)


def test_it_refuses_another_shape() -> None:
    with pytest.raises(VerificationError, match=r"shape \(1, 24, 2, 2\) instead of \(1, 24, 2, 3\)"):
        verify("maps", MAPS[..., :2], MAPS, tolerance=1)


def test_the_picture_is_not_flat_and_always_the_same() -> None:
    image = sample_image()
    assert (image.shape, image.dtype) == ((1, 3, 67, 101), np.float32)
    assert image.min() == 0
    assert 0.9 < image.max() <= 1
    assert all(channel.std() > 0.15 for channel in image[0])
    np.testing.assert_array_equal(image, sample_image())
