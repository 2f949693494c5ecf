"""The layer that an ONNX file ends in is that which `onnx` tells; damaged files have none."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from export.last_layer import last_layer

WEIGHTS = Path(__file__).parents[2] / "zerodce" / "weights"


@pytest.mark.parametrize(("name", "layer"), [("context", "rational_curves"), ("zero-dce", "conv7")])
def test_it_is_the_one_that_yields_the_output(name: str, layer: str) -> None:
    data = (WEIGHTS / f"{name}.onnx").read_bytes()
    (node,) = (node for node in onnx.load_from_string(data).graph.node if "curves" in node.output)
    assert node.name == f"{layer}/tanh"
    assert last_layer(data, "curves") == layer


def test_there_is_none_for_an_output_that_is_not_there() -> None:
    assert last_layer((WEIGHTS / "context.onnx").read_bytes(), "maps") is None


@pytest.mark.parametrize("data", [b"", b"an ONNX file", b"\xff" * 100, bytes(range(256)), b":\x05\x0a\x03ab"])
def test_there_is_none_in_what_is_no_network(data: bytes) -> None:
    assert last_layer(data, "curves") is None


def test_there_is_none_in_a_file_that_is_cut_off() -> None:
    data = (WEIGHTS / "context.onnx").read_bytes()
    lengths = [*range(0, len(data) - 50, 331), len(data) // 2, len(data) - 50]
    assert {last_layer(data[:length], "curves") for length in lengths} == {None}
