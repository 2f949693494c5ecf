"""Networks of one convolution, with the manifest that makes them models of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.manifest import Manifest, sha256_hex
from export.network import Convolution, Input, Network
from export.onnx_from_network import onnx_from_network


def tiny_network(*, stride: int = 1, maps: int = 8, seed: int = 0) -> Network:
    """Return a network of random weights, from RGB to maps on a grid `stride` pixels wide."""
    random = np.random.default_rng(seed)
    side = max(3, stride)
    return _network(
        random.normal(0, 0.3, (side, side, 3, 3 * maps)),
        random.normal(0, 0.1, 3 * maps),
        stride,
        activation="tanh",
    )


def constant_network(value: float) -> Network:
    """Return a network whose maps have one value everywhere, whatever the picture."""
    return _network(np.zeros((1, 1, 3, 24)), np.full(24, value), stride=1, activation="linear")


def write_model(path: Path, network: Network, **claims: Any) -> Path:
    """Write a network as ONNX and a manifest beside it, which may claim something else than the truth."""
    data = onnx_from_network(network).SerializeToString()
    path.write_bytes(data)
    write_manifest(path, **({"map_stride": network.output_grid().stride} | claims))
    return path


def write_manifest(path: Path, **claims: Any) -> None:
    """Write the manifest of the file that lies at a path."""
    facts = {
        "model": "tiny",
        "precision": "fp32",
        "sha256": sha256_hex(path.read_bytes()),
        "source_sha256": 64 * "0",
        "parameters": 1,
        "opset": 17,
        "producers": {},
        "max_error": 0.0,
        "mean_error": 0.0,
        "tolerance": 0.0,
        "map_stride": 1,
        "curve": "quadratic",
        "maps": 8,
    }
    Manifest(**(facts | claims)).write(path)


def _network(kernel: NDArray[np.float64], bias: NDArray[np.float64], stride: int, activation: Any) -> Network:
    layer = Convolution(
        name="conv",
        source="picture",
        kernel=kernel.astype(np.float32),
        bias=bias.astype(np.float32),
        stride=stride,
        activation=activation,
    )
    return Network(name="tiny", layers=(Input(name="picture", channels=3), layer), output="conv")
