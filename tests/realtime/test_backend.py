"""Which backend is chosen, and what is said about it."""

from __future__ import annotations

import os
import re
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from export.engine import BuiltEngine
from export.errors import NoGpuError
from export.gpu import find_gpu
from export.tensorrt_api import TensorRT
from realtime.backend import choose_backend, open_enhancer
from realtime.errors import BackendError, ModelError
from realtime.frames.picture import Picture
from realtime.options import Backend, EnhancerOptions

from ..clips import make_clip
from ..export.fake_driver import FakeDriver, without_driver
from ..integration.command import contents, enhance
from .tensorrt.fakes import FakeMachine
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


def test_an_enhancer_that_is_closed_says_so() -> None:
    enhancer = open_enhancer(EnhancerOptions(backend=Backend.CPU))
    enhancer.close()
    with pytest.raises(ValueError, match="the enhancer is closed; open another"):
        enhancer.enhance_bgr(np.full((8, 8, 3), 40, np.uint8))


def test_an_enhancer_does_not_wait_in_a_child_for_threads_of_its_parent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_enhancer(EnhancerOptions(backend=Backend.CPU)) as enhancer:
        monkeypatch.setattr(os, "getpid", lambda: -1)  # as after a fork
        with pytest.raises(ValueError, match="was opened by another process; open one in this"):
            enhancer.enhance_bgr(np.full((8, 8, 3), 40, np.uint8))


def test_tensorrt_without_a_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    without_driver(monkeypatch)
    with pytest.raises(BackendError, match=r"^no NVIDIA driver: install .*libcuda.*, or use --backend cpu$"):
        open_enhancer(EnhancerOptions(backend=Backend.TENSORRT))


def install(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    """Have these packages of those that a GPU needs, as far as can be told without importing them."""
    for module in ("realtime.backend", "export.tensorrt_api"):
        monkeypatch.setattr(f"{module}.find_spec", lambda name: name if name in packages else None)


@pytest.mark.parametrize(
    ("there", "missing"),
    [((), "PyCUDA and TensorRT"), (("pycuda",), "TensorRT"), (("tensorrt", "tensorrt_rtx"), "PyCUDA")],
)
def test_a_gpu_without_its_libraries_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...], missing: str
) -> None:
    FakeDriver().install(monkeypatch)
    install(monkeypatch, *there)
    assert choose_backend(Backend.AUTO) == (Backend.CPU, f"{missing} not installed")
    with pytest.raises(BackendError, match=rf"^{missing} not installed: pip install pycuda tensorrt, as "):
        open_enhancer(EnhancerOptions(backend=Backend.TENSORRT))


def test_a_gpu_that_tensorrt_for_rtx_does_not_run_on_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    FakeDriver(name="H100", compute_capability=(9, 0)).install(monkeypatch)
    install(monkeypatch, "pycuda", "tensorrt_rtx")
    reason = "TensorRT for RTX does not run on H100 (compute capability 9.0)"
    assert choose_backend(Backend.AUTO) == (Backend.CPU, reason)
    with closing(open_enhancer()) as enhancer:
        assert enhancer.backend == "cpu"
    with pytest.raises(
        BackendError,
        match=rf"^{re.escape(reason)}: pip install tensorrt in place of .*, or use --backend cpu$",
    ):
        open_enhancer(EnhancerOptions(backend=Backend.TENSORRT))


@pytest.mark.parametrize(
    ("compute_capability", "packages"), [((9, 0), ("tensorrt", "tensorrt_rtx")), ((8, 9), ("tensorrt_rtx",))]
)
def test_a_gpu_that_the_installed_tensorrt_runs_on_is_taken(
    monkeypatch: pytest.MonkeyPatch, compute_capability: tuple[int, int], packages: tuple[str, ...]
) -> None:
    FakeDriver(name="GPU", compute_capability=compute_capability).install(monkeypatch)
    install(monkeypatch, "pycuda", *packages)
    assert choose_backend(Backend.AUTO) == (Backend.TENSORRT, "found GPU")
    assert choose_backend(Backend.TENSORRT) == (Backend.TENSORRT, "")


@pytest.fixture
def orin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeMachine:
    """A machine that has everything, TensorRT's builder included, as far as it can be told."""
    FakeDriver().install(monkeypatch)
    install(monkeypatch, "pycuda", "tensorrt")
    machine = FakeMachine.install(monkeypatch)
    monkeypatch.setattr(
        "realtime.tensorrt.opening.load_tensorrt", lambda: TensorRT.of(machine.tensorrt, "tensorrt")
    )
    monkeypatch.setattr(
        "export.engine_files.build_engine", lambda tensorrt, graph, profiles, **_: BuiltEngine(graph, b"")
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return machine


def test_a_gpu_with_everything_is_taken(orin: FakeMachine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    assert choose_backend(Backend.AUTO) == (Backend.TENSORRT, "found Orin")
    for _ in range(2):
        with closing(open_enhancer(EnhancerOptions(map_size=32))) as enhancer:
            assert enhancer.backend == "tensorrt"
            picture = Picture.from_packed(np.full((30, 40, 3), 40, np.uint8))
            enhancer.enhance(picture, 0.0)
            assert picture.planes[0].mean() > 50
    assert orin.cuda.live == {}
    assert caplog.text.count("building the engine of context for tensorrt 10.13.3 on 'Orin' (8.7), once") == 1


def test_an_engine_is_not_for_the_cpu() -> None:
    with pytest.raises(
        ModelError, match=r"mine\.engine is for a GPU, and the CPU is used; give the \.onnx file"
    ):
        open_enhancer(EnhancerOptions(model="mine.engine", backend=Backend.CPU))


@pytest.mark.usefixtures("orin")
def test_a_pycuda_that_does_not_load_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "realtime.tensorrt.opening")
    monkeypatch.delitem(sys.modules, "realtime.tensorrt.device")
    monkeypatch.setitem(sys.modules, "pycuda.driver", None)
    with pytest.raises(BackendError, match=r"PyCUDA does not load \(.*\); install it again"):
        open_enhancer(EnhancerOptions())


def test_an_engine_may_be_named_instead_of_a_model(
    orin: FakeMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_enhancer(EnhancerOptions(map_size=32)).close()
    (engine,) = (tmp_path / "cache" / "zerodce-realtime" / "engines").glob("*.engine")
    open_enhancer(EnhancerOptions(model=str(engine), map_size=32)).close()
    with pytest.raises(
        ModelError, match=r"is for map sizes up to 32; add --map-size 32, or build one for 64"
    ):
        open_enhancer(EnhancerOptions(model=str(engine), map_size=64))
    FakeDriver(name="Thor").install(monkeypatch)
    with pytest.raises(ModelError, match=r"was built for tensorrt 10\.13\.3 on 'Orin'.*this is .*'Thor'"):
        open_enhancer(EnhancerOptions(model=str(engine), map_size=32))
    engine.write_bytes(engine.read_bytes()[:-1])
    with pytest.raises(ModelError, match="is truncated or not the engine that"):
        open_enhancer(EnhancerOptions(model=str(engine), map_size=32))


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
