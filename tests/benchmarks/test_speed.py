"""The speed benchmarks run on a tiny input, and measure what they say they do."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from benchmarks import machine, readme
from benchmarks.speed.clips import load_frames, make_clip
from benchmarks.speed.peers import measure_peers
from benchmarks.speed.power import PowerMeter
from benchmarks.speed.timing import StageSamples, percentiles, time_each
from realtime.errors import InputError
from realtime.options import EnhancerOptions

from .bench import bench

STAGES = {"shrink", "estimate", "smooth", "apply", "decode", "encode"}


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(30))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(6):
            pixels = np.random.default_rng(index).integers(0, 60, (48, 64, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that alone is searched for commands."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def write_tool(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def report_of(*arguments: str | Path) -> dict[str, Any]:
    done = bench(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["benchmark"] == arguments[0]
    assert report["machine"]["packages"]["onnxruntime"]
    return report


def test_fps_reports_every_stage_and_what_a_process_takes(clip: Path) -> None:
    chart = clip.with_name("fps.png")
    every = ("--estimate-every", "1", "--estimate-every", "auto")
    report = report_of("fps", clip, *every, "--backend", "cpu", "--frames", "6", "--chart", chart)
    assert (report["frames"], report["warm_up_frames"]) == (6, 5)
    assert [run["estimate_every"] for run in report["runs"]] == [1, "auto"]
    for run in report["runs"]:
        assert (run["width"], run["height"], run["size"], run["backend"]) == (64, 48, "64x48", "cpu")
        assert set(run["stages"]) == STAGES
        for spread in (run["enhance"], run["copy"], *run["stages"].values()):
            assert 0 < spread["p50_ms"] <= spread["p95_ms"] <= spread["p99_ms"]
        assert run["streams"] == int(run["enhance_fps"] / 30)
        assert min(run["file_fps"], run["transcode_fps"], run["startup_s"], run["peak_memory_mib"]) > 0
    assert report["runs"][0]["estimated"] == 1
    assert Image.open(chart).format == "PNG"


def test_a_peer_whose_libraries_are_missing_is_left_out(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clip.parent / "cv2.py").write_text("raise ImportError('libxcb.so.1: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", str(clip.parent))
    report = report_of("peers", clip, "--model", "context", "--frames", "2")
    assert "libxcb.so.1" in report["left_out"]["OpenCV CLAHE of luma"]


def test_peers_are_measured_beside_ours(clip: Path) -> None:
    chart = clip.with_name("peers.png")
    report = report_of("peers", clip, "--model", "context", "--frames", "3", "--chart", chart)
    runs = {run["method"]: run for run in report["runs"]}
    ours = "zerodce-realtime, context, network every frame"
    assert [name for name, run in runs.items() if run["ours"]] == [
        ours,
        "zerodce-realtime, context, network every 4",
    ]
    assert runs[ours]["ratio"] == 1
    others = {"copy", "plain transcode", "FFmpeg normalize", "zero-dce at full size, every frame"}
    assert others <= set(runs)
    assert {"FFmpeg histeq", "OpenCV CLAHE of luma"} <= set(runs) | set(report["left_out"])
    assert all(run["fps"] > 0 for run in runs.values())
    assert Image.open(chart).format == "PNG"


def test_scaling_measures_four_curves_and_the_floor(clip: Path) -> None:
    chart = clip.with_name("scaling.png")
    report = report_of("scaling", clip, "--size", "480p", "--threads", "2", "--frames", "8", "--chart", chart)
    assert [point["value"] for point in report["pixels"]] == [854 * 480]
    assert [point["value"] for point in report["map_size"]] == [64, 128, 256, 512]
    assert [point["value"] for point in report["by_threads"]] == [1, 2]
    assert [point["value"] for point in report["estimate_every"]] == [1, 2, 4, 8]
    (floor,) = report["floor"]
    assert floor["pixels"] == 854 * 480
    assert floor["copy_ms"] > 0
    # 18.5 multiply-adds a pixel, of one rational curve a colour.
    multiply_adds = 18.5 * 854 * 480
    assert floor["arithmetic_ms"] == pytest.approx(
        1e3 * multiply_adds / report["multiply_adds_per_s"],
        rel=0.01,
        abs=0.0006,  # which it is rounded to
    )
    formats = ("yuv420p", "yuv420p10le", "bgr24")
    assert [(run["format"], run["threads"]) for run in report["passes"]] == [
        (name, threads) for name in formats for threads in (1, 2)
    ]
    assert all(run["pass_ms"] > 0 and run["copy_ms"] > 0 for run in report["passes"])
    assert Image.open(chart).format == "PNG"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("fps", "missing.mp4"), 1, "missing.mp4 does not exist"),
        (("fps", "--chart", "nowhere/chart.png"), 1, "cannot write nowhere/chart.png: No"),
        (("fps", "--estimate-every", "0"), 2, "estimate-every must be at least 1"),
        (("scaling", "--size", "huge"), 2, "'huge' is not one of"),
    ],
)
def test_what_cannot_be_measured_is_said(arguments: tuple[str, ...], status: int, message: str) -> None:
    done = bench(*arguments)
    assert done.returncode == status
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def film(path: Path, codec: str, size_wh: tuple[int, int], pixel_format: str) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(30))
        stream.width, stream.height, stream.pix_fmt = *size_wh, pixel_format
        for _ in range(2):
            pixels = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        container.mux(stream.encode(None))
    return path


def test_peers_take_plain_clips_alone(tmp_path: Path) -> None:
    odd = film(tmp_path / "odd.mp4", "libx264", (33, 21), "yuv444p")
    with pytest.raises(InputError, match=r"odd\.mp4 is yuv444p of 33×21 pixels, and some methods take 8-bit"):
        measure_peers(odd, ["context"], [1], EnhancerOptions(), 2, iter)


def test_clips_that_are_converted_first_are_refused(tmp_path: Path) -> None:
    converted = film(tmp_path / "screen.mkv", "ffv1", (32, 20), "bgr0")
    with pytest.raises(
        InputError, match=r"screen\.mkv is in bgr0, which is converted before it is enhanced; g"
    ):
        load_frames(converted)


def test_drawn_clips_are_dark_textured_and_move(tmp_path: Path) -> None:
    make_clip(None, (160, 96), 4, tmp_path / "drawn.mp4")
    frames = load_frames(tmp_path / "drawn.mp4")
    lumas = [picture.planes[0][:96, :160].astype(float) for picture in frames.pictures]
    assert len(lumas) == 4
    for luma, following in pairwise(lumas):
        assert 16 < luma.mean() < 70
        assert luma.std() > 4
        assert np.abs(following - luma).mean() > 0.5


def test_frames_come_back_as_they_were_decoded(clip: Path) -> None:
    frames = load_frames(clip)
    before = frames.picture(7).planes[0].copy()
    frames.picture(7).planes[0][:] = 0
    frames.restore(7)
    np.testing.assert_array_equal(frames.picture(1).planes[0], before)


def test_percentiles_are_of_the_times_in_milliseconds() -> None:
    spread = percentiles([index / 1000 for index in range(101)])
    assert (spread.p50_ms, spread.p95_ms, spread.p99_ms) == (50, 95, 99)


def test_what_is_done_before_each_is_not_timed() -> None:
    order: list[str] = []
    seconds = time_each(lambda n: order.append(f"work {n}"), 2, lambda n: order.append(f"before {n}"))
    assert order == ["before 0", "work 0", "before 1", "work 1"]
    assert len(seconds) == 2


def test_every_time_of_a_stage_is_kept() -> None:
    times = StageSamples()
    for _ in range(3):
        with times.measure("apply"):
            pass
    assert times.count("apply") == 3
    assert times.percentiles().keys() == times.mean_ms(3).keys() == {"apply"}
    times.clear()
    assert times.percentiles() == {}


def test_power_is_unknown_without_the_tools(tools: Path) -> None:
    with PowerMeter() as power:
        pass
    assert power.watts is None


@pytest.mark.parametrize(
    ("tool", "lines", "watts"),
    [
        ("nvidia-smi", "120.5\n[N/A]\n121.5\n", 121.0),
        ("tegrastats", "RAM 2000/7000MB CPU [1%@729] VDD_IN 4000mW/4100mW VDD_SOC 9mW/9mW\n", 4.0),
    ],
)
def test_power_is_the_mean_of_what_the_tools_say(tools: Path, tool: str, lines: str, watts: float) -> None:
    ready = tools / "ready"
    os.mkfifo(ready)
    write_tool(tools, tool, f"printf '%b' '{lines}'\n: > {ready}\nwhile :; do read -r _ < {ready}; done")
    with PowerMeter() as power:
        ready.read_bytes()  # it has said all
    assert power.watts == watts


def test_a_machine_with_a_gpu_says_which(tools: Path) -> None:
    write_tool(tools, "nvidia-smi", "echo 'Some GPU, 570.1, 8192 MiB, 1980 MHz, 700.00 W'")
    gpu = machine.machine()["gpu"]
    assert gpu == {
        "name": "Some GPU",
        "driver_version": "570.1",
        "memory.total": "8192 MiB",
        "clocks.max.sm": "1980 MHz",
        "power.limit": "700.00 W",
    }


def test_a_machine_without_one_says_nothing_of_it(tools: Path) -> None:
    assert {"gpu", "jetson"}.isdisjoint(machine.machine())


def test_the_table_has_a_row_for_each_size_and_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(every: int | str, fps: float) -> dict[str, Any]:
        return {
            "width": 1280, "height": 720, "model": "context", "backend": "cpu", "estimate_every": every,
            "stages": {"estimate": {"p50_ms": 2.13}}, "enhance": {"p50_ms": 4.04, "p95_ms": 6.0},
            "enhance_fps": fps, "file_fps": 40.2, "transcode_fps": 50.0,
        }  # fmt: skip

    report = {
        "machine": {"processor": "Some CPU", "cores": 2},
        "runs": [run(1, 230.4), run("auto", 250.0)],
    }
    (tmp_path / "fps-somewhere.json").write_text(json.dumps(report))
    monkeypatch.setattr(readme, "_RESULTS", tmp_path)
    _, _, row = readme.fps_table().splitlines()
    assert row == (
        "| Some CPU, 2 cores | 1280×720 | `context` | 2.1 ms | 4.0, 6.0 ms | 230 FPS |  | 250 | 40 | 50 |"
    )
