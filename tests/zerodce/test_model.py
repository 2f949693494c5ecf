from __future__ import annotations

import keras
import numpy as np
import pytest

from zerodce.curves import apply_curves
from zerodce.losses import (
    SpatialConsistencyLoss,
    colour_constancy_loss,
    exposure_loss,
    illumination_smoothness_loss,
)
from zerodce.model import LOSS_NAMES, ZeroDCE, dce_net
from zerodce.options import LossOptions


@pytest.fixture(scope="module")
def dark() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 0.3, (2, 32, 48, 3)).astype(np.float32)


def convolve(image: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Return the same-padded 3×3 convolution of an (H, W, C) image, in float64."""
    height, width = image.shape[:2]
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)))
    return bias + sum(
        padded[row : row + height, column : column + width] @ kernel[row, column].astype(np.float64)
        for row in range(3)
        for column in range(3)
    )


def test_size_of_the_network() -> None:
    network = dce_net()
    assert network.count_params() == 79416
    assert network.input_shape == (None, None, None, 3)
    assert network.output_shape == (None, None, None, 24)
    names = [layer.name for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    assert names == ["conv1", "conv2", "conv3", "conv4", "conv5", "conv6", "conv7"]


def test_network_agrees_with_float64() -> None:
    keras.utils.set_random_seed(3)
    network = dce_net()
    image = np.random.default_rng(1).random((6, 5, 3)).astype(np.float32)

    def layer(name: str, *inputs: np.ndarray) -> np.ndarray:
        return convolve(np.concatenate(inputs, axis=-1), *network.get_layer(name).get_weights())

    def relu(x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0)

    x1 = relu(layer("conv1", image.astype(np.float64)))
    x2 = relu(layer("conv2", x1))
    x3 = relu(layer("conv3", x2))
    x4 = relu(layer("conv4", x3))
    x5 = relu(layer("conv5", x4, x3))
    x6 = relu(layer("conv6", x5, x2))
    expected = np.tanh(layer("conv7", x6, x1))

    np.testing.assert_allclose(np.asarray(network(image[None]))[0], expected, atol=1e-6)


def test_filters_and_iterations_can_be_chosen() -> None:
    network = dce_net(filters=4, iterations=2)
    assert network(np.zeros((1, 5, 7, 3), np.float32)).shape == (1, 5, 7, 6)


def test_call_applies_the_curves_of_the_network(dark: np.ndarray) -> None:
    model = ZeroDCE()
    curves = model.network(dark)
    expected = np.asarray(apply_curves(dark, curves))
    np.testing.assert_allclose(np.asarray(model(dark)), expected, atol=1e-6)
    np.testing.assert_allclose(np.asarray(model.get_enhanced_image(dark, curves)), expected, atol=1e-6)


def test_losses_are_weighted_and_add_up(dark: np.ndarray) -> None:
    model = ZeroDCE(losses=LossOptions(colour=2, exposure=3, smoothness=5, spatial=7, exposure_level=0.5))
    losses = {name: float(value) for name, value in model.compute_losses(dark).items()}
    enhanced, curves = model(dark), model.network(dark)
    spatial = np.mean(SpatialConsistencyLoss()(dark, enhanced))
    assert tuple(losses) == LOSS_NAMES
    assert losses["colour_constancy_loss"] == pytest.approx(2 * float(colour_constancy_loss(enhanced)))
    assert losses["exposure_loss"] == pytest.approx(3 * float(exposure_loss(enhanced, 0.5)))
    assert losses["illumination_smoothness_loss"] == pytest.approx(
        5 * float(illumination_smoothness_loss(curves))
    )
    assert losses["spatial_consistency_loss"] == pytest.approx(7 * spatial)
    assert losses.pop("total_loss") == pytest.approx(sum(losses.values()))


def test_training_lowers_the_loss_and_testing_changes_nothing(dark: np.ndarray) -> None:
    keras.utils.set_random_seed(0)
    model = ZeroDCE()
    model.compile(learning_rate=1e-3)
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    before = model.evaluate(dark, batch_size=2, verbose=0, return_dict=True)
    history = model.fit(dark, batch_size=2, epochs=8, verbose=0).history
    weights = model.get_weights()
    after = model.evaluate(dark, batch_size=2, verbose=0, return_dict=True)

    assert set(history) == set(before) == set(LOSS_NAMES)
    assert history["total_loss"][0] == pytest.approx(before["total_loss"], rel=1e-4)
    assert after["total_loss"] < before["total_loss"]
    for now, then in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(now, then)


def test_losses_of_an_epoch_are_means_over_its_batches(dark: np.ndarray) -> None:
    model = ZeroDCE()
    model.compile()
    apart = [float(model.compute_losses(dark[index : index + 1])["total_loss"]) for index in (0, 1)]
    together = model.evaluate(dark, batch_size=1, verbose=0, return_dict=True)
    assert together["total_loss"] == pytest.approx(np.mean(apart), rel=1e-5)
