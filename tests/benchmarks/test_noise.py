"""What denoising brings is measured as documented."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks import noise
from zerodce.scores import EQUAL_DB

from ..clips import make_clip
from .bench import bench


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "bright.mp4"
    y, x = np.mgrid[0:96, 0:128]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(30))
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for index in range(16):
            scene = np.stack([90 + x, 200 - y, 100 + 2 * index + 0 * x], axis=2).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(scene)))
        container.mux(stream.encode(None))
    return path


def test_what_has_settled_is_scored_against_what_has_no_noise() -> None:
    references = [np.full((8, 8, 3), 100, np.uint8)] * 16
    enhanced = {"equal": references, "worse": [frame + np.uint8(25) for frame in references]}
    scores = list(noise._scores(enhanced, references))
    assert len(scores) == 2  # of frames 10 and 15
    for one in scores:
        assert one["equal"].psnr_db == EQUAL_DB
        assert one["worse"].psnr_db == pytest.approx(20 * np.log10(255 / 25), abs=1e-4)


def test_the_command_compares_both(clip: Path) -> None:
    done = bench("noise", clip, "--frames", "12", "--json")
    assert done.returncode == 0, done.stderr
    scores = json.loads(done.stdout)["scores"]
    assert len(scores) == 4  # the picture leaves no room for a pan
    tripod = scores["from a tripod"]
    assert tripod["--denoise"]["psnr_db"] > tripod["as it is"]["psnr_db"] + 3
    assert "from a tripod" in bench("noise", clip, "--frames", "12").stdout


def test_a_clip_that_is_too_short_is_said_in_one_line(tmp_path: Path) -> None:
    make_clip(tmp_path / "short.mp4", pts=range(8))
    done = bench("noise", tmp_path / "short.mp4")
    assert done.returncode == 1
    assert "short.mp4 has only 8 frames" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_missing_clip_is_said_in_one_line() -> None:
    done = bench("noise", "missing.mp4")
    assert done.returncode == 1
    assert "missing.mp4 does not exist" in done.stderr
    assert len(done.stderr.splitlines()) == 1
