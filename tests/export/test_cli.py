"""The command line, end to end in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from export.manifest import Manifest

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `python -m export` with some arguments in an empty folder."""

    def run_export(*arguments: str | Path) -> CompletedProcess[str]:
        command = [sys.executable, "-m", "export", *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run_export


def test_a_model_becomes_two_files_with_manifests(run: Run, keras_file: Path, tmp_path: Path) -> None:
    result = run("onnx", keras_file, "out")
    assert result.returncode == 0, result.stderr
    assert "dce.onnx " in result.stdout
    assert "dce.fp16.onnx " in result.stdout
    assert "1.0e-05" in result.stdout  # the tolerance
    assert result.stderr.count("\n") == 1  # the log: what was read
    assert Manifest.read(tmp_path / "out/dce.onnx").precision == "fp32"
    assert Manifest.read(tmp_path / "out/dce.fp16.onnx").precision == "fp16"


def test_name_and_precision_are_as_asked_for(run: Run, keras_file: Path, tmp_path: Path) -> None:
    assert run("onnx", keras_file, "out", "--name", "night", "--precision", "fp16").returncode == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "night.fp16.onnx",
        "night.fp16.onnx.json",
    ]


def test_files_lie_beside_the_model_unless_told_otherwise(run: Run, keras_file: Path, tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(keras_file.read_bytes())
    assert run("onnx", "model.keras", "--precision", "fp32").returncode == 0
    again = run("onnx", "model.keras", "--precision", "fp32")
    assert_refused(again, "zerodce-export: model.onnx exists; add --overwrite to replace it")
    assert run("onnx", "model.keras", "--precision", "fp32", "--overwrite").returncode == 0


def test_check_prints_the_manifest_of_a_sound_artefact(run: Run, keras_file: Path, tmp_path: Path) -> None:
    run("onnx", keras_file, ".", "--precision", "fp32")
    result = run("check", "dce.onnx")
    assert result.returncode == 0
    assert json.loads(result.stdout) == json.loads((tmp_path / "dce.onnx.json").read_text())
    (tmp_path / "dce.onnx").write_bytes(b"")
    assert_refused(
        run("check", "dce.onnx"), "zerodce-export: dce.onnx is not the file that dce.onnx.json describes"
    )


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "zerodce-export: cannot read model.keras (No such file or directory)"),
        (b"no archive", "zerodce-export: model.keras is damaged or not a .keras file"),
    ],
)
def test_a_file_that_is_no_model_is_refused(
    run: Run, tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    if content is not None:
        (tmp_path / "model.keras").write_bytes(content)
    assert_refused(run("onnx", "model.keras", "out"), complaint)
    assert not (tmp_path / "out").exists()


def test_a_truncated_model_is_refused(run: Run, keras_file: Path, tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(keras_file.read_bytes()[:100_000])
    assert_refused(run("onnx", "model.keras"), "zerodce-export: model.keras is damaged or not a .keras file")


def test_an_unsupported_layer_is_named(run: Run, keras_file: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(keras_file) as whole, zipfile.ZipFile(tmp_path / "model.keras", "w") as changed:
        for name in whole.namelist():
            changed.writestr(
                name, whole.read(name).replace(b'"class_name": "Conv2D"', b'"class_name": "Lambda"', 1)
            )
    assert_refused(run("onnx", "model.keras"), "zerodce-export: layer 'conv1' is a Lambda")


def test_a_place_that_cannot_be_written_to_is_named(run: Run, keras_file: Path) -> None:
    assert_refused(
        run("onnx", keras_file, "/dev/null/out"),
        "zerodce-export: cannot write to /dev/null/out (Not a directory)",
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["onnx"],
        ["onnx", "m.keras", "--precision", "int8"],
        ["onnx", "m.keras", "--name", "a/b"],
        ["unheard-of"],
    ],
)
def test_wrong_usage_ends_with_status_2(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert "Usage" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("arguments", [["--help"], ["onnx", "--help"], ["check", "--help"]])
def test_help_imports_no_heavy_library(arguments: list[str]) -> None:
    code = (
        "import sys; from export.cli import app; app(sys.argv[1:], standalone_mode=False); "
        "sys.exit(str(sorted({'numpy', 'onnx', 'onnxruntime', 'h5py'} & set(sys.modules))))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert "Usage" in result.stdout
    assert result.stderr == "[]\n"


def assert_refused(result: CompletedProcess[str], complaint: str) -> None:
    """Check for status 1 and one last line on stderr that begins with the complaint."""
    lines = result.stderr.splitlines()
    assert result.returncode == 1
    assert result.stdout == ""
    assert lines[-1].startswith(complaint)
    assert not any(line.startswith("Traceback") for line in lines)
