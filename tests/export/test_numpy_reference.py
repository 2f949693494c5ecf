"""The reference computes cases that were worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from export.network import (
    Arithmetic,
    Concatenation,
    Elementwise,
    GlobalPooling,
    Layer,
    Network,
    Operation,
    Rescaling,
)
from export.numpy_reference import reference_curves

MakeNetwork = Callable[..., Network]

# One channel:  1 2 3
#               4 5 6
IMAGE = np.array([[[[1, 2, 3], [4, 5, 6]]]], np.float32)
COUNTING = np.arange(1, 10).reshape(3, 3, 1, 1)  # the kernel 1 2 3 / 4 5 6 / 7 8 9


def test_a_convolution_correlates_and_pads_with_zeros(one_convolution: MakeNetwork) -> None:
    network = one_convolution(COUNTING, np.array([100]), activation="linear")
    middle = 4 * 1 + 5 * 2 + 6 * 3 + 7 * 4 + 8 * 5 + 9 * 6
    corner = 5 * 1 + 6 * 2 + 8 * 4 + 9 * 5
    curves = reference_curves(network, IMAGE)
    assert curves.shape == (1, 1, 2, 3)
    assert curves[0, 0, 0, 1] == 100 + middle
    assert curves[0, 0, 0, 0] == 100 + corner


def test_a_stride_pads_at_the_end_first(one_convolution: MakeNetwork) -> None:
    # Rows 2 -> 1: one zero row below. Columns 3 -> 2: one zero column on each side.
    network = one_convolution(COUNTING, activation="linear", stride=2)
    left = 2 * 1 + 3 * 2 + 5 * 4 + 6 * 5
    right = 1 * 2 + 2 * 3 + 4 * 5 + 5 * 6
    assert reference_curves(network, IMAGE).tolist() == [[[[left, right]]]]


@pytest.mark.parametrize(
    ("activation", "expected"),
    [("linear", [-2.0, 0.5]), ("relu", [0.0, 0.5]), ("tanh", [-0.9640275800758169, 0.46211715726000975])],
)
def test_activations(one_convolution: MakeNetwork, activation: str, expected: list[float]) -> None:
    network = one_convolution(np.ones((1, 1, 1, 1)), activation=activation)
    image = np.array([[[[-2, 0.5]]]], np.float32)
    np.testing.assert_allclose(reference_curves(network, image)[0, 0, 0], expected, rtol=1e-15)


def test_a_dilated_kernel_skips_cells(one_convolution: MakeNetwork) -> None:
    # One row of five cells; the kernel's middle row is 4 5 6, and it looks two cells to either side.
    row = np.array([[[[1, 2, 3, 4, 5]]]], np.float32)
    network = one_convolution(COUNTING, activation="linear", dilation=2)
    expected = [5 * 1 + 6 * 3, 5 * 2 + 6 * 4, 4 * 1 + 5 * 3 + 6 * 5, 4 * 2 + 5 * 4, 4 * 3 + 5 * 5]
    assert reference_curves(network, row).tolist() == [[[expected]]]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Rescaling(name="made", source="conv", scale=2, offset=-5), [[-3, -1, 1], [3, 5, 7]]),
        (Elementwise(name="made", source="conv", function="log"), np.log([[1, 2, 3], [4, 5, 6]])),
        (GlobalPooling(name="made", source="conv", statistic="mean"), [[3.5]]),
        (GlobalPooling(name="made", source="conv", statistic="max"), [[6]]),
        (Arithmetic(name="made", sources=("conv", "conv"), operation="multiply"), [[1, 4, 9], [16, 25, 36]]),
    ],
)
def test_layers_without_weights(one_convolution: MakeNetwork, layer: Layer, expected: object) -> None:
    copied = one_convolution(np.ones((1, 1, 1, 1)), activation="linear")
    network = Network(name="two", layers=(*copied.layers, layer), output="made")
    np.testing.assert_allclose(reference_curves(network, IMAGE)[0, 0], np.asarray(expected), rtol=1e-15)


@pytest.mark.parametrize(
    ("operation", "expected"), [("add", [4.5, 9.5]), ("subtract", [-2.5, 2.5]), ("multiply", [3.5, 21])]
)
def test_a_single_cell_counts_for_all(
    one_convolution: MakeNetwork, operation: Operation, expected: list[float]
) -> None:
    copied = one_convolution(np.ones((1, 1, 1, 1)), activation="linear")
    layers = (
        *copied.layers,
        GlobalPooling(name="mean", source="conv", statistic="mean"),
        Arithmetic(name="made", sources=("conv", "mean"), operation=operation),
    )
    curves = reference_curves(Network(name="three", layers=layers, output="made"), IMAGE)
    assert [curves[0, 0, 0, 0], curves[0, 0, 1, 2]] == expected


def test_a_concatenation_keeps_the_order_of_its_sources(one_convolution: MakeNetwork) -> None:
    network = one_convolution(np.full((1, 1, 1, 1), 10), activation="linear")
    joined = Concatenation(name="joined", sources=("conv", "picture"))
    curves = reference_curves(Network(name="two", layers=(*network.layers, joined), output="joined"), IMAGE)
    np.testing.assert_array_equal(curves, np.concatenate([10 * IMAGE, IMAGE], axis=1))
