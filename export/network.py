"""A feed-forward network as plain values: what is read from Keras, and what every target is written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .errors import UnsupportedNetworkError

Activation: TypeAlias = Literal["linear", "relu", "tanh"]
Weights: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Input:
    """The picture that the network sees."""

    name: str
    channels: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Convolution:
    """A 2-D convolution and its activation, padded with zeros so that `ceil(size / stride)` cells come out.

    Where the padding is odd, the extra row and column lie at the bottom and at the right.

    Attributes:
        kernel: (height, width, channels in, channels out) float32.
        bias: (channels out,) float32, or None.
        stride: Step in both directions, in cells of the source; at most the kernel's shorter side.
    """

    name: str
    source: str
    kernel: Weights
    bias: Weights | None
    stride: int
    activation: Activation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Concatenation:
    """Several layers' channels, one after the other."""

    name: str
    sources: tuple[str, ...]


Layer: TypeAlias = Input | Convolution | Concatenation


class Grid(NamedTuple):
    """What a layer yields: so many channels on a grid so coarse.

    `stride` is the side of a cell, in pixels of the network's input.
    """

    channels: int
    stride: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """Layers, each after those that it reads, and the name of the one that is the output."""

    name: str
    layers: tuple[Layer, ...]
    output: str

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(
            layer.kernel.size + (0 if layer.bias is None else layer.bias.size)
            for layer in self.layers
            if isinstance(layer, Convolution)
        )

    def output_grid(self) -> Grid:
        """Return what the network yields.

        Raises:
            UnsupportedNetworkError: The layers do not fit together.
        """
        grids: dict[str, Grid] = {}
        for layer in self.layers:
            match layer:
                case Input():
                    grids[layer.name] = Grid(layer.channels, 1)
                case Convolution():
                    grids[layer.name] = _convolution_grid(layer, grids[layer.source])
                case Concatenation():
                    grids[layer.name] = _concatenation_grid(layer, [grids[name] for name in layer.sources])
        return grids[self.output]


def _convolution_grid(layer: Convolution, source: Grid) -> Grid:
    channels_in, channels_out = layer.kernel.shape[2:]
    if channels_in != source.channels:
        raise UnsupportedNetworkError(
            f"layer {layer.name!r} takes {channels_in} channels, {layer.source!r} yields {source.channels}"
        )
    return Grid(channels_out, source.stride * layer.stride)


def _concatenation_grid(layer: Concatenation, sources: list[Grid]) -> Grid:
    strides = {source.stride for source in sources}
    if len(strides) != 1:
        raise UnsupportedNetworkError(f"layer {layer.name!r} joins grids of different sizes")
    return Grid(sum(source.channels for source in sources), strides.pop())
