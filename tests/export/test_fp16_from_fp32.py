"""The FP16 model is FP16 inside, float32 outside, and close to the FP32 one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from export.errors import PrecisionError
from export.fp16_from_fp32 import fp16_from_fp32
from export.keras_archive import read_keras_archive
from export.network import Network
from export.network_from_keras import network_from_keras
from export.onnx_from_network import onnx_from_network
from export.verification import FP16_TOLERANCE, onnx_curves, sample_image

MakeNetwork = Callable[..., Network]


@pytest.fixture(scope="module")
def fp32(keras_file: Path) -> onnx.ModelProto:
    return onnx_from_network(network_from_keras(read_keras_archive(keras_file)))


def test_every_weight_is_fp16(fp32: onnx.ModelProto) -> None:
    initialisers = fp16_from_fp32(fp32).graph.initializer
    assert len(initialisers) == 14
    assert {tensor.data_type for tensor in initialisers} == {TensorProto.FLOAT16}


def test_the_ends_stay_float32_and_everything_between_is_fp16(fp32: onnx.ModelProto) -> None:
    graph = onnx.shape_inference.infer_shapes(fp16_from_fp32(fp32), strict_mode=True).graph
    assert (graph.input, graph.output) == (fp32.graph.input, fp32.graph.output)
    assert {tensor.type.tensor_type.elem_type for tensor in graph.value_info} == {TensorProto.FLOAT16}
    nodes = [node.op_type for node in graph.node]
    assert (nodes[0], nodes[-1], nodes.count("Cast")) == ("Cast", "Cast", 2)


def test_the_fp32_model_is_left_as_it_is(fp32: onnx.ModelProto) -> None:
    before = fp32.SerializeToString()
    fp16_from_fp32(fp32)
    assert fp32.SerializeToString() == before


@pytest.mark.parametrize(("height", "width"), [(1, 1), (37, 53), (64, 96)])
def test_it_is_close_to_fp32(fp32: onnx.ModelProto, height: int, width: int) -> None:
    image = sample_image(height, width)
    half = onnx_curves(fp16_from_fp32(fp32).SerializeToString(), image)
    single = onnx_curves(fp32.SerializeToString(), image)
    np.testing.assert_allclose(half, single, rtol=0, atol=FP16_TOLERANCE)
    assert not np.array_equal(half, single)


def test_values_below_the_smallest_normal_number_become_zero(one_convolution: MakeNetwork) -> None:
    smallest = float(np.finfo(np.float16).tiny)
    bias = np.zeros(24)
    bias[:4] = smallest, -0.9 * smallest, 1e-8, -smallest
    half = fp16_from_fp32(onnx_from_network(one_convolution(bias=bias)))
    assert numpy_helper.to_array(half.graph.initializer[1])[:4].tolist() == [smallest, 0, 0, -smallest]


def test_a_weight_beyond_fp16_is_named(one_convolution: MakeNetwork) -> None:
    network = one_convolution(bias=np.full(24, -70_000))
    with pytest.raises(
        PrecisionError, match="conv/bias holds a weight of magnitude 70000, and FP16 ends at 65504"
    ):
        fp16_from_fp32(onnx_from_network(network))
