"""Networks on disk: `.keras` files that hold a plain functional network, which any Keras backend loads."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import keras
import numpy as np

from .curves import apply_rational_curves, applying, map_stride
from .errors import ModelError
from .files import replacing


def save_network(network: keras.Model, path: Path) -> None:
    """Write a network as a `.keras` file, whole or not at all.

    Weights too small for a normal float32 number become zero, in the network too: they change nothing, and
    arithmetic with them is slow on many processors. How the weights were initialised is not kept: newer
    releases of Keras describe that in words that older ones cannot read. Nor is the time: equal networks give
    equal files.

    Raises:
        OutputError: The file cannot be written.
    """
    tiny = np.finfo(np.float32).tiny
    network.set_weights([np.where(np.abs(weight) < tiny, 0, weight) for weight in network.get_weights()])
    with replacing(path) as partial:
        _without_initializers(network).save(partial)
        _forget_dates(partial)


def load_network(path: Path) -> keras.Model:
    """Read a network from a `.keras` file.

    Returns:
        A model from (N, H, W, 3) to (N, H, W, 3·maps), as `zerodce.model.dce_net` builds.

    Raises:
        ModelError: The file is missing, is not a Keras model, or its model has other inputs or outputs, or
            weights that are not finite.
    """
    if not path.is_file():
        raise ModelError(f"no model at {path}: name a .keras file")
    if not zipfile.is_zipfile(path):  # Keras would say that it is not there
        raise ModelError(f"cannot load {path} as a Keras model: it is damaged or not a .keras file")
    try:
        network = keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError) as exc:
        reason = str(exc).partition("\n")[0]
        raise ModelError(f"cannot load {path} as a Keras model: {reason}") from exc
    if not _is_curve_network(network):
        raise ModelError(
            f"{path} is no curve network: it maps {network.input_shape} to {network.output_shape}; "
            "use one this package saved"
        )
    if not all(np.isfinite(weight).all() for weight in network.get_weights()):
        raise ModelError(f"the weights in {path} are not finite; train the network again")
    return network


def _is_curve_network(network: keras.Model) -> bool:
    """Whether it maps pictures of any size to maps of them, so many as its curves take."""
    if network.input_shape != (None, None, None, 3):
        return False
    match network.output_shape:
        case (None, None, None, int(channels)) if channels > 0:
            one = applying(network) is apply_rational_curves
            return (channels == 3 if one else channels % 3 == 0) and _maps_cover_pictures(network)
    return False


def _maps_cover_pictures(network: keras.Model) -> bool:
    """Whether a picture of whole cells has as many of them each way: layers may crop or enlarge."""
    stride = map_stride(network)
    side = 16 * max(stride, 1)
    return stride > 0 and network.compute_output_shape((1, side, side, 3))[1:3] == (16, 16)


def _without_initializers(network: keras.Model) -> keras.Model:
    config = network.get_config()
    for layer in config["layers"]:
        settings = layer["config"]
        settings |= {name: "zeros" for name in settings if name.endswith("_initializer")}
    copy = keras.Model.from_config(config)
    copy.set_weights(network.get_weights())
    return copy


def _forget_dates(path: Path) -> None:
    """Give a `.keras` file, which is a ZIP archive, the first date that those know in place of today's."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(files["metadata.json"]) | {"date_saved": "1980-01-01@00:00:00"}
    files["metadata.json"] = json.dumps(metadata).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
