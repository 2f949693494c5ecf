from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from zerodce.context_net import context_net
from zerodce.curves import apply_rational_curves, applying, map_stride
from zerodce.model_files import load_network, save_network


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """The network with random weights, large enough to move the maps."""
    network = context_net()
    random = np.random.default_rng(1)
    network.set_weights([weights + random.normal(0, 0.1, weights.shape) for weights in network.get_weights()])
    return network


def curves(network: keras.Model, image: np.ndarray) -> np.ndarray:
    return np.asarray(network(image[None]))[0]


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 0.3, (height, width, 3)).astype(np.float32)


def test_it_has_35155_parameters(network: keras.Model) -> None:
    assert network.count_params() == 35_155


def test_its_maps_are_a_quarter_of_the_size(network: keras.Model) -> None:
    maps = curves(network, picture(24, 40))
    assert maps.shape == (6, 10, 3)
    assert np.abs(maps).max() <= 1
    assert map_stride(network) == 4


def test_filters_can_be_chosen() -> None:
    assert context_net(filters=8)(np.zeros((1, 8, 12, 3), np.float32)).shape == (1, 2, 3, 3)


def test_its_curves_are_rational(network: keras.Model) -> None:
    assert applying(network) is apply_rational_curves


def test_before_training_it_leaves_pictures_nearly_alone() -> None:
    keras.utils.set_random_seed(0)
    assert np.abs(curves(context_net(), picture(16, 16))).max() < 0.5


def test_what_is_far_away_counts(network: keras.Model) -> None:
    # The convolutions see some fifty pixels each way; a lamp beyond that changes the maps all the same.
    dark = picture(16, 160)
    lamp = dark.copy()
    lamp[:, -8:] = 1
    assert np.abs(curves(network, dark) - curves(network, lamp))[:, :4].max() > 1e-3


def test_cells_do_not_shift(network: keras.Model) -> None:
    # Mirroring the picture mirrors the grid, once the kernels are mirrored too.
    mirrored = keras.models.clone_model(network)
    mirrored.set_weights(
        [weights[:, ::-1] if weights.ndim == 4 else weights for weights in network.get_weights()]
    )
    image = picture(16, 24)
    np.testing.assert_allclose(curves(mirrored, image[:, ::-1]), curves(network, image)[:, ::-1], atol=1e-5)


def test_a_saved_network_holds_no_code_of_this_package(network: keras.Model, tmp_path: Path) -> None:
    path = tmp_path / "context.keras"
    save_network(network, path)
    loaded = load_network(path)
    assert "zerodce" not in json.dumps(loaded.get_config())
    np.testing.assert_array_equal(curves(loaded, picture(16, 16)), curves(network, picture(16, 16)))
