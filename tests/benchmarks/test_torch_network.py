"""PyTorch computes what ONNX Runtime computes; where it is not installed these tests are skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.onnx_runtime import onnxruntime
from realtime.estimator import find_model

if TYPE_CHECKING:
    from types import ModuleType

torch = pytest.importorskip("torch", reason="PyTorch is for benchmarks on GPUs")


@pytest.fixture
def module() -> ModuleType:
    from benchmarks import torch_network  # noqa: PLC0415 - imports PyTorch

    return torch_network


@pytest.mark.parametrize("name", ["context", "zero-dce"])
@pytest.mark.parametrize("size", [(64, 96), (36, 52)])
def test_it_computes_what_onnx_runtime_does(module: ModuleType, name: str, size: tuple[int, int]) -> None:
    image = np.random.default_rng(1).random((1, 3, *size), np.float32) * 0.4
    session = onnxruntime.InferenceSession(str(find_model(name)), providers=["CPUExecutionProvider"])
    (expected,) = session.run(["curves"], {"image": image})
    with torch.inference_mode():
        actual = module.CurveNetwork(find_model(name))(torch.from_numpy(image)).numpy()
    np.testing.assert_allclose(actual, expected, rtol=0, atol=2e-5)


def test_the_curves_are_applied_to_whole_frames(module: ModuleType) -> None:
    codes = np.random.default_rng(2).integers(0, 70, (1, 3, 36, 52), np.uint8)
    network = module.CurveNetwork(find_model("zero-dce"))
    image = codes / np.float32(255)
    with torch.inference_mode():
        actual = module.enhanced_at_full_size(network, torch.from_numpy(codes)).numpy()
        curves = network(torch.from_numpy(image)).numpy().astype(np.float64)
    expected = image.astype(np.float64)
    for begin in range(0, 24, 3):
        expected += curves[:, begin : begin + 3] * (expected * expected - expected)
    assert np.abs(actual - 255 * expected).max() <= 0.51
    assert actual.mean() > 1.5 * codes.mean()


@pytest.mark.parametrize("name", ["context", "zero-dce"])
def test_it_compiles_as_one_piece(module: ModuleType, name: str) -> None:
    codes = torch.from_numpy(np.random.default_rng(3).integers(0, 70, (1, 3, 32, 48), np.uint8))
    network = module.CurveNetwork(find_model(name))

    def enhance(frame: torch.Tensor) -> torch.Tensor:
        return module.enhanced_at_full_size(network, frame)

    with torch.inference_mode():
        compiled = torch.compile(enhance, backend="eager", fullgraph=True)(codes)
        assert torch.equal(compiled, enhance(codes))


def test_coarse_maps_are_interpolated(module: ModuleType) -> None:
    codes = torch.full((1, 3, 40, 56), 20, dtype=torch.uint8)
    with torch.inference_mode():
        enhanced = module.enhanced_at_full_size(module.CurveNetwork(find_model("context")), codes)
    assert enhanced.shape == codes.shape
    assert enhanced.float().mean() > 30
