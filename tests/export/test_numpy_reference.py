"""The reference computes cases that were worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from export.network import Concatenation, Network
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


def test_a_concatenation_keeps_the_order_of_its_sources(one_convolution: MakeNetwork) -> None:
    network = one_convolution(np.full((1, 1, 1, 1), 10), activation="linear")
    joined = Concatenation(name="joined", sources=("conv", "picture"))
    curves = reference_curves(Network(name="two", layers=(*network.layers, joined), output="joined"), IMAGE)
    np.testing.assert_array_equal(curves, np.concatenate([10 * IMAGE, IMAGE], axis=1))
