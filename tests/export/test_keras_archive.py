"""A .keras file becomes plain values, or one clear complaint."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from export.errors import ArchiveError
from export.keras_archive import read_keras_archive

if TYPE_CHECKING:
    import keras


def test_it_holds_every_weight_by_the_name_of_its_layer(keras_file: Path, keras_network: keras.Model) -> None:
    archive = read_keras_archive(keras_file)
    for layer in keras_network.layers:
        for mine, theirs in zip(archive.weights[layer.name], layer.get_weights(), strict=True):
            assert mine.dtype == np.float32
            np.testing.assert_array_equal(mine, theirs)


def test_it_knows_the_file_and_the_version_that_wrote_it(keras: ModuleType, keras_file: Path) -> None:
    archive = read_keras_archive(keras_file)
    assert archive.keras_version == keras.__version__
    assert archive.sha256 == hashlib.sha256(keras_file.read_bytes()).hexdigest()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"cannot read .*gone\.keras \(No such file"):
        read_keras_archive(tmp_path / "gone.keras")


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="Is a directory"):
        read_keras_archive(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"damaged or not a \.keras file"):
        read_keras_archive(path)


def test_a_truncated_file_is_refused(tmp_path: Path, keras_file: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(keras_file.read_bytes()[:-1000])
    with pytest.raises(ArchiveError, match="damaged"):
        read_keras_archive(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True)
@given(position=st.integers(min_value=0), value=st.integers(0, 255))
def test_a_changed_byte_is_noticed_or_does_no_harm(
    tmp_path: Path, keras_file: Path, position: int, value: int
) -> None:
    content = bytearray(keras_file.read_bytes())
    content[-(position % len(content))] = value  # small positions are in the archive's directory
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    with suppress(ArchiveError):
        archive = read_keras_archive(path)
        assert archive.config == read_keras_archive(keras_file).config


def test_changed_weights_are_noticed(tmp_path: Path, keras_file: Path) -> None:
    content = bytearray(keras_file.read_bytes())
    content[len(content) // 2] ^= 1
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match="damaged"):
        read_keras_archive(path)


@pytest.mark.parametrize("member", ["config.json", "metadata.json", "model.weights.h5"])
@pytest.mark.parametrize("content", [None, b"", b"7"])
def test_an_archive_of_something_else_is_refused(
    tmp_path: Path, keras_file: Path, member: str, content: bytes | None
) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(keras_file) as whole, zipfile.ZipFile(path, "w") as changed:
        for name in whole.namelist():
            if name != member:
                changed.writestr(name, whole.read(name))
            elif content is not None:
                changed.writestr(name, content)
    with pytest.raises(ArchiveError, match="not a whole Keras 3 archive"):
        read_keras_archive(path)


def test_weights_in_another_order_than_that_of_keras_are_refused(tmp_path: Path, keras_file: Path) -> None:
    path, weights = tmp_path / "model.keras", io.BytesIO()
    with h5py.File(weights, "w") as file:
        file["layers"] = np.zeros(3)
    with zipfile.ZipFile(keras_file) as whole, zipfile.ZipFile(path, "w") as changed:
        for name in ("config.json", "metadata.json"):
            changed.writestr(name, whole.read(name))
        changed.writestr("model.weights.h5", weights.getvalue())
    with pytest.raises(ArchiveError, match="not a whole Keras 3 archive"):
        read_keras_archive(path)


def test_weights_of_a_failed_training_are_refused(
    keras: ModuleType, keras_network: keras.Model, save_keras: Callable[[keras.Model], Path]
) -> None:
    broken = keras.models.clone_model(keras_network)
    kernel, bias = broken.get_layer("conv3").get_weights()
    broken.get_layer("conv3").set_weights([kernel, bias * np.nan])
    with pytest.raises(ArchiveError, match="weights of layer 'conv3' are not finite"):
        read_keras_archive(save_keras(broken))
