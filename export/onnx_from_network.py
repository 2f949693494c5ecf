"""A network as an ONNX graph: float32, channels first, for pictures of any size.

The graph's contract, which the runner relies on:

- input `image`: (1, 3, height, width) float32, RGB in [0, 1];
- output `curves`: (1, 3·maps, height, width) float32 in [-1, 1], where channel 3·k + c is map k of colour c,
  as in the Keras network; the manifest says what they do. A network that strides has maps of
  (map_height, map_width) instead, and is meant for pictures whose sides are multiples of its stride.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .errors import UnsupportedNetworkError
from .manifest import COLOURS, INPUT_NAME, OUTPUT_NAME
from .network import (
    Arithmetic,
    Concatenation,
    Convolution,
    Elementwise,
    GlobalPooling,
    Input,
    Network,
    Rescaling,
    Weights,
)

# Old enough for every ONNX Runtime in use and for TensorRT from 8.5 on.
OPSET = 17
IR_VERSION = 8

ONNX_ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh"}
ONNX_FUNCTIONS = {"log": "Log", "relu": "Relu"}
ONNX_OPERATIONS = {"add": "Add", "subtract": "Sub", "multiply": "Mul"}
ONNX_STATISTICS = {"mean": "GlobalAveragePool", "max": "GlobalMaxPool"}


def onnx_from_network(network: Network) -> onnx.ModelProto:
    """Write a network as a checked ONNX model.

    Raises:
        UnsupportedNetworkError: The network does not map one picture to curve maps.
    """
    _check_ends(network)
    size = ("height", "width")
    map_size = size if network.map_stride == 1 else ("map_height", "map_width")
    image = _picture(INPUT_NAME, COLOURS, size)
    curves = _picture(OUTPUT_NAME, COLOURS * network.maps, map_size)
    graph = helper.make_graph([], network.name, [image], [curves])
    tensors = _tensor_names(network)
    for layer in network.layers:
        match layer:
            case Input():
                pass
            case Convolution():
                _add_convolution(graph, layer, tensors)
            case Concatenation():
                _add_concatenation(graph, layer, tensors)
            case Rescaling():
                _add_rescaling(graph, layer, tensors)
            case Elementwise():
                _add_node(graph, ONNX_FUNCTIONS[layer.function], [layer.source], layer.name, tensors)
            case Arithmetic():
                _add_node(graph, ONNX_OPERATIONS[layer.operation], layer.sources, layer.name, tensors)
            case GlobalPooling():
                _add_node(graph, ONNX_STATISTICS[layer.statistic], [layer.source], layer.name, tensors)
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="zerodce-realtime",
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def _check_ends(network: Network) -> None:
    inputs = [layer.channels for layer in network.layers if isinstance(layer, Input)]
    if inputs != [COLOURS]:
        raise UnsupportedNetworkError(
            f"the network's inputs have {inputs} channels; a curve estimator has one input, an RGB picture"
        )
    if any(isinstance(layer, Input) and layer.name == network.output for layer in network.layers):
        raise UnsupportedNetworkError("the network's output is the picture itself, and not maps of it")


def _tensor_names(network: Network) -> dict[str, str]:
    """Return the ONNX tensor that holds each layer's output: at the two ends, the names of the contract."""
    names = {layer.name: f"{layer.name}/output" for layer in network.layers}
    names |= {layer.name: INPUT_NAME for layer in network.layers if isinstance(layer, Input)}
    names[network.output] = OUTPUT_NAME
    return names


def _picture(name: str, channels: int, size: tuple[str, str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, *size])


def _add_convolution(graph: onnx.GraphProto, layer: Convolution, tensors: dict[str, str]) -> None:
    kernel = layer.kernel.transpose(3, 2, 0, 1)  # (height, width, in, out) -> (out, in, height, width)
    inputs = [tensors[layer.source], f"{layer.name}/kernel"]
    graph.initializer.append(_initialiser(inputs[1], kernel))
    if layer.bias is not None:
        inputs.append(f"{layer.name}/bias")
        graph.initializer.append(_initialiser(inputs[2], layer.bias))
    output = tensors[layer.name]
    # The padding of a strided convolution depends on the picture's size. That of a dilated one must be told:
    # ONNX Runtime finds it only for kernels without gaps.
    reach = [layer.dilation * (side // 2) for side in kernel.shape[2:]]
    padding = {"auto_pad": "SAME_UPPER"} if layer.dilation == 1 else {"pads": reach + reach}
    convolved = output if layer.activation == "linear" else f"{layer.name}/convolved"
    graph.node.append(
        helper.make_node(
            "Conv",
            inputs,
            [convolved],
            name=layer.name,
            kernel_shape=kernel.shape[2:],
            strides=[layer.stride, layer.stride],
            dilations=[layer.dilation, layer.dilation],
            **padding,
        )
    )
    if layer.activation != "linear":
        operator = ONNX_ACTIVATIONS[layer.activation]
        graph.node.append(
            helper.make_node(operator, [convolved], [output], name=f"{layer.name}/{layer.activation}")
        )


def _add_concatenation(graph: onnx.GraphProto, layer: Concatenation, tensors: dict[str, str]) -> None:
    sources = [tensors[source] for source in layer.sources]
    graph.node.append(helper.make_node("Concat", sources, [tensors[layer.name]], name=layer.name, axis=1))


def _add_rescaling(graph: onnx.GraphProto, layer: Rescaling, tensors: dict[str, str]) -> None:
    names = [f"{layer.name}/scale", f"{layer.name}/offset", f"{layer.name}/scaled"]
    for name, value in zip(names, (layer.scale, layer.offset), strict=False):
        graph.initializer.append(_initialiser(name, np.float32(value)))
    scale, offset, scaled = names
    graph.node.append(helper.make_node("Mul", [tensors[layer.source], scale], [scaled], name=scaled))
    graph.node.append(helper.make_node("Add", [scaled, offset], [tensors[layer.name]], name=layer.name))


def _add_node(
    graph: onnx.GraphProto, operator: str, sources: Sequence[str], name: str, tensors: dict[str, str]
) -> None:
    """Add a layer that is one ONNX operator without weights or attributes."""
    inputs = [tensors[source] for source in sources]
    graph.node.append(helper.make_node(operator, inputs, [tensors[name]], name=name))


def _initialiser(name: str, values: Weights) -> onnx.TensorProto:
    """Return weights as a tensor of the graph.

    Denormal ones become zero: they contribute nothing, and some CPUs compute with them many times slower.
    """
    flushed = np.where(np.abs(values) < np.finfo(np.float32).tiny, np.float32(0), values)
    return numpy_helper.from_array(np.ascontiguousarray(flushed), name)
