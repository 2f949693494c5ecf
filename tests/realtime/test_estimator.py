"""The network is run as it was exported, and what is not a model of ours is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from export.artefacts import export_onnx
from export.manifest import Precision
from export.numpy_reference import reference_curves
from realtime.errors import ModelError
from realtime.estimator import CurveEstimator, find_model

from .tiny_model import tiny_network, write_manifest, write_model

# Float32 sums in another order; the maps' range is [-1, 1].
TOLERANCE = 1e-5
BORDER = 4  # how far the picture is mirrored, at least


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 1, (3, height, width)).astype(np.float32)


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (16, 24), (13, 21)])
@pytest.mark.parametrize("stride", [1, 2, 4, 5])
def test_maps_are_those_of_the_mirrored_picture(tmp_path: Path, stride: int, size: tuple[int, int]) -> None:
    network = tiny_network(stride=stride)
    estimator = CurveEstimator(write_model(tmp_path / "tiny.onnx", network), threads=1)
    assert estimator.map_stride == stride
    image = picture(*size)
    maps = estimator.estimate(image)

    border = max(-(-BORDER // stride), 2) * stride
    ends = [(border, border + -length % stride) for length in size]  # whole cells
    mirrored = np.pad(image, ((0, 0), *ends), mode="reflect")
    whole = reference_curves(network, mirrored[np.newaxis])[0].transpose(1, 2, 0)
    first, rows, columns = border // stride, -(-size[0] // stride), -(-size[1] // stride)
    expected = whole[first : first + rows, first : first + columns]
    assert (maps.shape, maps.dtype) == ((rows, columns, 24), np.float32)
    assert maps.flags.c_contiguous
    np.testing.assert_allclose(maps, expected, rtol=0, atol=TOLERANCE)


def test_a_picture_continued_by_its_mirror_image_changes_nothing(tmp_path: Path) -> None:
    # The convolution sees one pixel beyond its own: with the border mirrored, no edge shows in the maps.
    estimator = CurveEstimator(write_model(tmp_path / "tiny.onnx", tiny_network()), threads=1)
    image = picture(12, 17)
    continued = np.pad(image, ((0, 0), (8, 8), (8, 8)), mode="reflect")
    np.testing.assert_allclose(
        estimator.estimate(continued)[8:-8, 8:-8], estimator.estimate(image), rtol=0, atol=TOLERANCE
    )


def test_the_shipped_model_is_found_and_brightens_the_dark() -> None:
    estimator = CurveEstimator(find_model("zero-dce"), threads=1)
    maps = estimator.estimate(np.full((3, 24, 32), 0.05, np.float32))
    assert maps.shape == (24, 32, 24)
    assert np.abs(maps).max() <= 1
    assert maps.mean() < -0.1  # x + A·(x² − x) exceeds x where A is negative


@pytest.mark.parametrize("name", ["mine.onnx", "mine.engine"])
def test_a_path_is_taken_as_it_is(tmp_path: Path, name: str) -> None:
    assert find_model(str(tmp_path / name)) == tmp_path / name


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(ModelError, match=r"no model named 'nonesuch'; choose .*zero-dce.*\.onnx file"):
        find_model("nonesuch")


@pytest.mark.parametrize("missing", ["tiny.onnx", "tiny.onnx.json"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    model = write_model(tmp_path / "tiny.onnx", tiny_network())
    (tmp_path / missing).unlink()
    with pytest.raises(ModelError, match=rf"cannot read .*{missing} \(No such file or directory\)"):
        CurveEstimator(model, threads=1)


def test_a_damaged_file_is_recognised_by_its_checksum(tmp_path: Path) -> None:
    model = write_model(tmp_path / "tiny.onnx", tiny_network())
    model.write_bytes(model.read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"tiny\.onnx is not the file that tiny\.onnx\.json describes"):
        CurveEstimator(model, threads=1)


def test_a_damaged_manifest_is_refused(tmp_path: Path) -> None:
    model = write_model(tmp_path / "tiny.onnx", tiny_network())
    (tmp_path / "tiny.onnx.json").write_text("{")
    with pytest.raises(ModelError, match=r"tiny\.onnx\.json is damaged"):
        CurveEstimator(model, threads=1)


@pytest.mark.parametrize(
    "claims",
    [{"maps": 4}, {"input_name": "picture"}, {"output_name": "maps"}],
)
def test_a_network_with_other_maps_than_its_manifest_tells_is_refused(
    tmp_path: Path, claims: dict[str, Any]
) -> None:
    model = write_model(tmp_path / "tiny.onnx", tiny_network(), **claims)
    with pytest.raises(ModelError, match=r"does not have .* channels, as its manifest says; export the"):
        CurveEstimator(model, threads=1)


@pytest.mark.parametrize("maps", [1, 8])
def test_quadratic_curves_that_the_manifest_calls_rational_are_refused(tmp_path: Path, maps: int) -> None:
    model = write_model(tmp_path / "tiny.onnx", tiny_network(maps=maps), curve="rational", maps=1)
    with pytest.raises(
        ModelError, match=r"'conv', whose curves are quadratic, and not rational as tiny\.onnx"
    ):
        CurveEstimator(model, threads=1)


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_rational_curves_that_the_manifest_calls_quadratic_are_refused(
    tmp_path: Path, precision: Precision
) -> None:
    export_onnx(find_model("context").with_suffix(".keras"), tmp_path, "context", [precision])
    (model,) = tmp_path.glob("*.onnx")
    CurveEstimator(model, threads=1).close()
    write_manifest(model, map_stride=4, maps=1, curve="quadratic")
    with pytest.raises(ModelError, match="'rational_curves', whose curves are rational, and not quadratic"):
        CurveEstimator(model, threads=1)


@pytest.mark.parametrize("claimed", [1, 2, 5, 8, 1000])
def test_a_network_with_coarser_or_finer_maps_than_its_manifest_tells_is_refused(
    tmp_path: Path, claimed: int
) -> None:
    model = write_model(tmp_path / "tiny.onnx", tiny_network(stride=4), map_stride=claimed)
    with pytest.raises(ModelError, match=rf"\(1, 24, 4, 128\), and not .*\(map_stride {claimed}\); export"):
        CurveEstimator(model, threads=1)


def test_a_network_that_takes_one_size_alone_is_refused(tmp_path: Path) -> None:
    path = write_model(tmp_path / "tiny.onnx", tiny_network())
    model = onnx.load(str(path))
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 256
    path.write_bytes(model.SerializeToString())
    write_manifest(path)
    with pytest.raises(ModelError, match=r"tiny\.onnx is not a usable ONNX file \(.+\); export the model"):
        CurveEstimator(path, threads=1)


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    model = tmp_path / "tiny.onnx"
    model.write_text("not a network")
    write_manifest(model)
    with pytest.raises(ModelError, match=r"tiny\.onnx is not a usable ONNX file \(.+\); export the model"):
        CurveEstimator(model, threads=1)
