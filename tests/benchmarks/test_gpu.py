"""The figures of a GPU are worked out rightly; there is none to measure."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from export.errors import NoGpuError
from export.gpu import find_gpu

from ..export.fake_driver import FakeDriver
from ..realtime.tensorrt.fakes import FakeMachine

SIZE_WH = (96, 54)


def test_the_figures_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine.install(monkeypatch)
    FakeDriver().install(monkeypatch)
    gpu = import_module("benchmarks.gpu")
    monkeypatch.setattr(gpu, "is_installed", lambda: False)
    monkeypatch.setattr(gpu, "_MORE_THAN_CACHES_BYTES", 3 * 96 * 54)
    report = gpu.measure_gpu("context", [SIZE_WH], 5)
    assert (report.gpu, report.compute_capability) == ("Orin", "8.7")
    assert report.network == "onnxruntime on the host"
    (result,) = report.results
    assert (result.width, result.height) == SIZE_WH
    assert 0 < result.p50_ms <= result.p95_ms
    assert result.streams_at_30_fps == int(result.fps // 30)
    # The fake says that five of anything take a millisecond.
    assert result.pass_ms == pytest.approx(0.2)
    assert result.pass_gb_s == pytest.approx(2 * 1.5 * 96 * 54 / 0.2e-3 / 1e9, abs=0.06)
    assert (result.copy_gb_s, result.share_of_copy) == (result.pass_gb_s, 1.0)
    assert machine.cuda.live == {}


def test_without_a_gpu_it_says_so_in_one_line() -> None:
    try:
        find_gpu()
    except NoGpuError:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks", "gpu"], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (1, "")
        (line,) = done.stderr.splitlines()
        assert line.endswith(": see docs/gpu.md")
    else:
        pytest.skip("there is a GPU")
