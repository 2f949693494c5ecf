"""A machine with NVDEC and NVENC that has none: FFmpeg's own code over libraries that stand for NVIDIA's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import pytest
from av.codec.hwaccel import hwdevices_available

from ..stub_libraries import build_decoder, build_driver, build_encoder, ffmpeg_library
from .coded_pictures import known_pictures

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the driver's, the decoder's and the encoder's library."""
    if not hasattr(av.VideoFrame, "sw_format"):
        pytest.skip("PyAV is older than 18")
    if "cuda" not in hwdevices_available():
        pytest.skip("the FFmpeg in this PyAV is built without NVDEC and NVENC")
    folder = tmp_path_factory.mktemp("nvidia")
    build_driver(folder, ffmpeg_library())
    build_decoder(folder)
    build_encoder(folder)
    return folder


@pytest.fixture
def run(stubs: Path, tmp_path: Path) -> Any:
    """Run something on a machine with NVDEC, which knows a clip."""

    def run_on(clip: Path, what: str, *arguments: object, **fails: str) -> dict[str, Any]:
        pictures = known_pictures(clip, tmp_path)
        environment = os.environ | pictures | fails | {"LD_LIBRARY_PATH": str(stubs)}
        command = [sys.executable, "-m", "tests.realtime.video.on_stub_gpu", what, clip, *arguments]
        done = subprocess.run(
            [str(part) for part in command],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        seen: dict[str, Any] = json.loads(done.stdout)
        assert (seen["live"], seen["depth"]) == (0, 1), "something was left on the GPU"
        return seen

    return run_on
