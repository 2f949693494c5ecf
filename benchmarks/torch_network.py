"""Networks of ours by PyTorch: in the place of TensorRT on machines that lack it, and as a peer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional

from export.manifest import COLOURS, INPUT_NAME, OUTPUT_NAME, RATIONAL_REACH, Manifest
from realtime.curves.map_geometry import MapGeometry


class _Step(NamedTuple):
    """An operator of the graph: what it reads, what it writes, and how a convolution goes."""

    operator: str
    inputs: tuple[str, ...]
    output: str
    stride: int
    dilation: int


class CurveNetwork(torch.nn.Module):  # type: ignore[misc]
    """An ONNX file of ours as a module: (N, 3, height, width) RGB in [0, 1] to curve maps."""

    def __init__(self, model: Path) -> None:
        """Read an FP32 file."""
        super().__init__()
        self.is_rational = Manifest.read(model).curve == "rational"
        graph = onnx.load(str(model)).graph
        for tensor in graph.initializer:
            self.register_buffer(_name(tensor.name), torch.tensor(numpy_helper.to_array(tensor)))
        self._steps = tuple(_step(node) for node in graph.node)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Compute the curve maps."""
        values = dict(self.named_buffers())
        values[_name(INPUT_NAME)] = image
        for step in self._steps:
            values[step.output] = _computed(step, [values[name] for name in step.inputs])
        return values[_name(OUTPUT_NAME)]


def enhanced_at_full_size(network: CurveNetwork, codes: torch.Tensor) -> torch.Tensor:
    """Run the network on whole frames and apply the curves: the usual deployment.

    Args:
        network: In the precision to compute in.
        codes: (N, 3, height, width) uint8 RGB.

    Returns:
        The same, enhanced.
    """
    precision = next(network.buffers()).dtype
    image = codes.to(precision) / 255
    curves = network(image)
    if curves.shape[2:] != image.shape[2:]:
        curves = functional.interpolate(curves, size=image.shape[2:], mode="bilinear")
    for curve in curves.split(COLOURS, dim=1):
        if network.is_rational:
            image = image / (image + (1 + RATIONAL_REACH * curve) ** 2 * (1 - image))
        else:
            image = image + curve * (image * image - image)
    return (image.clamp(0, 1) * 255).round().to(torch.uint8)


class TorchNetwork:
    """The network in FP16 on the GPU; see `realtime.tensorrt.network.Network`. Replayed as a graph."""

    def __init__(self, model: Path) -> None:
        """Load an ONNX file of ours."""
        manifest = Manifest.read(model)
        self.map_stride, self.maps, self.curve = manifest.map_stride, manifest.maps, manifest.curve
        self._module = CurveNetwork(model).half().cuda()
        self._graph: torch.cuda.CUDAGraph | None = None

    def bind(self, geometry: MapGeometry, image: int, curves: int, stream: Any) -> None:
        """See `Network`."""
        (width, height), (curves_width, curves_height) = geometry.image_size_wh, geometry.curves_size_wh
        self._stream = torch.cuda.ExternalStream(stream.handle)
        self._image = _on_device(image, (1, 3, height, width))
        self._curves = _on_device(curves, (1, COLOURS * self.maps, curves_height, curves_width))
        with torch.cuda.stream(self._stream):
            for _ in range(3):  # cuDNN chooses, and allocates
                self._estimate()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=self._stream):
            self._estimate()
        self._graph = graph

    def run(self) -> None:
        """See `Network`."""
        if self._graph is None:
            raise RuntimeError("bind comes before run")
        with torch.cuda.stream(self._stream):
            self._graph.replay()

    def close(self) -> None:
        """See `Network`."""
        self._graph = None

    def _estimate(self) -> None:
        with torch.inference_mode():
            self._curves.copy_(self._module(self._image.half()))


class _DeviceArray:
    """Device memory as other libraries see it: the CUDA Array Interface, version 3."""

    def __init__(self, address: int, shape: tuple[int, ...]) -> None:
        self.__cuda_array_interface__ = {
            "shape": shape, "typestr": "<f4", "data": (address, False), "strides": None, "version": 3
        }  # fmt: skip


def _on_device(address: int, shape: tuple[int, ...]) -> torch.Tensor:
    """View float32 values in device memory as a tensor."""
    return torch.as_tensor(_DeviceArray(address, shape), device="cuda")


def _name(tensor: str) -> str:
    """Return a tensor's name as that of a buffer, which has no slashes."""
    return tensor.replace("/", "_")


def _step(node: onnx.NodeProto) -> _Step:
    values = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
    return _Step(
        node.op_type,
        tuple(_name(name) for name in node.input),
        _name(node.output[0]),
        values.get("strides", [1])[0],
        values.get("dilations", [1])[0],
    )


def _computed(step: _Step, inputs: list[torch.Tensor]) -> torch.Tensor:
    if step.operator == "Conv":
        source, kernel, *bias = inputs
        return _convolved(source, kernel, bias[0] if bias else None, step)
    return _OPERATORS[step.operator](*inputs)


_OPERATORS: dict[str, Callable[..., torch.Tensor]] = {
    "Concat": lambda *inputs: torch.cat(inputs, dim=1),
    "Add": torch.add,
    "Sub": torch.sub,
    "Mul": torch.mul,
    "Log": torch.log,
    "Relu": torch.relu,
    "Tanh": torch.tanh,
    "GlobalAveragePool": lambda source: source.mean((2, 3), keepdim=True),
    "GlobalMaxPool": lambda source: source.amax((2, 3), keepdim=True),
}


def _convolved(
    source: torch.Tensor, kernel: torch.Tensor, bias: torch.Tensor | None, step: _Step
) -> torch.Tensor:
    """Convolve, padded with zeros so that `ceil(size / stride)` cells come out, odd ones at the end."""
    padding: list[int] = []
    for size, side in zip(source.shape[:1:-1], kernel.shape[:1:-1], strict=True):  # the last axis first
        cells = -(-size // step.stride)
        zeros = max((cells - 1) * step.stride + step.dilation * (side - 1) + 1 - size, 0)
        padding += [zeros // 2, zeros - zeros // 2]
    return functional.conv2d(
        functional.pad(source, padding), kernel, bias, stride=step.stride, dilation=step.dilation
    )
