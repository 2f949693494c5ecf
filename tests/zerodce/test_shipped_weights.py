"""The weights in the package are whole, described by their card, and do what they are for."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import keras
import numpy as np
import pytest

import zerodce
from zerodce.card import card_path
from zerodce.inference import enhance
from zerodce.model_files import load_network

WEIGHTS = Path(zerodce.__file__).parent / "weights" / "zero-dce.keras"


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return load_network(WEIGHTS)


def test_the_card_is_of_these_weights_and_frees_them() -> None:
    card = json.loads(card_path(WEIGHTS).read_text())
    assert card["sha256"] == hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    assert card["licence"] == "Apache-2.0"


def test_the_network_is_the_faithful_one_without_denormal_weights(network: keras.Model) -> None:
    assert network.count_params() == 79416
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
