"""Each loss against a case computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from zerodce.losses import (
    SpatialConsistencyLoss,
    colour_constancy_loss,
    exposure_loss,
    illumination_smoothness_loss,
)


def plane(rows: list[list[float]], cell: int = 1) -> np.ndarray:
    """Return a grey (1, H, W, 3) image whose cells of `cell`×`cell` pixels have these values."""
    values = np.kron(np.array(rows, np.float32), np.ones((cell, cell), np.float32))
    return values[None, :, :, None].repeat(3, axis=-1)


def test_colour_constancy_by_hand() -> None:
    image = np.zeros((1, 2, 2, 3), np.float32)
    image[..., 0] = [[0.4, 0.6], [0.5, 0.5]]  # mean 0.5
    image[..., 1] = 0.3
    image[..., 2] = 0.1
    # D_rg = 0.04, D_rb = 0.16, D_gb = 0.04: sqrt(0.0016 + 0.0256 + 0.0016)
    assert float(colour_constancy_loss(image)) == pytest.approx(np.sqrt(0.0288), rel=1e-5)


def test_colour_constancy_averages_over_images() -> None:
    image = np.zeros((2, 2, 2, 3), np.float32)
    image[0] = (0.5, 0.3, 0.1)
    image[1] = 0.3
    assert float(colour_constancy_loss(image)) == pytest.approx(np.sqrt(0.0288) / 2, rel=1e-5)


def test_colour_constancy_of_grey_is_nothing_and_its_gradient_is_finite() -> None:
    image = tf.fill((1, 4, 4, 3), 0.3)
    with tf.GradientTape() as tape:
        tape.watch(image)
        loss = colour_constancy_loss(image)
    assert float(loss) == pytest.approx(0, abs=1e-9)
    assert np.isfinite(tape.gradient(loss, image)).all()


def test_exposure_by_hand() -> None:
    image = plane([[0.2], [0.8]], cell=16)
    # (0.2 − 0.6)² = 0.16 and (0.8 − 0.6)² = 0.04
    assert float(exposure_loss(image)) == pytest.approx(0.10, rel=1e-5)


def test_exposure_judges_the_mean_of_a_patch_and_of_the_colours() -> None:
    image = plane([[0.1, 0.9]], cell=8).repeat(2, axis=1)  # one patch of 16×16 with a mean of 0.5
    image *= np.array([0.5, 1, 1.5], np.float32)
    assert float(exposure_loss(image, level=0.6)) == pytest.approx(0.01, rel=1e-4)


def test_smoothness_by_hand() -> None:
    across = [[0, 1, 2], [0, 1, 2]]  # 4 pairs differ by 1, out of 2·2
    down = [[0, 0, 0], [3, 3, 3]]  # 3 pairs differ by 3, out of 1·3
    curves = np.stack([across, down], axis=-1).astype(np.float32)[None]
    # 2 · (27 / 3 + 4 / 4): the sums run over the channels, the counts are of one channel.
    assert float(illumination_smoothness_loss(curves)) == pytest.approx(20)


def test_smoothness_averages_over_images() -> None:
    curves = np.zeros((2, 2, 2, 1), np.float32)
    curves[0, 1] = 1  # 2 pairs down differ by 1, out of 1·2: 2 · 1 for this image, nothing for the other
    assert float(illumination_smoothness_loss(curves)) == pytest.approx(1)


@pytest.mark.parametrize("transposed", [False, True], ids=["columns", "rows"])
def test_spatial_consistency_by_hand(transposed: bool) -> None:
    original = plane([[0.2, 0.4], [0.2, 0.4]], cell=4)
    enhanced = plane([[0.3, 0.8], [0.3, 0.8]], cell=4)
    if transposed:
        original, enhanced = original.swapaxes(1, 2), enhanced.swapaxes(1, 2)
    # Each region has one neighbour across, whose difference grew from 0.2 to 0.5, and one that is its equal.
    loss = np.asarray(SpatialConsistencyLoss()(original, enhanced))
    np.testing.assert_allclose(loss, np.full((1, 2, 2), 0.09), rtol=1e-5)


def test_spatial_consistency_counts_all_four_neighbours() -> None:
    original = plane([[0, 0, 0], [0, 0, 0], [0, 0, 0]], cell=4)
    enhanced = plane([[0, 0.1, 0], [0.2, 0, 0.3], [0, 0.4, 0]], cell=4)
    loss = np.asarray(SpatialConsistencyLoss()(original, enhanced))
    assert loss[0, 1, 1] == pytest.approx(0.01 + 0.04 + 0.09 + 0.16, rel=1e-5)
    assert loss[0, 0, 0] == pytest.approx(0.01 + 0.04, rel=1e-5)


def test_spatial_consistency_does_not_mind_brightening() -> None:
    generator = np.random.default_rng(0)
    original = generator.uniform(0, 0.4, (2, 24, 16, 3)).astype(np.float32)
    loss = np.asarray(SpatialConsistencyLoss()(original, original + np.float32(0.5)))
    assert loss.shape == (2, 6, 4)
    np.testing.assert_allclose(loss, 0, atol=1e-12)
