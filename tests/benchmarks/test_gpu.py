"""The figures of a GPU are worked out rightly; there is none to measure."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib import import_module
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import gpu_packages, readme, torch_peers
from benchmarks.gpu_files import GpuFileResult
from benchmarks.tables import gpu_table
from export.errors import NoGpuError
from export.gpu import find_gpu

from ..export.fake_driver import FakeDriver
from ..realtime.tensorrt.fakes import FakeMachine

SIZE_WH = (96, 54)


def test_the_figures_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine.install(monkeypatch)
    FakeDriver().install(monkeypatch)
    gpu = import_module("benchmarks.gpu")
    monkeypatch.setattr(gpu, "runs_here", lambda: False)
    monkeypatch.setattr(gpu, "has_torch", lambda: False)
    monkeypatch.setattr("benchmarks.device_times._MORE_THAN_CACHES_BYTES", 3 * 96 * 54)
    monkeypatch.setattr("benchmarks.device_times._LARGE_COPY_BYTES", 1 << 20)
    report = gpu.measure_gpu("context", [SIZE_WH], 5)
    assert (report.gpu, report.compute_capability) == ("Orin", "8.7")
    assert report.network == "onnxruntime on the host"
    (result,) = report.results
    assert (result.width, result.height) == SIZE_WH
    assert 0 < result.p50_ms <= result.p95_ms
    assert result.streams_at_30_fps == int(result.fps // 30)
    # The fake says that five of anything take a millisecond.
    assert (result.device_ms, result.device_fps, result.timed_as_graph) == (0.2, 5000.0, True)
    assert result.kernels_ms == 0.2
    assert result.pass_ms == pytest.approx(0.2)
    assert result.pass_gb_s == pytest.approx(2 * 1.5 * 96 * 54 / 0.2e-3 / 1e9, abs=0.06)
    # Rows of 96 and 48 bytes are padded to 256.
    assert result.copy_gb_s == pytest.approx(2 * 256 * 2 * 54 / 0.2e-3 / 1e9, abs=0.06)
    assert result.share_of_copy == pytest.approx(1.5 * 96 / 512, abs=1e-3)
    assert result.large_copy_gb_s == pytest.approx(2 * (1 << 20) / 0.2e-3 / 1e9, abs=0.06)
    (file,) = report.files  # there is neither NVDEC nor NVENC
    assert (file.width, file.height, file.decoder, file.encoder) == (*SIZE_WH, "software", "libx264")
    assert min(file.fps, file.processor_ms) > 0
    assert report.peers == []
    assert (machine.cuda.live, machine.library.live) == ({}, 0)


def test_a_device_without_graphs_is_measured_call_by_call(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeMachine.install(monkeypatch, capturable=False)
    FakeDriver().install(monkeypatch)
    gpu = import_module("benchmarks.gpu")
    monkeypatch.setattr(gpu, "runs_here", lambda: False)
    monkeypatch.setattr(gpu, "has_torch", lambda: False)
    monkeypatch.setattr("benchmarks.device_times._MORE_THAN_CACHES_BYTES", 3 * 96 * 54)
    monkeypatch.setattr("benchmarks.device_times._LARGE_COPY_BYTES", 1 << 20)
    (result,) = gpu.measure_gpu("context", [SIZE_WH], 2).results
    assert not result.timed_as_graph
    assert result.pass_ms == pytest.approx(0.5)


def test_what_a_python_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        gpu_packages, "find_spec", lambda name: None if name in ("av", "pycuda", "x") else name
    )
    assert gpu_packages.missing_packages() == ["av", "pycuda"]
    assert gpu_packages.missing_packages("x", "y") == ["av", "pycuda", "x"]


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("test-gpu", "REQUIRE_GPU=1 some-python -m pytest -m gpu tests/gpu"),
        ("bench-gpu", "some-python -m benchmarks gpu"),
    ],
)
def test_a_python_that_is_given_is_used_as_it_is(target: str, command: str) -> None:
    make = ["make", "--dry-run", "--no-print-directory", target, "GPU_PYTHON=some-python"]
    done = subprocess.run(make, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [command]


def test_a_peer_that_cannot_run_is_left_out_with_the_reason(tmp_path: Path) -> None:
    def out_of_memory(model: Path) -> torch_peers.Enhance:
        raise RuntimeError("CUDA out of memory.\nSee the documentation")

    peer = torch_peers._measured("PyTorch", out_of_memory, tmp_path, (3840, 2160), 3)
    assert (peer.frame_ms, peer.fps, peer.left_out) == (None, None, "CUDA out of memory.")


def test_the_table_shows_every_size_and_peer() -> None:
    gpu = import_module("benchmarks.gpu")  # imports what imports PyCUDA, which `fakes` has seen to
    result = gpu.GpuResult(
        width=1920, height=1080, p50_ms=1.0, p95_ms=2.0, fps=700.0, streams_at_30_fps=23, device_ms=0.1,
        device_fps=10_000.0, kernels_ms=0.05, pass_ms=0.002, pass_gb_s=3000.0, copy_gb_s=4000.0,
        share_of_copy=0.75, large_copy_gb_s=4300.0, share_of_large_copy=0.698, timed_as_graph=True,
    )  # fmt: skip
    size = {"width": 1920, "height": 1080}
    file = GpuFileResult(**size, decoder="nvdec", encoder="libx264", fps=81.4, processor_ms=60.25)
    peers = [
        torch_peers.TorchPeer(method="PyTorch eager, FP32", **size, frame_ms=9.5, fps=105.0, left_out=""),
        torch_peers.TorchPeer(
            method="PyTorch compiled", **size, frame_ms=None, fps=None, left_out="no compiler"
        ),
    ]
    report = gpu.GpuReport(
        gpu="H200", compute_capability="9.0", model="context", network="pytorch", frames=300,
        results=[result], files=[file], peers=peers,
    )  # fmt: skip
    console = Console(width=200, record=True, file=StringIO())
    console.print(gpu_table(report))
    text = console.export_text()
    for shown in (
        "H200, context, network by pytorch",
        "100 µs",
        "2.0 µs",
        "75 %",
        "70 %",
        "9.50 ms",
        "file, nvdec to libx264, 60.2 ms of processor each",
        "no compiler",
    ):
        assert shown in text


def test_the_readme_has_a_row_for_each_size_and_peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readme, "_RESULTS", tmp_path)
    (row,) = readme.gpu_table().splitlines()[2:]
    assert "not yet measured" in row
    size = {"width": 3840, "height": 2160}
    report = {
        "gpu": "H200", "model": "context", "network": "pytorch",
        "results": [
            size | {"fps": 310.2, "streams_at_30_fps": 10, "device_fps": 9000.4, "pass_ms": 0.0082,
                    "share_of_large_copy": 0.714}
        ],
        "files": [size | {"decoder": "nvdec", "encoder": "libx264", "fps": 81.4, "processor_ms": 60.25}],
        "peers": [
            size | {"method": "PyTorch eager, FP32", "fps": 25.4, "left_out": ""},
            size | {"method": "PyTorch compiled, FP16", "fps": None, "left_out": "out of memory"},
        ],
    }  # fmt: skip
    (tmp_path / "gpu-h200.json").write_text(json.dumps(report))
    assert readme.gpu_table().splitlines()[2:] == [
        "| H200 | 3840×2160 | `context`, network by pytorch | 310 FPS, 10 streams | 9000 FPS "
        "| 8.2 µs, 71 % of a copy's speed |",
        "| H200 | 3840×2160 | `context`, from file to file, nvdec to libx264 "
        "| 81 FPS, 60.2 ms of processor a frame | | |",
        "| H200 | 3840×2160 | `context` at full size, PyTorch eager, FP32 | | 25 FPS | |",
        "| H200 | 3840×2160 | `context` at full size, PyTorch compiled, FP16 | | out of memory | |",
    ]


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
