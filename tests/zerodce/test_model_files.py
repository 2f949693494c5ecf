from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from zerodce.curves import RATIONAL
from zerodce.errors import ModelError, OutputError
from zerodce.model import dce_net
from zerodce.model_files import load_network, save_network


def test_a_network_comes_back_as_it_was(tmp_path: Path) -> None:
    network = dce_net()
    save_network(network, tmp_path / "net.keras")
    image = np.random.default_rng(0).random((1, 9, 7, 3)).astype(np.float32)
    loaded = load_network(tmp_path / "net.keras")
    np.testing.assert_array_equal(np.asarray(loaded(image)), np.asarray(network(image)))
    assert [path.name for path in tmp_path.iterdir()] == ["net.keras"]


def test_the_file_needs_nothing_but_keras(tmp_path: Path) -> None:
    save_network(dce_net(), tmp_path / "net.keras")
    with zipfile.ZipFile(tmp_path / "net.keras") as archive:
        config = json.loads(archive.read("config.json"))
    modules = {layer["module"].partition(".")[0] for layer in config["config"]["layers"]}
    assert config["class_name"] == "Functional"
    assert modules == {"keras"}


def test_denormal_weights_become_zero(tmp_path: Path) -> None:
    network = dce_net()
    bias = network.get_layer("conv1").bias
    smallest_normal = float(np.finfo(np.float32).tiny)
    bias.assign([1e-40, -1e-40, smallest_normal, 0.5, *np.zeros(28)])
    save_network(network, tmp_path / "net.keras")
    saved = load_network(tmp_path / "net.keras").get_layer("conv1").bias.numpy()
    np.testing.assert_array_equal(saved[:4], np.float32([0, 0, smallest_normal, 0.5]))


def test_what_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model at .*net\.keras: name a \.keras file"):
        load_network(tmp_path / "net.keras")
    (tmp_path / "net.keras").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"cannot load .*net\.keras as a Keras model: it is damaged or"):
        load_network(tmp_path / "net.keras")
    with zipfile.ZipFile(tmp_path / "net.keras", "w") as archive:
        archive.writestr("other.txt", "")
    with pytest.raises(ModelError, match=r"cannot load .*net\.keras as a Keras model: .*config\.json"):
        load_network(tmp_path / "net.keras")


def test_another_model_is_refused(tmp_path: Path) -> None:
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]).save(tmp_path / "dense.keras")
    with pytest.raises(
        ModelError, match=r"dense\.keras is no curve network: it maps \(None, 4\) to \(None, 3\)"
    ):
        load_network(tmp_path / "dense.keras")


def _maps(image: keras.KerasTensor, padding: str = "same") -> keras.KerasTensor:
    return keras.layers.Conv2D(24, 3, padding=padding)(image)


@pytest.mark.parametrize(
    "outputs",
    [
        lambda image: [_maps(image), _maps(image)],
        lambda image: keras.layers.UpSampling2D()(_maps(image)),
        lambda image: _maps(image, padding="valid"),
    ],
    ids=["of two outputs", "enlarging", "cropping"],
)
def test_a_network_whose_output_is_no_map_of_the_picture_is_refused(
    tmp_path: Path, outputs: Callable[[keras.KerasTensor], Any]
) -> None:
    image = keras.Input((None, None, 3))
    keras.Model(image, outputs(image)).save(tmp_path / "other.keras")
    with pytest.raises(ModelError, match=r"other\.keras is no curve network: it maps"):
        load_network(tmp_path / "other.keras")


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    network = dce_net(filters=2)
    network.get_layer("conv1").bias.assign([np.nan, 0])
    network.save(tmp_path / "net.keras")
    with pytest.raises(ModelError, match=r"weights in .*net\.keras are not finite; train the network again"):
        load_network(tmp_path / "net.keras")


def test_rational_curves_of_several_maps_are_refused(tmp_path: Path) -> None:
    image = keras.Input((None, None, 3))
    curves = keras.layers.Conv2D(6, 3, padding="same", name=RATIONAL)(image)
    keras.Model(image, curves).save(tmp_path / "two.keras")
    with pytest.raises(ModelError, match=r"two\.keras is no curve network: it maps .* to .* 6\)"):
        load_network(tmp_path / "two.keras")


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot write .*nowhere/net\.keras"):
        save_network(dce_net(), tmp_path / "nowhere" / "net.keras")


def test_how_weights_began_is_not_kept_as_releases_of_keras_differ_in_it(tmp_path: Path) -> None:
    path = tmp_path / "network.keras"
    network = dce_net(filters=2)
    save_network(network, path)
    config = load_network(path).get_config()
    initializers = [
        layer["config"][name]["class_name"]
        for layer in config["layers"]
        for name in layer["config"]
        if name.endswith("_initializer")
    ]
    assert set(initializers) == {"Zeros"}
    for saved, weight in zip(load_network(path).get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(saved, weight)


def test_the_file_does_not_say_when_it_was_written(tmp_path: Path) -> None:
    save_network(dce_net(filters=2), tmp_path / "net.keras")
    with zipfile.ZipFile(tmp_path / "net.keras") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert json.loads(archive.read("metadata.json"))["date_saved"] == "1980-01-01@00:00:00"
