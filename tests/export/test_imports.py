"""The packages are ours, and exporting needs neither Keras nor TensorFlow."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["export", "realtime"])
def test_the_package_of_this_name_is_ours(name: str) -> None:
    # Both names are in use by others: `realtime` is also the import name of a published package.
    file = importlib.import_module(name).__file__
    assert file is not None
    assert Path(file).parent == ROOT / name


def test_exporting_imports_neither_keras_nor_tensorflow(keras_file: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from export.cli import app; app(sys.argv[1:], standalone_mode=False); "
        "sys.exit(str(sorted({'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules))))"
    )
    command = [sys.executable, "-c", code, "onnx", str(keras_file), str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stderr == "[]\n"
    assert (tmp_path / "dce.onnx").exists()
