"""The weights in the package are whole, described by their card, and do what they are for."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import zerodce
from zerodce.card import card_path
from zerodce.inference import enhance
from zerodce.model_files import load_network

WEIGHTS = Path(zerodce.__file__).parent / "weights"
PARAMETERS = {"zero-dce": 79_416, "context": 35_155}


@pytest.fixture(scope="module", params=PARAMETERS)
def weights(request: pytest.FixtureRequest) -> Path:
    return WEIGHTS / f"{request.param}.keras"


@pytest.fixture(scope="module")
def network(weights: Path) -> keras.Model:
    return load_network(weights)


def test_these_are_all() -> None:
    assert {path.stem for path in WEIGHTS.glob("*.keras")} == set(PARAMETERS)


def test_the_card_is_of_these_weights_and_frees_them(weights: Path) -> None:
    card = json.loads(card_path(weights).read_text())
    assert card["sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert card["licence"] == "Apache-2.0"
    assert card["parameters"] == PARAMETERS[weights.stem]


@pytest.mark.parametrize("suffix", [".keras", ".onnx"])
def test_the_files_are_small(weights: Path, suffix: str) -> None:
    assert weights.with_suffix(suffix).stat().st_size < 400_000


def test_the_network_has_its_size_and_no_denormal_weights(network: keras.Model, weights: Path) -> None:
    assert network.count_params() == PARAMETERS[weights.stem]
    magnitudes = np.concatenate([np.abs(weight).ravel() for weight in network.get_weights()])
    assert magnitudes[magnitudes > 0].min() >= np.finfo(np.float32).tiny


@pytest.mark.parametrize("map_size", [None, 32])
def test_darkness_is_lit_and_grey_stays_grey(network: keras.Model, map_size: int | None) -> None:
    across, down = np.meshgrid(np.linspace(0.6, 1, 64), np.linspace(0.5, 1, 48))
    dark = 0.15 * (across * down)[..., None].repeat(3, axis=-1).astype(np.float32)
    enhanced = enhance(dark, network, map_size)
    assert enhanced.mean() > 2.5 * dark.mean()
    cast = enhanced.mean((0, 1)) - enhanced.mean()
    assert np.abs(cast).max() < 0.03


def test_what_is_well_exposed_is_left_alone_by_the_context_network() -> None:
    random = np.random.default_rng(0)
    coarse = random.uniform(0, 1, (8, 8, 3)).astype(np.float32)
    coarse[0] = 1  # a normal picture has its lights
    picture = np.kron(coarse, np.ones((16, 16, 1), np.float32))
    enhanced = enhance(picture, load_network(WEIGHTS / "context.keras"))
    assert np.abs(enhanced - picture).mean() < 0.02


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_of_keras_compute_the_same(
    network: keras.Model, weights: Path, backend: str, tmp_path: Path
) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    image = np.random.default_rng(0).uniform(0, 0.5, (1, 16, 24, 3)).astype(np.float32)
    np.save(tmp_path / "image.npy", image)
    code = (
        "import sys, keras, numpy as np; network = keras.saving.load_model(sys.argv[1], compile=False); "
        "maps = network(np.load(sys.argv[2])); np.save(sys.argv[3], keras.ops.convert_to_numpy(maps))"
    )
    arguments = [str(weights), str(tmp_path / "image.npy"), str(tmp_path / "maps.npy")]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    subprocess.run([sys.executable, "-c", code, *arguments], env=environment, check=True)
    np.testing.assert_allclose(np.load(tmp_path / "maps.npy"), np.asarray(network(image)), atol=1e-5)
