"""The NVIDIA GPU of this machine, asked of the driver's library itself.

Standard library only: TensorRT and PyCUDA end in tracebacks or crashes where there is no driver, so that they
are imported when this has succeeded, and never before.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

from .errors import NoGpuError

_LIBRARY = "libcuda.so.1"
_SUCCESS = 0
_MAJOR, _MINOR = 75, 76  # CUdevice_attribute: CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR
_NAME_BYTES = 256


@dataclass(frozen=True, slots=True)
class Gpu:
    """The GPU that is used, the first of the machine.

    Attributes:
        name: As NVIDIA calls it.
        compute_capability: Such as (8, 7) for Orin.
        driver_cuda: The newest CUDA release that the driver runs, such as (12, 6).
    """

    name: str
    compute_capability: tuple[int, int]
    driver_cuda: tuple[int, int]


def driver_library() -> ctypes.CDLL:
    """Load the driver's library.

    Raises:
        OSError: It is not there.
    """
    return ctypes.CDLL(_LIBRARY)


def find_gpu() -> Gpu:
    """Ask the driver what there is.

    Raises:
        NoGpuError: There is no driver, it does not work, or it has no GPU.
    """
    try:
        cuda = driver_library()
    except OSError as exc:
        raise NoGpuError("no NVIDIA driver") from exc
    _call(cuda, "cuInit", 0)
    version, count, device = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    _call(cuda, "cuDriverGetVersion", ctypes.byref(version))
    _call(cuda, "cuDeviceGetCount", ctypes.byref(count))
    if count.value == 0:
        raise NoGpuError("the NVIDIA driver finds no GPU")
    _call(cuda, "cuDeviceGet", ctypes.byref(device), 0)
    name = ctypes.create_string_buffer(_NAME_BYTES)
    _call(cuda, "cuDeviceGetName", name, _NAME_BYTES, device)
    capability = [ctypes.c_int(), ctypes.c_int()]
    for value, attribute in zip(capability, (_MAJOR, _MINOR), strict=True):
        _call(cuda, "cuDeviceGetAttribute", ctypes.byref(value), attribute, device)
    return Gpu(
        name=name.value.decode(errors="replace"),
        compute_capability=(capability[0].value, capability[1].value),
        driver_cuda=(version.value // 1000, version.value % 1000 // 10),
    )


def _call(cuda: ctypes.CDLL, function: str, *arguments: object) -> None:
    status = getattr(cuda, function)(*arguments)
    if status != _SUCCESS:
        raise NoGpuError(f"the NVIDIA driver does not work ({function}: {driver_error(cuda, status)})")


def driver_error(cuda: ctypes.CDLL, status: int) -> str:
    """Return what a status of the driver means, such as `error 2, out of memory`."""
    text = ctypes.c_char_p()
    cuda.cuGetErrorString(status, ctypes.byref(text))
    return f"error {status}, {text.value.decode() if text.value else 'unknown'}"
