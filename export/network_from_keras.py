"""The functional graph of a Keras model as a Network.

A further layer type needs a class in `network.py`, a function here that reads its configuration, and one in
each module that computes or writes layers; each of these has one `match` over the types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from .errors import ArchiveError, UnsupportedNetworkError
from .keras_archive import KerasArchive
from .manifest import curve_of_layer
from .network import (
    Arithmetic,
    Concatenation,
    Convolution,
    Elementwise,
    GlobalPooling,
    Input,
    Layer,
    Network,
    Operation,
    Rescaling,
    Statistic,
    Weights,
)

_OPERATIONS: dict[str, Operation] = {"Add": "add", "Subtract": "subtract", "Multiply": "multiply"}
_STATISTICS: dict[str, Statistic] = {"GlobalAveragePooling2D": "mean", "GlobalMaxPooling2D": "max"}


def network_from_keras(archive: KerasArchive) -> Network:
    """Read the graph of a functional Keras model with one input and one output.

    Raises:
        ArchiveError: The configuration and the weights are not those of one Keras 3 model.
        UnsupportedNetworkError: The model is not functional, or a layer cannot be exported; it is named.
    """
    kind = archive.config.get("class_name")
    if kind != "Functional":
        raise UnsupportedNetworkError(
            f"the file holds a model of class {kind}, and only functional models can be exported; "
            "save the functional network inside it instead"
        )
    try:
        return _network(archive.config["config"], archive.weights)
    except (KeyError, IndexError, TypeError, ValueError, CycleError) as exc:
        raise ArchiveError(
            f"the file's configuration and weights are not those of one Keras 3 model ({exc!r}); "
            "save the model again with Keras 3.10 or newer"
        ) from exc


def _network(config: Mapping[str, Any], weights: Mapping[str, tuple[Weights, ...]]) -> Network:
    layers = [_layer(entry, weights) for entry in config["layers"]]
    by_name = {layer.name: layer for layer in layers}
    order = TopologicalSorter({layer.name: _sources_of(layer) for layer in layers}).static_order()
    output = _output(config["output_layers"])
    return Network(
        name=config["name"],
        layers=tuple(by_name[name] for name in order),
        output=output,
        curve=curve_of_layer(output),
    )


def _sources_of(layer: Layer) -> tuple[str, ...]:
    match layer:
        case Input():
            return ()
        case Convolution() | Rescaling() | Elementwise() | GlobalPooling():
            return (layer.source,)
        case Concatenation() | Arithmetic():
            return layer.sources


def _layer(entry: Mapping[str, Any], weights: Mapping[str, tuple[Weights, ...]]) -> Layer:
    name, kind, config = entry["name"], entry["class_name"], entry["config"]
    calls = entry["inbound_nodes"]
    if len(calls) > 1:
        raise UnsupportedNetworkError(
            f"layer {name!r} ({kind}) is used {len(calls)} times; give each use its own"
        )
    sources = tuple(_tensors(calls[0]["args"])) if calls else ()
    match kind:
        case "InputLayer":
            return Input(name=name, channels=config["batch_shape"][-1])
        case "Conv2D":
            return _convolution(name, config, sources, weights[name])
        case "Concatenate":
            _require(name, kind, config, {"axis": (-1, 3)})
            return Concatenation(name=name, sources=sources)
        case _:
            return _layer_without_weights(name, kind, config, sources)


def _layer_without_weights(
    name: str, kind: str, config: Mapping[str, Any], sources: tuple[str, ...]
) -> Rescaling | Elementwise | Arithmetic | GlobalPooling:
    match kind:
        case "Rescaling":
            return _rescaling(name, config, sources)
        case "ReLU" | "Log":
            return _elementwise(name, kind, config, sources)
        case "Add" | "Subtract" | "Multiply":
            return _arithmetic(name, kind, sources)
        case "GlobalAveragePooling2D" | "GlobalMaxPooling2D":
            return _global_pooling(name, kind, config, sources)
        case _:
            raise UnsupportedNetworkError(
                f"layer {name!r} is a {kind}; Conv2D, Concatenate, Rescaling, ReLU, the operation log, "
                "Add, Subtract, Multiply and global pooling are what can be exported"
            )


def _convolution(
    name: str, config: Mapping[str, Any], sources: tuple[str, ...], weights: tuple[Weights, ...]
) -> Convolution:
    _require(
        name,
        "Conv2D",
        config,
        {
            "activation": ("linear", "relu", "tanh"),
            "padding": ("same",),
            "data_format": ("channels_last",),
            "dilation_rate": tuple([side, side] for side in range(1, 9)),
            "groups": (1,),
            "strides": tuple([side, side] for side in range(1, 9)),
        },
    )
    (source,) = sources
    kernel, stride = weights[0], config["strides"][0]
    height, width, _, filters = kernel.shape
    if [height, width, filters] != [*config["kernel_size"], config["filters"]]:
        raise ValueError(f"the kernel of layer {name!r} has shape {kernel.shape}")
    if stride > min(height, width):
        # The padding would be negative, which runtimes treat differently.
        raise UnsupportedNetworkError(
            f"layer {name!r} (Conv2D) skips pixels: its stride of {stride} is beyond "
            f"its kernel of {height} by {width}; make the kernel larger"
        )
    dilation = config["dilation_rate"][0]
    if dilation > 1 and not (stride == 1 and height % 2 == width % 2 == 1):
        raise UnsupportedNetworkError(
            f"layer {name!r} (Conv2D) is dilated by {dilation}; "
            "its stride must be 1, and its kernel's sides odd"
        )
    return Convolution(
        name=name,
        source=source,
        kernel=kernel,
        bias=weights[1] if config["use_bias"] else None,
        stride=stride,
        dilation=dilation,
        activation=config["activation"],
    )


def _rescaling(name: str, config: Mapping[str, Any], sources: tuple[str, ...]) -> Rescaling:
    (source,) = sources
    return Rescaling(name=name, source=source, scale=float(config["scale"]), offset=float(config["offset"]))


def _elementwise(name: str, kind: str, config: Mapping[str, Any], sources: tuple[str, ...]) -> Elementwise:
    (source,) = sources
    if kind == "Log":
        return Elementwise(name=name, source=source, function="log")
    _require(name, kind, config, {"max_value": (None,), "negative_slope": (0.0,), "threshold": (0.0,)})
    return Elementwise(name=name, source=source, function="relu")


def _arithmetic(name: str, kind: str, sources: tuple[str, ...]) -> Arithmetic:
    first, second = sources
    return Arithmetic(name=name, sources=(first, second), operation=_OPERATIONS[kind])


def _global_pooling(
    name: str, kind: str, config: Mapping[str, Any], sources: tuple[str, ...]
) -> GlobalPooling:
    _require(name, kind, config, {"data_format": ("channels_last",), "keepdims": (True,)})
    (source,) = sources
    return GlobalPooling(name=name, source=source, statistic=_STATISTICS[kind])


def _require(
    name: str, kind: str, config: Mapping[str, Any], allowed: Mapping[str, tuple[object, ...]]
) -> None:
    for option, values in allowed.items():
        if config[option] not in values:
            raise UnsupportedNetworkError(
                f"layer {name!r} ({kind}) has {option}={config[option]!r}; "
                f"what can be exported is {' or '.join(map(str, values))}"
            )


def _tensors(argument: object) -> Iterator[str]:
    """Yield the names of the layers whose only output appears in a call's serialised arguments."""
    match argument:
        case {"class_name": "__keras_tensor__", "config": {"keras_history": [str(layer), 0, 0]}}:
            yield layer
        case list():
            for item in argument:
                yield from _tensors(item)


def _output(output_layers: object) -> str:
    """Return the name of the only output; Keras writes it bare or, from older versions, in a list."""
    match output_layers:
        case [str(name), 0, 0] | [[str(name), 0, 0]]:
            return name
        case _:
            raise UnsupportedNetworkError(
                "the network has several outputs; the curve maps must be the only one"
            )
