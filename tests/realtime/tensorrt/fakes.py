"""A machine with a GPU that is none, and enhancers on it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from export.engine_files import engine_key
from export.gpu import Gpu
from export.manifest import Manifest
from export.tensorrt_api import TensorRT
from realtime.estimator import find_model
from realtime.options import EnhancerOptions

from .fake_cuda import FakeCuda, compiled
from .fake_library import FakeLibrary
from .fake_tensorrt import FakeTensorRT


def _import_device_module() -> None:
    """Import what imports PyCUDA, which needs a driver, if it is there at all."""
    try:
        import_module("realtime.tensorrt.device")
    except ImportError:
        package = ModuleType("pycuda")
        package.driver = FakeCuda()  # type: ignore[attr-defined]
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, "pycuda", package)
            patch.setitem(sys.modules, "pycuda.driver", package.driver)
            import_module("realtime.tensorrt.device")


_import_device_module()
from realtime.tensorrt.device import Device, _primary_context  # noqa: E402 - see above
from realtime.tensorrt.enhancer import TensorrtEnhancer  # noqa: E402
from realtime.tensorrt.network import EngineNetwork  # noqa: E402

GPU = Gpu("Fake", (8, 7), (12, 6))


@dataclass(frozen=True, slots=True)
class FakeMachine:
    """What pretends to be the GPU and its libraries."""

    cuda: FakeCuda
    library: FakeLibrary
    tensorrt: FakeTensorRT

    @classmethod
    def install(cls, monkeypatch: pytest.MonkeyPatch, **properties: object) -> FakeMachine:
        """Be the machine that the tests run on."""
        cuda = FakeCuda(**properties)  # type: ignore[arg-type]
        library = FakeLibrary(cuda)
        monkeypatch.setattr("realtime.tensorrt.device.cuda", cuda)
        retain = lru_cache(maxsize=1)(_primary_context.__wrapped__)
        monkeypatch.setattr("realtime.tensorrt.device._primary_context", retain)
        monkeypatch.setattr("realtime.tensorrt.device.compile_kernels", compiled)
        monkeypatch.setattr("realtime.tensorrt.graph.driver_library", lambda: library)
        return cls(cuda, library, FakeTensorRT(cuda))

    def open(self, options: EnhancerOptions) -> TensorrtEnhancer:
        """Open an enhancer, without an engine file: plans are ONNX files here."""
        model: Path = find_model(options.model)
        device, manifest = Device(), Manifest.read(model)
        tensorrt = TensorRT.of(self.tensorrt, "tensorrt")
        with device.current():
            network = EngineNetwork(
                tensorrt, model.read_bytes(), engine_key(manifest, options.map_size, tensorrt, GPU)
            )
        return TensorrtEnhancer(options, device, network)
