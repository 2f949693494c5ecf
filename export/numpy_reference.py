"""A network computed in NumPy float64: slow, but independent of what writes and runs artefacts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .network import (
    Activation,
    Arithmetic,
    Concatenation,
    Convolution,
    Elementwise,
    GlobalPooling,
    Input,
    Network,
    Rescaling,
)


def reference_curves(network: Network, image: NDArray[np.float32]) -> NDArray[np.float64]:
    """Compute the output of a network.

    Args:
        network: What to compute.
        image: (1, 3, height, width) float32 in [0, 1].

    Returns:
        (1, channels, map height, map width) float64.
    """
    outputs: dict[str, NDArray[np.float64]] = {}  # each (height, width, channels), as in Keras
    for layer in network.layers:
        match layer:
            case Input():
                outputs[layer.name] = image[0].transpose(1, 2, 0).astype(np.float64)
            case Convolution():
                outputs[layer.name] = _convolved(layer, outputs[layer.source])
            case Concatenation():
                outputs[layer.name] = np.concatenate([outputs[source] for source in layer.sources], axis=-1)
            case Rescaling():
                outputs[layer.name] = outputs[layer.source] * layer.scale + layer.offset
            case Elementwise():
                outputs[layer.name] = _function(layer, outputs[layer.source])
            case Arithmetic():
                outputs[layer.name] = _combined(layer, *(outputs[source] for source in layer.sources))
            case GlobalPooling():
                outputs[layer.name] = _pooled(layer, outputs[layer.source])
    return np.expand_dims(outputs[network.output].transpose(2, 0, 1), 0)


def _convolved(layer: Convolution, source: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum, over the kernel's taps, the shifted source times the tap's matrix (channels in, channels out)."""
    kernel_height, kernel_width, _, channels = layer.kernel.shape
    dilation = layer.dilation
    rows, top, bottom = _same_padding(source.shape[0], dilation * (kernel_height - 1) + 1, layer.stride)
    columns, left, right = _same_padding(source.shape[1], dilation * (kernel_width - 1) + 1, layer.stride)
    padded = np.pad(source, ((top, bottom), (left, right), (0, 0)))
    total = np.zeros((rows, columns, channels))
    for y in range(kernel_height):
        for x in range(kernel_width):
            shifted = padded[dilation * y :: layer.stride, dilation * x :: layer.stride][:rows, :columns]
            total += shifted @ layer.kernel[y, x].astype(np.float64)
    if layer.bias is not None:
        total += layer.bias
    return _activated(total, layer.activation)


def _same_padding(size: int, kernel: int, stride: int) -> tuple[int, int, int]:
    """Return the number of outputs along an axis, and the zeros before and after it; odd ones come after."""
    outputs = -(-size // stride)
    zeros = max((outputs - 1) * stride + kernel - size, 0)
    return outputs, zeros // 2, zeros - zeros // 2


def _function(layer: Elementwise, values: NDArray[np.float64]) -> NDArray[np.float64]:
    match layer.function:
        case "log":
            return np.log(values)
        case "relu":
            return np.maximum(values, 0)


def _combined(
    layer: Arithmetic, first: NDArray[np.float64], second: NDArray[np.float64]
) -> NDArray[np.float64]:
    match layer.operation:
        case "add":
            return first + second
        case "subtract":
            return first - second
        case "multiply":
            return first * second


def _pooled(layer: GlobalPooling, source: NDArray[np.float64]) -> NDArray[np.float64]:
    match layer.statistic:
        case "mean":
            return np.asarray(source.mean((0, 1), keepdims=True))
        case "max":
            return np.asarray(source.max((0, 1), keepdims=True))


def _activated(values: NDArray[np.float64], activation: Activation) -> NDArray[np.float64]:
    match activation:
        case "linear":
            return values
        case "relu":
            return np.maximum(values, 0)
        case "tanh":
            return np.tanh(values)
