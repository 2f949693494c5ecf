"""The network on the host, in the place of TensorRT: for machines with a GPU that lack it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from export.manifest import INPUT_NAME, OUTPUT_NAME, Manifest
from export.onnx_runtime import onnxruntime
from realtime.curves.map_geometry import MapGeometry
from realtime.tensorrt.device import copy_from_device, copy_to_device


class HostNetwork:
    """Copies small pictures to the host, where ONNX Runtime runs; see `realtime.tensorrt.network.Network`."""

    def __init__(self, model: Path) -> None:
        """Load an ONNX file of ours."""
        manifest = Manifest.read(model)
        self.map_stride, self.maps, self.curve = manifest.map_stride, manifest.maps, manifest.curve
        self._session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        self._stream: Any = None

    def bind(self, geometry: MapGeometry, image: int, curves: int, stream: Any) -> None:
        """See `Network`."""
        width, height = geometry.image_size_wh
        self._image = np.empty((1, 3, height, width), np.float32)
        self._addresses = image, curves
        self._stream = stream

    def run(self) -> None:
        """See `Network`."""
        image, curves = self._addresses
        self._stream.synchronize()
        copy_from_device(self._image, image)
        (estimate,) = self._session.run([OUTPUT_NAME], {INPUT_NAME: self._image})
        # Held until the copy is over: the next run waits for it.
        self._curves = np.ascontiguousarray(estimate)
        copy_to_device(curves, self._curves, self._stream)

    def close(self) -> None:
        """See `Network`."""
        self._stream = None
