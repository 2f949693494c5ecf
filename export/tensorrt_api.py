"""TensorRT's Python API, whichever of its two packages is installed.

TensorRT 8.6, 10 and 11 and TensorRT for RTX share one API as far as it is used here; what exists in some of
them alone is looked up by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from .errors import EngineError

# In order of preference: TensorRT for RTX supports fewer GPUs.
PACKAGES = ("tensorrt", "tensorrt_rtx")


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


def is_installed() -> bool:
    """Whether one of the packages is there; nothing is imported."""
    return any(find_spec(package) for package in PACKAGES)


def load_tensorrt() -> TensorRT:
    """Import TensorRT. Only to be done where there is a driver: see `find_gpu`.

    Raises:
        EngineError: It is not installed, or does not load.
    """
    for package in PACKAGES:
        if find_spec(package) is None:
            continue
        try:
            return TensorRT.of(import_module(package), package)
        except (ImportError, OSError) as exc:
            raise EngineError(f"{package} is installed but does not load ({exc}); install it again") from exc
    raise EngineError("TensorRT is not installed; pip install tensorrt, as docs/gpu.md says")
