"""TensorRT's Python API, whichever of its two packages is installed.

TensorRT 8.6, 10 and 11 and TensorRT for RTX share one API as far as it is used here; what exists in some of
them alone is looked up by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from .errors import EngineError
from .gpu import Gpu, find_gpu

# In order of preference: TensorRT for RTX supports fewer GPUs.
PACKAGES = ("tensorrt", "tensorrt_rtx")

# The GPUs that engines of TensorRT for RTX run on: those that its runtime (1.7.1) lists where it refuses one,
# and that NVIDIA's documentation ("CPU-Only AOT") calls the builder's default. The support matrix has 7.5 as
# well, which takes an engine that is built for it alone; ours are not.
_RTX_CAPABILITIES = frozenset({(8, 0), (8, 6), (8, 9)})
_RTX_LATER_FROM = (12, 0)


@dataclass(frozen=True, slots=True)
class TensorRT:
    """An imported TensorRT.

    Attributes:
        api: The module.
        flavour: Its name, `tensorrt` or `tensorrt_rtx`.
        version: Such as `10.16.1.11`.
    """

    api: Any
    flavour: str
    version: str

    @classmethod
    def of(cls, api: Any, flavour: str) -> TensorRT:
        """Wrap a module."""
        return cls(api, flavour, str(api.__version__))

    @property
    def is_strongly_typed(self) -> bool:
        """Whether networks take their precision from the ONNX graph: all but TensorRT 8 can do that."""
        return hasattr(self.api.NetworkDefinitionCreationFlag, "STRONGLY_TYPED")

    @property
    def has_timing_cache(self) -> bool:
        """Whether the builder measures, and remembers it: that for RTX does so when the engine first runs."""
        return self.flavour == "tensorrt"


class Obstacle(NamedTuple):
    """Why TensorRT cannot be used, and what to do about it."""

    what: str
    remedy: str


def is_installed() -> bool:
    """Whether one of the packages is there; nothing is imported."""
    return _package() is not None


def unsupported_gpu(gpu: Gpu) -> Obstacle | None:
    """Tell why the TensorRT that is installed cannot run on a GPU, if so; nothing is imported.

    TensorRT for RTX builds engines whatever the GPU is, so that only loading them would fail.
    """
    capability = gpu.compute_capability
    if _package() != "tensorrt_rtx" or capability in _RTX_CAPABILITIES or capability >= _RTX_LATER_FROM:
        return None
    return Obstacle(
        "TensorRT for RTX does not run on {} (compute capability {}.{})".format(gpu.name, *capability),
        "pip install tensorrt in place of tensorrt-rtx, as docs/gpu.md says",
    )


def runs_here() -> bool:
    """Whether TensorRT is there and runs on the GPU of this machine; nothing is imported.

    Raises:
        NoGpuError: There is no GPU.
    """
    return is_installed() and unsupported_gpu(find_gpu()) is None


def load_tensorrt() -> TensorRT:
    """Import TensorRT, if it runs on the GPU of this machine.

    Raises:
        EngineError: It is not installed, does not run on the GPU, or does not load.
        NoGpuError: There is no GPU; without a driver, importing it may crash.
    """
    package = _package()
    if package is None:
        raise EngineError("TensorRT is not installed; pip install tensorrt, as docs/gpu.md says")
    obstacle = unsupported_gpu(find_gpu())
    if obstacle is not None:
        raise EngineError(f"{obstacle.what}; {obstacle.remedy}")
    try:
        return TensorRT.of(import_module(package), package)
    except (ImportError, OSError) as exc:
        raise EngineError(f"{package} is installed but does not load ({exc}); install it again") from exc


def _package() -> str | None:
    """Return the package that is taken, of those that are there."""
    return next(filter(find_spec, PACKAGES), None)
