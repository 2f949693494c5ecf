"""Networks to export: the real one, made by Keras, and tiny ones made by hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from export.network import Convolution, Input, Network

if TYPE_CHECKING:
    import keras

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def keras() -> ModuleType:
    """Keras, which exporting does not need and the tests compare with."""
    return cast(ModuleType, pytest.importorskip("keras"))


@pytest.fixture(scope="session")
def keras_network(keras: ModuleType) -> keras.Model:
    """The real network with random weights, biases included, large enough to bend every tanh."""
    return _with_random_weights(pytest.importorskip("zerodce.model").dce_net())


@pytest.fixture(scope="session")
def keras_context_network(keras: ModuleType) -> keras.Model:
    """The network with a global view, likewise."""
    return _with_random_weights(pytest.importorskip("zerodce.context_net").context_net())


def _with_random_weights(network: keras.Model) -> keras.Model:
    random = np.random.default_rng(7)
    network.set_weights(
        [
            random.normal(0, 0.08 if weights.ndim == 4 else 0.1, weights.shape)
            for weights in network.get_weights()
        ]
    )
    return network


@pytest.fixture(scope="session")
def keras_file(keras_network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keras") / "dce.keras"
    keras_network.save(path)
    return path


@pytest.fixture
def save_keras(tmp_path: Path) -> Callable[[keras.Model], Path]:
    def save(model: keras.Model) -> Path:
        path = tmp_path / "model.keras"
        model.save(path)
        return path

    return save


@pytest.fixture
def one_convolution() -> Callable[..., Network]:
    """Return a maker of networks of one convolution, by default from 3 to 24 channels."""

    def make(kernel: np.ndarray | None = None, bias: np.ndarray | None = None, **options: object) -> Network:
        if kernel is None:
            kernel = np.random.default_rng(3).normal(0, 0.2, (3, 3, 3, 24))
        layer = Convolution(
            name="conv",
            source="picture",
            kernel=kernel.astype(np.float32),
            bias=None if bias is None else bias.astype(np.float32),
            **{"stride": 1, "activation": "tanh", **options},
        )
        return Network(
            name="one", layers=(Input(name="picture", channels=kernel.shape[2]), layer), output="conv"
        )

    return make
