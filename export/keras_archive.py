"""A `.keras` file as plain values: no Keras needed, and no code in the file is ever run.

The file is a zip archive of `config.json` (the graph), `metadata.json` (Keras' version) and
`model.weights.h5` (the weights, in HDF5).
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .errors import ArchiveError
from .manifest import sha256_hex
from .network import Weights


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KerasArchive:
    """The contents of a `.keras` file.

    Attributes:
        config: The model's configuration, as Keras wrote it.
        weights: The float32 arrays of each layer, by its name, in the order in which the layer made them.
        keras_version: Version of the Keras that wrote the file.
        sha256: Checksum of the file, hexadecimal.
    """

    config: Mapping[str, Any]
    weights: Mapping[str, tuple[Weights, ...]]
    keras_version: str
    sha256: str


def read_keras_archive(path: Path) -> KerasArchive:
    """Read a `.keras` file.

    Raises:
        ArchiveError: The file is missing, unreadable, damaged, or something else; or weights are not finite.
    """
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise ArchiveError(f"cannot read {path} ({exc.strerror}); give the path of a .keras file") from exc
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            config = dict(json.loads(archive.read("config.json")))
            keras_version = json.loads(archive.read("metadata.json"))["keras_version"]
            weights = _read_weights(archive.read("model.weights.h5"))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as exc:  # what zipfile raises on damage
        raise ArchiveError(f"{path} is damaged or not a .keras file ({exc}); save the model again") from exc
    except (KeyError, TypeError, ValueError, OSError, AttributeError, RecursionError) as exc:
        raise ArchiveError(f"{path} is not a whole Keras 3 archive ({exc}); save the model again") from exc
    _require_finite(path, weights)
    return KerasArchive(
        config=config,
        weights=weights,
        keras_version=keras_version,
        sha256=sha256_hex(data),
    )


def _read_weights(data: bytes) -> dict[str, tuple[Weights, ...]]:
    """Read `model.weights.h5`, where `layers/<any>/vars` bears a layer's name and holds its arrays."""
    weights = {}
    with h5py.File(io.BytesIO(data), "r") as file:
        for layer in file["layers"].values():
            variables = layer["vars"]
            arrays = (np.asarray(variables[str(index)], np.float32) for index in range(len(variables)))
            weights[str(variables.attrs["name"])] = tuple(arrays)
    return weights


def _require_finite(path: Path, weights: Mapping[str, tuple[Weights, ...]]) -> None:
    for name, arrays in weights.items():
        if not all(np.isfinite(array).all() for array in arrays):
            raise ArchiveError(f"{path}: the weights of layer {name!r} are not finite; train the model again")
