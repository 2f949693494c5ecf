"""The functional graph is read as Keras means it, and what cannot be exported is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from export.errors import ArchiveError, UnsupportedNetworkError
from export.keras_archive import read_keras_archive
from export.network import (
    Arithmetic,
    Concatenation,
    Convolution,
    Elementwise,
    GlobalPooling,
    Input,
    Rescaling,
)
from export.network_from_keras import network_from_keras

if TYPE_CHECKING:
    import keras

SaveKeras = Callable[["keras.Model"], Path]


def test_the_real_network_is_read_whole(keras_file: Path) -> None:
    network = network_from_keras(read_keras_archive(keras_file))
    assert network.parameters == 79_416
    assert network.output_grid() == (24, 1)
    kinds = [type(layer) for layer in network.layers]
    assert (kinds.count(Input), kinds.count(Convolution), kinds.count(Concatenation)) == (1, 7, 3)


def test_each_layer_comes_after_those_that_it_reads(keras_file: Path) -> None:
    archive = read_keras_archive(keras_file)
    config = archive.config["config"]
    backwards = {**archive.config, "config": {**config, "layers": config["layers"][::-1]}}
    seen: set[str] = set()
    for layer in network_from_keras(replace(archive, config=backwards)).layers:
        match layer:
            case Convolution():
                assert layer.source in seen
            case Concatenation():
                assert seen.issuperset(layer.sources)
        seen.add(layer.name)


def test_strides_activations_and_missing_biases_are_read(keras: ModuleType, save_keras: SaveKeras) -> None:
    image = keras.Input((None, None, 3))
    half = keras.layers.Conv2D(8, (3, 5), strides=2, padding="same", use_bias=False, name="half")(image)
    curves = keras.layers.Conv2D(24, 2, strides=2, activation="tanh", padding="same", name="quarter")(half)
    network = network_from_keras(read_keras_archive(save_keras(keras.Model(image, curves))))
    layers = {layer.name: layer for layer in network.layers}
    first, second = layers["half"], layers["quarter"]
    assert isinstance(first, Convolution)
    assert isinstance(second, Convolution)
    assert (first.kernel.shape, first.bias, first.stride, first.activation) == (
        (3, 5, 3, 8),
        None,
        2,
        "linear",
    )
    assert (second.kernel.shape, second.stride, second.activation) == ((2, 2, 8, 24), 2, "tanh")
    assert network.parameters == 3 * 5 * 3 * 8 + 2 * 2 * 8 * 24 + 24
    assert network.output_grid() == (24, 4)


def test_the_layers_of_a_global_view_are_read(keras: ModuleType, save_keras: SaveKeras) -> None:
    image = keras.Input((None, None, 3))
    scaled = keras.layers.Rescaling(63.0, 1.0, name="scaled")(image)
    logarithm = keras.ops.log(scaled)
    mean = keras.layers.GlobalAveragePooling2D(keepdims=True, name="mean")(logarithm)
    offset = keras.layers.Subtract(name="offset")([logarithm, mean])
    curves = keras.layers.Conv2D(24, 3, dilation_rate=2, padding="same", name="curves")(offset)
    network = network_from_keras(read_keras_archive(save_keras(keras.Model(image, curves))))
    layers = {layer.name: layer for layer in network.layers}
    rescaling, pooling, difference = layers["scaled"], layers["mean"], layers["offset"]
    assert isinstance(rescaling, Rescaling)
    assert (rescaling.scale, rescaling.offset) == (63, 1)
    assert isinstance(pooling, GlobalPooling)
    assert pooling.statistic == "mean"
    assert isinstance(difference, Arithmetic)
    assert (difference.sources, difference.operation) == ((pooling.source, "mean"), "subtract")
    assert isinstance(layers[pooling.source], Elementwise)
    assert isinstance(layers["curves"], Convolution)
    assert layers["curves"].dilation == 2
    assert network.map_stride == 1


@pytest.mark.parametrize(("name", "curve"), [("curves", "quadratic"), ("rational_curves", "rational")])
def test_the_name_of_the_last_layer_says_what_curves_are(
    keras: ModuleType, save_keras: SaveKeras, name: str, curve: str
) -> None:
    image = keras.Input((None, None, 3))
    curves = keras.layers.Conv2D(3, 3, padding="same", name=name)(image)
    network = network_from_keras(read_keras_archive(save_keras(keras.Model(image, curves))))
    assert (network.curve, network.maps) == (curve, 1)


def test_rational_curves_have_one_map_of_each_colour(keras: ModuleType, save_keras: SaveKeras) -> None:
    image = keras.Input((None, None, 3))
    curves = keras.layers.Conv2D(6, 3, padding="same", name="rational_curves")(image)
    network = network_from_keras(read_keras_archive(save_keras(keras.Model(image, curves))))
    with pytest.raises(UnsupportedNetworkError, match=r"has 6 channels; .* up to 1 times for rational"):
        _ = network.maps


def test_maps_of_a_single_cell_are_no_maps(keras: ModuleType, save_keras: SaveKeras) -> None:
    image = keras.Input((None, None, 3))
    mean = keras.layers.GlobalAveragePooling2D(keepdims=True)(image)
    network = network_from_keras(read_keras_archive(save_keras(keras.Model(image, mean))))
    with pytest.raises(UnsupportedNetworkError, match="a single cell, and not maps of the picture"):
        _ = network.map_stride


@pytest.mark.parametrize(
    ("layer", "options", "reason"),
    [
        ("Softmax", {}, "layer 'odd' is a Softmax; .* can be exported"),
        ("ReLU", {"max_value": 6}, r"layer 'odd' \(ReLU\) has max_value=6"),
        ("GlobalAveragePooling2D", {}, r"has keepdims=False; .* is True"),
        ("Conv2D", {"padding": "valid"}, r"layer 'odd' \(Conv2D\) has padding='valid'; .* is same"),
        ("Conv2D", {"activation": "gelu"}, "has activation='gelu'; .* is linear or relu or tanh"),
        ("Conv2D", {"dilation_rate": (1, 2)}, r"has dilation_rate=\[1, 2\]"),
        ("Conv2D", {"dilation_rate": 2, "kernel_size": 2}, "is dilated by 2; .* its kernel's sides odd"),
        ("Conv2D", {"groups": 3}, "has groups=3"),
        ("Conv2D", {"strides": 4}, r"skips pixels: its stride of 4 is beyond its kernel of 3 by 3"),
        ("Conv2D", {"strides": (1, 2)}, r"has strides=\[1, 2\]"),
    ],
)
def test_what_cannot_be_exported_is_named(
    keras: ModuleType, save_keras: SaveKeras, layer: str, options: dict[str, object], reason: str
) -> None:
    image = keras.Input((None, None, 3))
    if layer == "Conv2D":
        options = {"filters": 24, "kernel_size": 3, "padding": "same", **options}
    odd = getattr(keras.layers, layer)(name="odd", **options)
    archive = read_keras_archive(save_keras(keras.Model(image, odd(image))))
    with pytest.raises(UnsupportedNetworkError, match=reason):
        network_from_keras(archive)


def test_concatenation_along_another_axis_is_named(keras: ModuleType, save_keras: SaveKeras) -> None:
    image = keras.Input((None, None, 3))
    tall = keras.layers.Concatenate(axis=1, name="tall")([image, image])
    with pytest.raises(UnsupportedNetworkError, match=r"layer 'tall' \(Concatenate\) has axis=1"):
        network_from_keras(read_keras_archive(save_keras(keras.Model(image, tall))))


def test_a_layer_used_twice_is_named(keras: ModuleType, save_keras: SaveKeras) -> None:
    image = keras.Input((None, None, 3))
    shared = keras.layers.Conv2D(3, 3, padding="same", name="shared")
    archive = read_keras_archive(save_keras(keras.Model(image, shared(shared(image)))))
    with pytest.raises(UnsupportedNetworkError, match=r"layer 'shared' \(Conv2D\) is used 2 times"):
        network_from_keras(archive)


def test_several_outputs_are_refused(keras: ModuleType, save_keras: SaveKeras) -> None:
    image = keras.Input((None, None, 3))
    outputs = [keras.layers.Conv2D(24, 3, padding="same")(image) for _ in range(2)]
    with pytest.raises(UnsupportedNetworkError, match="several outputs"):
        network_from_keras(read_keras_archive(save_keras(keras.Model(image, outputs))))


def test_a_model_that_is_not_functional_is_refused(keras: ModuleType, save_keras: SaveKeras) -> None:
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(24, 3, padding="same")])
    with pytest.raises(UnsupportedNetworkError, match="class Sequential, and only functional models"):
        network_from_keras(read_keras_archive(save_keras(model)))


def test_weights_of_another_network_are_noticed(keras_file: Path) -> None:
    archive = read_keras_archive(keras_file)
    swapped = {**archive.weights, "conv1": archive.weights["conv7"]}
    with pytest.raises(ArchiveError, match="not those of one Keras 3 model"):
        network_from_keras(replace(archive, weights=swapped))
    with pytest.raises(ArchiveError, match="not those of one Keras 3 model"):
        network_from_keras(replace(archive, weights={}))


@pytest.mark.parametrize("config", [None, {}, {"layers": 7}, {"layers": [{}]}])
def test_a_damaged_configuration_is_noticed(keras_file: Path, config: object) -> None:
    archive = replace(read_keras_archive(keras_file), config={"class_name": "Functional", "config": config})
    with pytest.raises(ArchiveError, match="not those of one Keras 3 model"):
        network_from_keras(archive)
