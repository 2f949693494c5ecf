"""A feed-forward network as plain values: what is read from Keras, and what every target is written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .errors import UnsupportedNetworkError
from .manifest import COLOURS, Curve, most_maps

Activation: TypeAlias = Literal["linear", "relu", "tanh"]
Function: TypeAlias = Literal["log", "relu"]
Operation: TypeAlias = Literal["add", "subtract", "multiply"]
Statistic: TypeAlias = Literal["mean", "max"]
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
        dilation: Distance of the cells that the kernel looks at, in both directions; 1 if the stride is more.
    """

    name: str
    source: str
    kernel: Weights
    bias: Weights | None
    stride: int
    dilation: int = 1
    activation: Activation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Concatenation:
    """Several layers' channels, one after the other."""

    name: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rescaling:
    """Every value times a factor, plus an offset."""

    name: str
    source: str
    scale: float
    offset: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Elementwise:
    """A function of every value."""

    name: str
    source: str
    function: Function


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arithmetic:
    """Two layers' values, the first and the second; a single cell counts for all cells of the other."""

    name: str
    sources: tuple[str, str]
    operation: Operation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GlobalPooling:
    """A statistic of each channel over all cells, as a single cell."""

    name: str
    source: str
    statistic: Statistic


Layer: TypeAlias = Input | Convolution | Concatenation | Rescaling | Elementwise | Arithmetic | GlobalPooling


class Grid(NamedTuple):
    """What a layer yields: so many channels on a grid so coarse.

    `stride` is the side of a cell, in pixels of the network's input; None where one cell is all there is.
    """

    channels: int
    stride: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """Layers, each after those that it reads, the name of the one that is the output, and what maps do."""

    name: str
    layers: tuple[Layer, ...]
    output: str
    curve: Curve = "quadratic"

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(
            layer.kernel.size + (0 if layer.bias is None else layer.bias.size)
            for layer in self.layers
            if isinstance(layer, Convolution)
        )

    @property
    def map_stride(self) -> int:
        """Side of a cell of the output, in pixels of the input.

        Raises:
            UnsupportedNetworkError: The output is a single cell, or the layers do not fit together.
        """
        stride = self.output_grid().stride
        if stride is None:
            raise UnsupportedNetworkError(
                "the network's output is a single cell, and not maps of the picture"
            )
        return stride

    @property
    def maps(self) -> int:
        """Number of maps of each colour that the output holds.

        Raises:
            UnsupportedNetworkError: That is no whole number, or too many, or the layers do not fit.
        """
        channels = self.output_grid().channels
        maps, left_over = divmod(channels, COLOURS)
        if left_over or not 0 < maps <= most_maps(self.curve):
            raise UnsupportedNetworkError(
                f"the network's output has {channels} channels; a curve estimator has three, of R, G and B, "
                f"up to {most_maps(self.curve)} times for {self.curve} curves"
            )
        return maps

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
                case Rescaling() | Elementwise():
                    grids[layer.name] = grids[layer.source]
                case Arithmetic():
                    grids[layer.name] = _arithmetic_grid(layer, [grids[name] for name in layer.sources])
                case GlobalPooling():
                    grids[layer.name] = Grid(grids[layer.source].channels, None)
        return grids[self.output]


def _convolution_grid(layer: Convolution, source: Grid) -> Grid:
    channels_in, channels_out = layer.kernel.shape[2:]
    if channels_in != source.channels:
        raise UnsupportedNetworkError(
            f"layer {layer.name!r} takes {channels_in} channels, {layer.source!r} yields {source.channels}"
        )
    if source.stride is None:
        return Grid(channels_out, None)
    return Grid(channels_out, source.stride * layer.stride)


def _concatenation_grid(layer: Concatenation, sources: list[Grid]) -> Grid:
    strides = {source.stride for source in sources}
    if len(strides) != 1:
        raise UnsupportedNetworkError(f"layer {layer.name!r} joins grids of different sizes")
    return Grid(sum(source.channels for source in sources), strides.pop())


def _arithmetic_grid(layer: Arithmetic, sources: list[Grid]) -> Grid:
    channels = {source.channels for source in sources}
    strides = {source.stride for source in sources} - {None}
    if len(channels) != 1 or len(strides) > 1:
        raise UnsupportedNetworkError(f"layer {layer.name!r} combines grids of different sizes")
    return Grid(channels.pop(), strides.pop() if strides else None)
