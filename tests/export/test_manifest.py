"""The manifest survives its file, and says what is wrong with a damaged one."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from export.errors import ManifestError
from export.manifest import Manifest, manifest_path, sha256_hex

CONTENT = b"an ONNX file, as far as a manifest can tell"


@pytest.fixture
def manifest() -> Manifest:
    return Manifest(
        model="zero-dce",
        precision="fp32",
        sha256=sha256_hex(CONTENT),
        source_sha256="0" * 64,
        parameters=79_416,
        opset=17,
        producers={"keras": "3.15.1"},
        max_error=2e-7,
        mean_error=2e-8,
        tolerance=1e-5,
        map_stride=4,
        curve="quadratic",
        maps=8,
    )


@pytest.fixture
def artefact(tmp_path: Path, manifest: Manifest) -> Path:
    path = tmp_path / "zero-dce.onnx"
    path.write_bytes(CONTENT)
    manifest.write(path)
    return path


def test_what_is_written_is_read_back(artefact: Path, manifest: Manifest) -> None:
    assert Manifest.read(artefact) == manifest


def test_the_manifest_lies_beside_its_artefact() -> None:
    assert manifest_path(Path("weights/zero-dce.onnx")) == Path("weights/zero-dce.onnx.json")


def test_it_states_the_contract_in_the_file(artefact: Path) -> None:
    fields = json.loads(manifest_path(artefact).read_text())
    contract = {
        "format_version": 2,
        "input_name": "image",
        "input_layout": "NCHW",
        "input_range": "0..1",
        "colour_order": "RGB",
        "output_name": "curves",
        "curve": "quadratic",
        "maps": 8,
    }
    assert contract.items() <= fields.items()


def test_a_missing_manifest_is_named(artefact: Path) -> None:
    manifest_path(artefact).unlink()
    with pytest.raises(ManifestError, match=r"zero-dce\.onnx\.json \(No such file.*export the model"):
        Manifest.read(artefact)


def test_a_missing_artefact_is_named(artefact: Path) -> None:
    artefact.unlink()
    with pytest.raises(ManifestError, match=r"zero-dce\.onnx \(No such file.*no artefact"):
        Manifest.read(artefact)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", "{}", "\udcff", "[" * 100_000])
def test_what_is_not_a_manifest_is_damaged(artefact: Path, text: str) -> None:
    manifest_path(artefact).write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ManifestError, match=r"damaged \(not a JSON manifest"):
        Manifest.read(artefact)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"precision": "int8"}, "precision is 'int8', not one of fp32, fp16"),
        ({"map_stride": 0}, "map_stride is 0, not a positive whole number"),
        ({"maps": "8"}, "maps is '8', not a positive"),
        ({"maps": 17}, "maps is 17, and more than 16 of quadratic curves"),
        ({"curve": "rational"}, "maps is 8, and more than 1 of rational curves"),
        ({"curve": "cubic"}, "curve is 'cubic', not one of quadratic, rational"),
        ({"colour_order": "BGR"}, "colour_order is 'BGR'"),
        ({"sha256": "abc"}, "sha256 is 'abc', not 64"),
        ({"sha256": 7}, "sha256 is 7, not 64"),
        ({"map_stride": True}, "map_stride is True, not a positive whole number"),
        ({"model": "../zero-dce"}, "model is '../zero-dce', not a plain file name"),
        ({"model": 7}, "model is 7, not a plain file name"),
        ({"unheard_of": 1}, "unheard_of"),
    ],
)
def test_nonsense_in_a_field_is_damage(artefact: Path, change: dict[str, object], reason: str) -> None:
    fields = json.loads(manifest_path(artefact).read_text())
    manifest_path(artefact).write_text(json.dumps(fields | change))
    with pytest.raises(ManifestError, match=reason):
        Manifest.read(artefact)


def test_a_field_that_is_not_there_is_damage(artefact: Path) -> None:
    fields = json.loads(manifest_path(artefact).read_text())
    del fields["source_sha256"]
    manifest_path(artefact).write_text(json.dumps(fields))
    with pytest.raises(ManifestError, match="source_sha256"):
        Manifest.read(artefact)


def test_a_format_from_the_future_is_refused(artefact: Path) -> None:
    fields = json.loads(manifest_path(artefact).read_text())
    manifest_path(artefact).write_text(json.dumps(fields | {"format_version": 3, "new": "field"}))
    with pytest.raises(ManifestError, match="manifest format 3, this program reads format 2"):
        Manifest.read(artefact)


def test_an_artefact_that_changed_is_refused(artefact: Path) -> None:
    artefact.write_bytes(CONTENT[:-1])
    with pytest.raises(ManifestError, match=r"not the file that zero-dce\.onnx\.json describes"):
        Manifest.read(artefact)


def test_nonsense_cannot_be_written(manifest: Manifest) -> None:
    with pytest.raises(ValueError, match="map_stride"):
        replace(manifest, map_stride=-1)


def test_reading_needs_the_standard_library_alone() -> None:
    code = (
        "import sys, export.manifest; "
        "print(sorted({'numpy', 'onnx', 'onnxruntime', 'h5py', 'typer'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
