"""Each shipped ONNX model is the shipped Keras model of its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from export.keras_archive import KerasArchive, read_keras_archive
from export.manifest import Manifest
from export.network_from_keras import network_from_keras
from export.numpy_reference import reference_curves
from export.verification import FP32_TOLERANCE, onnx_curves, sample_image

WEIGHTS = Path(__file__).parents[2] / "zerodce" / "weights"


@pytest.fixture(scope="module", params=sorted(WEIGHTS.glob("*.keras")), ids=lambda path: path.stem)
def model(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def archive(model: Path) -> KerasArchive:
    return read_keras_archive(model)


def test_the_onnx_file_was_made_from_the_keras_file(model: Path, archive: KerasArchive) -> None:
    remedy = f"run: zerodce-export onnx {model} --precision fp32 --overwrite"
    assert Manifest.read(model.with_suffix(".onnx")).source_sha256 == archive.sha256, remedy


def test_they_compute_the_same_curves(model: Path, archive: KerasArchive) -> None:
    image = sample_image(41, 59, seed=1)
    curves = onnx_curves(model.with_suffix(".onnx").read_bytes(), image)
    expected = reference_curves(network_from_keras(archive), image)
    np.testing.assert_allclose(curves, expected, rtol=0, atol=FP32_TOLERANCE)
