"""From a small picture to curve maps: the network, run by ONNX Runtime on the CPU."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from export.errors import ManifestError
from export.manifest import COLOURS, Manifest
from export.onnx_runtime import onnxruntime

from .curves.map_geometry import mirrored_border
from .errors import ModelError
from .frames.colour import FloatArray

# Height and width in pixels of the picture that a network is tried on: little work, and long enough that
# networks of strides up to 22 yield maps of different lengths.
_TRIAL_HW = (16, 512)


def find_model(name: str) -> Path:
    """Find a model by the name it ships under, or by the path of an ONNX file or an engine.

    Raises:
        ModelError: There is no such file, and no shipped model of that name.
    """
    if name.endswith((".onnx", ".engine")):
        return Path(name)
    weights = files("zerodce") / "weights"
    with as_file(weights / f"{name}.onnx") as path:
        if path.is_file():
            return path
    raise ModelError(
        f"no model named '{name}'; choose {' or '.join(shipped_models())}, or give the path of an .onnx file"
    )


def shipped_models() -> list[str]:
    """List the names of the models that ship."""
    names = (entry.name for entry in (files("zerodce") / "weights").iterdir())
    return sorted(name.removesuffix(".onnx") for name in names if name.endswith(".onnx"))


class CurveEstimator:
    """A loaded network, in a thread of its own. Calls are serialised; `close` ends the thread.

    The thread is there because ONNX Runtime makes the processor take denormal numbers for zero in each thread
    that it runs in, and other numeric code of the calling thread is not to be changed so.

    Attributes:
        map_stride: Side of a curve-map cell, in pixels of the small picture.
        curve: What maps do to a picture.
    """

    def __init__(self, model: Path, *, threads: int) -> None:
        """Load an ONNX file and check it against its manifest.

        Raises:
            ModelError: The file or its manifest is missing, damaged, or not one of ours.
        """
        try:
            manifest = Manifest.read(model)
        except ManifestError as exc:
            raise ModelError(str(exc)) from exc
        self.map_stride, self.curve = manifest.map_stride, manifest.curve
        self._input, self._output = manifest.input_name, manifest.output_name
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="estimate")
        try:
            self._session = self._thread.submit(_load, model, threads).result()
            _check_contract(self._session, model, manifest)
            self._thread.submit(_try_out, self._session, model, manifest).result()
        except ModelError:
            self.close()
            raise

    def close(self) -> None:
        """End the thread; may be called again."""
        self._thread.shutdown()

    def estimate(self, image: FloatArray) -> FloatArray:
        """Estimate curve maps.

        Args:
            image: (3, h, w) float32 RGB in [0, 1].

        Returns:
            (ceil(h / map_stride), ceil(w / map_stride), 3·maps) float32 in [-1, 1], channel 3·map + colour.
        """
        stride = self.map_stride
        border = mirrored_border(stride)
        # Whole cells: a network that strides takes no others, or shifts its grid by a part of one.
        below, right = (border + -length % stride for length in image.shape[1:])
        padded = np.pad(image, ((0, 0), (border, below), (border, right)), mode="reflect")
        feed = {self._input: padded[np.newaxis]}
        (curves,) = self._thread.submit(self._session.run, [self._output], feed).result()
        first, height, width = border // stride, -(-image.shape[1] // stride), -(-image.shape[2] // stride)
        within = curves[0, :, first : first + height, first : first + width]
        return np.ascontiguousarray(within.transpose(1, 2, 0))


def _load(model: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that wait by spinning would take the cores from decoding and encoding.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Denormal numbers make a network many times slower.
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    # ONNX Runtime's exceptions have no common base but Exception.
    except Exception as exc:
        raise _unusable(model, exc) from exc


def _check_contract(session: onnxruntime.InferenceSession, model: Path, manifest: Manifest) -> None:
    """Refuse a network that does not turn a picture into the maps that its manifest tells of."""
    expected = [(manifest.input_name, COLOURS), (manifest.output_name, COLOURS * manifest.maps)]
    there = [
        (tensor.name, tensor.shape[1] if len(tensor.shape) == 4 else None)
        for tensor in (*session.get_inputs(), *session.get_outputs())
    ]
    if there != expected:
        names = ", ".join(f"{name} of {channels} channels" for name, channels in expected)
        raise ModelError(f"{model} does not have {names}, as its manifest says; export the model again")


def _try_out(session: onnxruntime.InferenceSession, model: Path, manifest: Manifest) -> None:
    """Refuse a network that does not run, or whose maps are not as fine as its manifest tells."""
    stride = manifest.map_stride
    feed = {manifest.input_name: np.zeros((1, COLOURS, *_TRIAL_HW), np.float32)}
    try:
        (curves,) = session.run([manifest.output_name], feed)
    except Exception as exc:
        raise _unusable(model, exc) from exc
    height, width = (-(-length // stride) for length in _TRIAL_HW)
    expected = (1, COLOURS * manifest.maps, height, width)
    if curves.shape != expected:
        raise ModelError(
            f"{model} yields maps of shape {curves.shape}, and not of {expected} as its manifest says "
            f"(map_stride {stride}); export the model again"
        )


def _unusable(model: Path, exc: Exception) -> ModelError:
    reason = str(exc).splitlines()[0]
    return ModelError(f"{model} is not a usable ONNX file ({reason}); export the model again")
