"""Artefacts are built, verified and written whole, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import onnx
import pytest

from export.artefacts import Artefact, export_onnx, fp16_artefact, fp32_artefact, write_artefacts
from export.errors import OutputError, PrecisionError, VerificationError
from export.manifest import Manifest, Precision

if TYPE_CHECKING:
    import keras


@pytest.fixture(scope="module")
def fp32(keras_file: Path) -> Artefact:
    return fp32_artefact(keras_file, "zero-dce")


@pytest.fixture(scope="module")
def fp16(fp32: Artefact) -> Artefact:
    return fp16_artefact(fp32)


def test_manifests_chain_from_the_keras_file_to_fp16(
    keras_file: Path, fp32: Artefact, fp16: Artefact
) -> None:
    assert fp32.manifest.source_sha256 == hashlib.sha256(keras_file.read_bytes()).hexdigest()
    assert fp32.manifest.sha256 == hashlib.sha256(fp32.data).hexdigest()
    assert fp16.manifest.source_sha256 == fp32.manifest.sha256
    assert fp16.manifest.sha256 == hashlib.sha256(fp16.data).hexdigest()


def test_manifests_say_what_was_built(fp32: Artefact, fp16: Artefact) -> None:
    assert (fp32.manifest.precision, fp16.manifest.precision) == ("fp32", "fp16")
    for manifest in (fp32.manifest, fp16.manifest):
        assert (manifest.model, manifest.parameters, manifest.map_stride) == ("zero-dce", 79_416, 1)
        assert 0 < manifest.mean_error < manifest.max_error < manifest.tolerance
        assert {"keras", "onnx", "onnxruntime"} <= manifest.producers.keys()


def test_the_same_model_gives_the_same_bytes(keras_file: Path, fp32: Artefact, fp16: Artefact) -> None:
    again = fp32_artefact(keras_file, "zero-dce")
    assert again == fp32
    assert fp16_artefact(again) == fp16


def test_everything_that_is_asked_for_is_written(keras_file: Path, tmp_path: Path) -> None:
    out_dir = tmp_path / "new" / "folder"
    artefacts = export_onnx(keras_file, out_dir, "dce", ("fp32", "fp16"))
    assert names(out_dir) == ["dce.fp16.onnx", "dce.fp16.onnx.json", "dce.onnx", "dce.onnx.json"]
    for artefact in artefacts:
        path = out_dir / artefact.file_name
        assert Manifest.read(path) == artefact.manifest
        onnx.checker.check_model(path, full_check=True)


@pytest.mark.parametrize("name", ["zero-dce.onnx", "zero-dce.onnx.json"])
def test_a_file_that_exists_is_kept(tmp_path: Path, fp32: Artefact, fp16: Artefact, name: str) -> None:
    (tmp_path / name).write_text("precious")
    with pytest.raises(OutputError, match=f"{name} exists; add --overwrite"):
        write_artefacts([fp16, fp32], tmp_path)
    assert names(tmp_path) == [name]
    assert (tmp_path / name).read_text() == "precious"


def test_a_file_that_exists_is_replaced_when_told_to(tmp_path: Path, fp32: Artefact) -> None:
    (tmp_path / "zero-dce.onnx").write_text("old")
    write_artefacts([fp32], tmp_path, overwrite=True)
    assert Manifest.read(tmp_path / "zero-dce.onnx") == fp32.manifest


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path, fp32: Artefact) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot write to .*file.*\(Not a directory\)"):
        write_artefacts([fp32], tmp_path / "file" / "folder")


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, fp32: Artefact) -> None:
    with pytest.raises(OutputError, match=r"cannot write to .* \(File name too long\); .* folder or name"):
        write_artefacts([replace(fp32, file_name="x" * 300)], tmp_path)


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path, fp32: Artefact, fp16: Artefact) -> None:
    impossible = replace(fp16, file_name="no-such-folder/dce.fp16.onnx")
    with pytest.raises(OutputError, match="cannot write"):
        write_artefacts([fp32, impossible], tmp_path)
    assert names(tmp_path) == []


def test_an_artefact_that_disagrees_is_not_built(
    keras_file: Path, fp32: Artefact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("export.artefacts.FP32_TOLERANCE", fp32.manifest.max_error / 2)
    with pytest.raises(VerificationError, match=r"zero-dce\.onnx differs from its source"):
        fp32_artefact(keras_file, "zero-dce")
    monkeypatch.setattr("export.artefacts.FP16_TOLERANCE", 1e-6)
    with pytest.raises(VerificationError, match=r"zero-dce\.fp16\.onnx differs from its source"):
        fp16_artefact(fp32)


def test_a_weight_beyond_fp16_stops_that_precision_alone(fp32: Artefact) -> None:
    model = onnx.load_from_string(fp32.data)
    bias = next(tensor for tensor in model.graph.initializer if tensor.name == "conv1/bias")
    values = onnx.numpy_helper.to_array(bias).copy()
    values[0] = 1e6
    bias.CopyFrom(onnx.numpy_helper.from_array(values, bias.name))
    with pytest.raises(PrecisionError, match=r"conv1/bias .* --precision fp32"):
        fp16_artefact(replace(fp32, data=model.SerializeToString()))


@pytest.mark.parametrize(("written", "left"), [("fp32", "dce.fp16.onnx"), ("fp16", "dce.onnx")])
def test_a_file_of_another_network_beside_is_mentioned(
    keras_file: Path,
    keras_context_network: keras.Model,
    save_keras: Callable[[keras.Model], Path],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    written: Precision,
    left: str,
) -> None:
    out_dir = tmp_path / "out"
    export_onnx(keras_file, out_dir, "dce", ("fp32", "fp16"))
    export_onnx(keras_file, out_dir, "dce", (written,), overwrite=True)
    assert "another network" not in caplog.text
    export_onnx(save_keras(keras_context_network), out_dir, "dce", (written,), overwrite=True)
    assert f"{out_dir / left} was there before and is of another network; add --precision both" in caplog.text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
