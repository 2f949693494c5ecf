"""What is said about the GPU of a machine."""

from __future__ import annotations

import pytest

from export.errors import NoGpuError
from export.gpu import Gpu, find_gpu

from .fake_driver import FakeDriver, without_driver


def test_a_gpu_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeDriver(gpus=2, name="Orin").install(monkeypatch)
    assert find_gpu() == Gpu("Orin", (8, 7), (12, 6))


def test_without_a_driver_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    without_driver(monkeypatch)
    with pytest.raises(NoGpuError, match=r"^no NVIDIA driver$"):
        find_gpu()


def test_a_driver_without_a_gpu_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeDriver(gpus=0).install(monkeypatch)
    with pytest.raises(NoGpuError, match="the NVIDIA driver finds no GPU"):
        find_gpu()


def test_a_broken_driver_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeDriver(status=803).install(monkeypatch)
    with pytest.raises(NoGpuError, match=r"does not work \(cuInit: error 803, reason 803\)"):
        find_gpu()
