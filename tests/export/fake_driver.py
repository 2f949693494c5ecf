"""The part of NVIDIA's driver library that is asked for GPUs, without a GPU."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest


class FakeDriver:
    """Answers as `libcuda.so.1` does; every function returns a status."""

    def __init__(
        self,
        *,
        gpus: int = 1,
        name: str = "Orin",
        compute_capability: tuple[int, int] = (8, 7),
        status: int = 0,
    ) -> None:
        self._gpus, self._name, self._status = gpus, name, status
        self._compute_capability = compute_capability

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be what is loaded as the driver's library."""
        monkeypatch.setattr("export.gpu.driver_library", lambda: self)

    def cuInit(self, flags: int) -> int:  # noqa: N802
        assert flags == 0
        return self._status

    def cuGetErrorString(self, status: int, text: Any) -> int:  # noqa: N802
        text._obj.value = f"reason {status}".encode()
        return 0

    def cuDriverGetVersion(self, version: Any) -> int:  # noqa: N802
        version._obj.value = 12060
        return 0

    def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802
        count._obj.value = self._gpus
        return 0

    def cuDeviceGet(self, device: Any, ordinal: int) -> int:  # noqa: N802
        device._obj.value = ordinal
        return 0

    def cuDeviceGetName(self, name: Any, size: int, device: ctypes.c_int) -> int:  # noqa: N802
        assert len(self._name) < size
        assert device.value == 0
        name.value = self._name.encode()
        return 0

    def cuDeviceGetAttribute(self, value: Any, attribute: int, device: ctypes.c_int) -> int:  # noqa: N802
        assert device.value == 0
        value._obj.value = self._compute_capability[{75: 0, 76: 1}[attribute]]
        return 0


def without_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a machine without NVIDIA's driver."""

    def missing() -> None:
        raise OSError("libcuda.so.1: cannot open shared object file")

    monkeypatch.setattr("export.gpu.driver_library", missing)
