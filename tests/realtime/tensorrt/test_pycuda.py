"""The real PyCUDA takes what it is given, over a driver that is none but is as strict as the real one.

PyCUDA is built from source, which takes a CUDA toolkit and minutes, so that most machines lack it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from realtime.cpu_enhancer import CpuEnhancer
from realtime.options import Codec, EncoderOptions, FileOptions
from realtime.video.pipeline import enhance_video

from ...clips import make_clip, read_frames, read_times
from ..stub_libraries import build_decoder, build_driver, ffmpeg_library
from ..video.coded_pictures import known_pictures
from .films import OPTIONS

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the driver."""
    pycuda = find_spec("pycuda")
    if pycuda is None or not pycuda.submodule_search_locations:
        pytest.skip("PyCUDA is not installed")
    folder = tmp_path_factory.mktemp("driver")
    (module,) = Path(pycuda.submodule_search_locations[0]).glob("_driver*.so")
    build_driver(folder, module, ffmpeg_library())
    return folder


def run(
    stub: Path,
    what: str,
    fail: str = "",
    *arguments: Path,
    warns: bool = False,
    pictures: Mapping[str, str] | None = None,
) -> dict:
    environment = os.environ | (pictures or {}) | {"LD_LIBRARY_PATH": str(stub), "FAIL_CALL": fail}
    command = [sys.executable, "-m", "tests.realtime.tensorrt.on_stub_driver", what, *map(str, arguments)]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert warns or done.stderr == ""
    seen: dict = json.loads(done.stdout)
    return seen


def test_frames_are_enhanced_as_by_the_cpu_and_all_is_given_back(stub: Path) -> None:
    seen = run(stub, "enhance")
    assert seen["differences"].keys() == {"yuv420p", "yuv422p10", "grey", "bgr"}
    assert max(seen["differences"].values()) <= 1
    assert (seen["live"], seen["depth"], seen["launches"]) == (0, 0, 4 * 8 * 8)


def test_frames_that_nvdec_leaves_on_the_gpu_are_read_there(stub: Path, tmp_path: Path) -> None:
    build_decoder(stub)
    clip, target, by_cpu = make_clip(tmp_path / "clip.mp4"), tmp_path / "target.mkv", tmp_path / "cpu.mkv"
    seen = run(stub, "decode", "", clip, target, pictures=known_pictures(clip, tmp_path))
    # What is uploaded are the curves, as the network is on the host there.
    assert (seen["frames"], seen["uploads"], seen["live"], seen["depth"]) == (12, 12, 0, 0)
    with CpuEnhancer(OPTIONS) as enhancer:
        enhance_video(clip, by_cpu, enhancer, EncoderOptions(codec=Codec.FFV1), FileOptions())
    assert read_times(target) == read_times(by_cpu)
    for frame, expected in zip(read_frames(target), read_frames(by_cpu), strict=True):
        assert np.abs(frame.to_ndarray().astype(int) - expected.to_ndarray()).max() <= 1


def test_the_bench_measures(stub: Path) -> None:
    seen = run(stub, "measure")
    assert seen["pass_ms"] > 0
    assert (seen["live"], seen["depth"]) == (0, 0)


@pytest.mark.parametrize(
    ("fail", "message"),
    [
        ("cuMemAlloc:1:2", r"the GPU has too little free memory \(.*out of memory\)"),
        ("cuMemHostAlloc:3:2", r"the GPU has too little free memory \(.*out of memory\)"),
        ("cuInit:1:999", r"the GPU cannot be used \("),
        ("cuLaunchKernel:9:719", r"the GPU failed \(cuLaunchKernel failed: "),
        ("cuEventSynchronize:2:700", r"the GPU failed \(cuEventSynchronize failed: "),
        ("any:60:719", r"the GPU failed \(cu\w+ failed: "),
        ("cuModuleLoadDataEx:1:209", r"the GPU failed \(cuModuleLoadDataEx failed: "),
    ],
)
def test_what_the_driver_answers_is_told_in_one_line(stub: Path, fail: str, message: str) -> None:
    seen = run(stub, "fail", fail)
    assert re.fullmatch(rf"{message}.*", seen["error"])
    # What is on a GPU that is lost is lost, too; one that is short of memory gets all of it back.
    assert (seen["live"] == 0) is not message.startswith("the GPU failed")


@pytest.mark.parametrize("fail", ["any:90:719", "cuEventSynchronize:3:700", "cuLaunchKernel:9:719"])
def test_a_gpu_that_two_share_fails_for_both_in_a_line_each(stub: Path, fail: str) -> None:
    errors = run(stub, "fail two", fail)["errors"]
    assert all(error.startswith("the GPU failed") for error in errors)


def test_a_context_that_is_lost_ends_in_a_line_and_not_in_a_crash(stub: Path) -> None:
    error = run(stub, "fail", "cuCtxPushCurrent:5:719", warns=True)["error"]  # PyCUDA itself warns then
    assert re.fullmatch(r"the GPU failed \(cuCtxPushCurrent failed: .*", error)
