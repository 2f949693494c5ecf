from __future__ import annotations

import keras
import numpy as np
import pytest
from PIL import Image

from zerodce.context_net import context_net
from zerodce.inference import enhance, perform_inference, shrink
from zerodce.model import ZeroDCE, dce_net


@pytest.fixture(scope="module")
def constant_network() -> keras.Model:
    """A network whose maps are −0.5 everywhere, in all iterations and colours."""
    network = dce_net()
    network.set_weights([np.zeros_like(weight) for weight in network.get_weights()])
    network.get_layer("conv7").bias.assign(np.full(24, np.arctanh(-0.5)))
    return network


def brightened(value: float) -> float:
    for _ in range(8):
        value += 0.5 * (value - value**2)
    return value


@pytest.mark.parametrize("map_size", [None, 16])
def test_a_picture_is_brightened_along_its_curve(constant_network: keras.Model, map_size: int | None) -> None:
    picture = Image.new("RGB", (50, 30), (20, 40, 80))
    enhanced = perform_inference(picture, constant_network, map_size)
    assert (enhanced.mode, enhanced.size) == ("RGB", (50, 30))
    expected = [round(255 * brightened(level / 255)) for level in (20, 40, 80)]
    np.testing.assert_array_equal(np.asarray(enhanced), np.broadcast_to(expected, (30, 50, 3)))


def test_grey_pictures_and_whole_models_are_taken(constant_network: keras.Model) -> None:
    enhanced = perform_inference(Image.new("L", (8, 8), 40), ZeroDCE(constant_network))
    assert enhanced.getpixel((0, 0)) == (round(255 * brightened(40 / 255)),) * 3


def test_maps_are_estimated_on_the_shrunk_image_and_interpolated() -> None:
    keras.utils.set_random_seed(0)
    network = dce_net()
    image = np.random.default_rng(0).random((8, 16, 3)).astype(np.float32)
    small = image.reshape(4, 2, 8, 2, 3).mean((1, 3))
    maps = np.asarray(network(small[None]))[0].astype(np.float64)
    # Twice as large with pixel centres at halves: a quarter of one neighbour and three quarters of the other.
    rows = np.clip((np.arange(8) + 0.5) / 2 - 0.5, 0, 3)
    columns = np.clip((np.arange(16) + 0.5) / 2 - 0.5, 0, 7)
    maps = np.stack([[_bilinear(maps, row, column) for column in columns] for row in rows])
    expected = image.astype(np.float64)
    for iteration in range(8):
        expected = expected + maps[..., 3 * iteration : 3 * iteration + 3] * (expected**2 - expected)

    np.testing.assert_allclose(enhance(image, network, map_size=8), expected, atol=1e-5)


def test_a_picture_is_mirrored_to_whole_cells_of_coarse_maps() -> None:
    keras.utils.set_random_seed(0)
    network = context_net()
    image = np.random.default_rng(0).random((10, 17, 3)).astype(np.float32) / 2
    mirrored = np.pad(image, ((0, 2), (0, 3), (0, 0)), mode="reflect")
    expected = np.asarray(ZeroDCE(network)(mirrored[None]))[0, :10, :17]
    np.testing.assert_allclose(enhance(image, network), expected, atol=1e-5)
    assert enhance(image, network, map_size=8).shape == image.shape


def _bilinear(maps: np.ndarray, row: float, column: float) -> np.ndarray:
    top, left = int(row), int(column)
    below, right = min(top + 1, maps.shape[0] - 1), min(left + 1, maps.shape[1] - 1)
    down, across = row - top, column - left
    upper = maps[top, left] * (1 - across) + maps[top, right] * across
    lower = maps[below, left] * (1 - across) + maps[below, right] * across
    return upper * (1 - down) + lower * down


def test_shrinking_averages_areas_that_are_no_whole_pixels() -> None:
    image = np.array([[[0.0], [0.3], [0.9]]], np.float32)
    # Each half of three pixels is one and a half: (0 + 0.15) / 1.5 and (0.15 + 0.9) / 1.5
    np.testing.assert_allclose(shrink(image, 2).ravel(), [0.1, 0.7], atol=1e-6)


def test_a_small_image_is_not_enlarged() -> None:
    image = np.zeros((4, 6, 3), np.float32)
    assert shrink(image, 6) is image
    assert shrink(image, 256) is image


def test_the_short_side_never_vanishes() -> None:
    assert shrink(np.zeros((2, 400, 3), np.float32), 16).shape == (1, 16, 3)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((8, 8), np.float32),
        np.zeros((8, 8, 4), np.float32),
        np.zeros((0, 8, 3), np.float32),
    ],
    ids=["codes", "grey", "alpha", "empty"],
)
def test_arrays_that_are_no_image_are_refused(image: np.ndarray, constant_network: keras.Model) -> None:
    with pytest.raises(ValueError, match=r"expected an \(H, W, 3\) image in floating point, not"):
        enhance(image, constant_network)


def test_grey_of_16_bits_is_as_bright_as_of_8(constant_network: keras.Model) -> None:
    deep = Image.fromarray(np.full((8, 8), 40 * 257, np.uint16))
    expected = perform_inference(Image.new("L", (8, 8), 40), constant_network)
    np.testing.assert_array_equal(perform_inference(deep, constant_network), expected)
