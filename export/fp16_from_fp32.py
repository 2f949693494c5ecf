"""An FP32 ONNX model as one that computes in FP16 and keeps float32 at both ends.

The graph itself types all arithmetic as FP16: strongly typed TensorRT networks take their precision from it.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .errors import PrecisionError

FP16 = np.finfo(np.float16)


def fp16_from_fp32(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model with FP16 weights, a cast after the input and one before the output.

    Args:
        model: As `onnx_from_network` writes it: one float32 input, one float32 output, no constants but the
            initialisers. It is left as it is.

    Raises:
        PrecisionError: A weight is too large for FP16.
    """
    half = onnx.ModelProto()
    half.CopyFrom(model)
    graph = half.graph
    for tensor in graph.initializer:
        tensor.CopyFrom(_half_precision(tensor))
    (image,), (curves,) = graph.input, graph.output
    inside = {image.name: f"{image.name}/fp16", curves.name: f"{curves.name}/fp16"}
    for node in graph.node:
        node.input[:] = [inside.get(name, name) for name in node.input]
        node.output[:] = [inside.get(name, name) for name in node.output]
    graph.node.insert(0, _cast(image.name, inside[image.name], TensorProto.FLOAT16))
    graph.node.append(_cast(inside[curves.name], curves.name, TensorProto.FLOAT))
    onnx.checker.check_model(half, full_check=True)
    return half


def _half_precision(tensor: onnx.TensorProto) -> onnx.TensorProto:
    values = numpy_helper.to_array(tensor)
    largest = np.abs(values).max(initial=0)
    if largest > FP16.max:
        raise PrecisionError(
            f"{tensor.name} holds a weight of magnitude {largest:g}, and FP16 ends at {FP16.max:g}; "
            "export with --precision fp32, or train with weight decay"
        )
    half = values.astype(np.float16)
    half[np.abs(half) < FP16.tiny] = 0  # not every device computes with FP16 denormals
    return numpy_helper.from_array(half, tensor.name)


def _cast(source: str, target: str, precision: int) -> onnx.NodeProto:
    return helper.make_node("Cast", [source], [target], name=f"{target}/cast", to=precision)
