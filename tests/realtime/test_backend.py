"""Which backend is chosen, and what is said about it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from export.errors import NoGpuError
from export.gpu import find_gpu
from realtime.backend import choose_backend, open_enhancer
from realtime.errors import BackendError
from realtime.options import Backend, EnhancerOptions

from ..clips import make_clip
from ..export.fake_driver import without_driver
from ..integration.command import contents, enhance
from .tiny_model import constant_network, write_model


def has_gpu() -> bool:
    try:
        find_gpu()
    except NoGpuError:
        return False
    return True


def test_without_a_driver_the_cpu_is_taken_and_said_why(monkeypatch: pytest.MonkeyPatch) -> None:
    without_driver(monkeypatch)
    assert choose_backend(Backend.AUTO) == (Backend.CPU, "no NVIDIA driver")


def test_what_the_user_chose_needs_no_reason() -> None:
    assert choose_backend(Backend.CPU) == (Backend.CPU, "")


def test_tensorrt_without_a_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    without_driver(monkeypatch)
    with pytest.raises(BackendError, match=r"^no NVIDIA driver: install .*libcuda.*, or use --backend cpu$"):
        open_enhancer(EnhancerOptions(backend=Backend.TENSORRT))


@pytest.mark.parametrize("backend", [Backend.CPU, Backend.AUTO])
def test_the_cpu_enhancer_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: Backend
) -> None:
    without_driver(monkeypatch)
    model = str(write_model(tmp_path / "tiny.onnx", constant_network(0.1)))
    with closing(open_enhancer(EnhancerOptions(model=model, threads=1, backend=backend))) as enhancer:
        assert enhancer.backend == "cpu"


@pytest.mark.skipif(has_gpu(), reason="there is a GPU")
def test_the_command_line_says_what_is_missing(tmp_path: Path) -> None:
    make_clip(tmp_path / "in.mp4", pts=range(2))
    before = contents(tmp_path)
    result = enhance("in.mp4", "out.mp4", "--backend", "tensorrt", folder=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("zerodce-enhance: ")
    assert line.endswith(", or use --backend cpu")
    assert contents(tmp_path) == before
    automatic = enhance("in.mp4", "out.mp4", folder=tmp_path)
    assert (automatic.returncode, automatic.stderr) == (0, "")
    assert "(cpu: " in automatic.stdout
