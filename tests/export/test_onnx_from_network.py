"""The ONNX graph keeps its contract and computes what Keras and Keras' own exporter compute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from export.errors import UnsupportedNetworkError
from export.keras_archive import read_keras_archive
from export.network import Arithmetic, Concatenation, Network
from export.network_from_keras import network_from_keras
from export.numpy_reference import reference_curves
from export.onnx_from_network import onnx_from_network
from export.onnx_runtime import onnxruntime
from export.verification import onnx_curves, sample_image

if TYPE_CHECKING:
    import keras

MakeNetwork = Callable[..., Network]
SaveKeras = Callable[["keras.Model"], Path]

# Float32 sums in another order; the maps' range is [-1, 1].
TOLERANCE = 1e-5

SIZES = [(1, 1), (1, 2), (2, 1), (3, 7), (37, 53), (64, 96)]


@pytest.fixture(scope="module")
def model(keras_file: Path) -> onnx.ModelProto:
    return onnx_from_network(network_from_keras(read_keras_archive(keras_file)))


@pytest.mark.parametrize("size", SIZES)
def test_it_agrees_with_keras_at_every_size(
    model: onnx.ModelProto, keras_network: keras.Model, size: tuple[int, int]
) -> None:
    image = sample_image(*size)
    expected = np.asarray(keras_network(image.transpose(0, 2, 3, 1))).transpose(0, 3, 1, 2)
    assert np.abs(expected).max() > 0.1  # the comparison is of something
    np.testing.assert_allclose(
        onnx_curves(model.SerializeToString(), image), expected, rtol=0, atol=TOLERANCE
    )


def test_it_agrees_with_the_keras_exporter(
    model: onnx.ModelProto, keras_network: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")  # the exporter sets it, and it is to be as it was
    path = tmp_path / "keras.onnx"
    keras_network.export(path, format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    image = sample_image()
    (expected,) = session.run(None, {session.get_inputs()[0].name: image.transpose(0, 2, 3, 1)})
    actual = onnx_curves(model.SerializeToString(), image)
    np.testing.assert_allclose(actual, expected.transpose(0, 3, 1, 2), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("size", [(4, 4), (8, 12), (64, 96), (37, 53)])
def test_a_network_with_a_global_view_agrees_with_keras(
    keras_context_network: keras.Model, save_keras: SaveKeras, size: tuple[int, int]
) -> None:
    network = network_from_keras(read_keras_archive(save_keras(keras_context_network)))
    assert (network.parameters, network.map_stride) == (35_155, 4)
    assert (network.curve, network.maps) == ("rational", 1)
    image = sample_image(*size)
    expected = np.asarray(keras_context_network(image.transpose(0, 2, 3, 1))).transpose(0, 3, 1, 2)
    assert np.abs(expected).max() > 0.1
    actual = onnx_curves(onnx_from_network(network).SerializeToString(), image)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(actual, reference_curves(network, image), rtol=0, atol=TOLERANCE)


def test_its_ends_are_those_of_the_contract(model: onnx.ModelProto) -> None:
    assert [described(tensor) for tensor in model.graph.input] == [("image", [1, 3, "height", "width"])]
    assert [described(tensor) for tensor in model.graph.output] == [("curves", [1, 24, "height", "width"])]
    assert sum(np.prod(tensor.dims) for tensor in model.graph.initializer) == 79_416


def test_its_versions_are_old_enough_for_jetpack_5(model: onnx.ModelProto) -> None:
    assert (model.ir_version, model.opset_import[0].version) == (8, 17)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("stride", "kernel"), [(2, (2, 2)), (2, (3, 3)), (3, (3, 5)), (4, (4, 4)), (4, (7, 5))]
)
def test_striding_agrees_with_keras(
    keras: ModuleType,
    one_convolution: MakeNetwork,
    stride: int,
    kernel: tuple[int, int],
    size: tuple[int, int],
) -> None:
    weights = np.random.default_rng(5).normal(0, 0.3, (*kernel, 3, 24)).astype(np.float32)
    network = one_convolution(weights, stride=stride, activation="linear")
    image = sample_image(*size)
    expected = keras.ops.conv(image.transpose(0, 2, 3, 1), weights, stride, "same")
    actual = onnx_curves(onnx_from_network(network).SerializeToString(), image)
    np.testing.assert_allclose(actual, np.asarray(expected).transpose(0, 3, 1, 2), rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(actual, reference_curves(network, image), rtol=0, atol=TOLERANCE)


def test_coarse_maps_have_a_size_of_their_own(one_convolution: MakeNetwork) -> None:
    model = onnx_from_network(one_convolution(np.ones((4, 4, 3, 24)), stride=4))
    assert described(model.graph.output[0]) == ("curves", [1, 24, "map_height", "map_width"])


def test_a_picture_that_is_passed_on_is_no_map(one_convolution: MakeNetwork) -> None:
    with pytest.raises(UnsupportedNetworkError, match="output is the picture itself"):
        onnx_from_network(replace(one_convolution(), output="picture"))


def test_denormal_weights_become_zero(one_convolution: MakeNetwork) -> None:
    kernel = np.full((1, 1, 3, 24), 1e-39)
    kernel[..., 0] = -0.5
    kernel[..., 1] = np.finfo(np.float32).tiny  # the smallest that is not denormal
    model = onnx_from_network(one_convolution(kernel, bias=np.full(24, -1e-40)))
    weights, bias = (numpy_helper.to_array(tensor) for tensor in model.graph.initializer)
    assert np.unique(weights).tolist() == [-0.5, 0, np.finfo(np.float32).tiny]
    assert not bias.any()


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ((3, 3, 1, 24), r"inputs have \[1\] channels; .* RGB"),
        (
            (3, 3, 3, 51),
            "output has 51 channels; .* three, of R, G and B, up to 16 times for quadratic curves",
        ),
        ((3, 3, 3, 13), "output has 13 channels; "),
    ],
)
def test_a_network_that_estimates_no_curves_is_refused(
    one_convolution: MakeNetwork, shape: tuple[int, ...], reason: str
) -> None:
    with pytest.raises(UnsupportedNetworkError, match=reason):
        onnx_from_network(one_convolution(np.ones(shape)))


def test_layers_that_do_not_fit_together_are_named(one_convolution: MakeNetwork) -> None:
    network = one_convolution(stride=2)
    joined = Concatenation(name="joined", sources=("picture", "conv"))
    with pytest.raises(UnsupportedNetworkError, match="layer 'joined' joins grids of different sizes"):
        onnx_from_network(Network(name="odd", layers=(*network.layers, joined), output="joined"))


def test_arithmetic_on_grids_that_do_not_fit_is_named(one_convolution: MakeNetwork) -> None:
    network = one_convolution(np.ones((2, 2, 3, 3)), stride=2)
    combined = Arithmetic(name="sum", sources=("picture", "conv"), operation="add")
    with pytest.raises(UnsupportedNetworkError, match="layer 'sum' combines grids of different sizes"):
        onnx_from_network(Network(name="odd", layers=(*network.layers, combined), output="sum"))


def described(tensor: onnx.ValueInfoProto) -> tuple[str, list[int | str]]:
    assert tensor.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    shape = tensor.type.tensor_type.shape
    return tensor.name, [size.dim_param or size.dim_value for size in shape.dim]
