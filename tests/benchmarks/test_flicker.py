"""Flicker is measured as documented: on footage of which the answer is known by hand."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from benchmarks import flicker, footage
from benchmarks.flicker_methods import Methods, averaged
from benchmarks.footage import Footage
from realtime.errors import InputError

from .bench import bench


def picture(height: int = 48, width: int = 64) -> footage.Frame:
    return np.random.default_rng(2).integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A bright scene that a dark bar crosses."""
    path = tmp_path / "bright.mp4"
    y, x = np.mgrid[0:96, 0:128]
    scene = np.stack([90 + x, 200 - y, np.full_like(x, 140)], axis=2).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(30))
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for index in range(48):
            pixels = scene.copy()
            pixels[:, 2 * index : 2 * index + 12] //= 4
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        container.mux(stream.encode(None))
    return path


def test_a_clip_of_a_few_pixels_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tiny.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(30))
        stream.width, stream.height, stream.pix_fmt = 14, 40, "yuv420p"
        for _ in range(2):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(40, 14))))
        container.mux(stream.encode(None))
    with pytest.raises(InputError, match=r"tiny\.mkv leaves 14×40 pixels to measure on; give .* 16×16"):
        footage.read_footage(path, 45, 640)


def test_a_tripod_clip_that_ends_while_filters_settle_is_refused(clip: Path) -> None:
    with pytest.raises(InputError, match=r"bright\.mp4 is no longer than filters take to settle"):
        flicker.measure_flicker([], [clip], "context", 31, iter)


def test_a_pan_moves_by_whole_pixels_and_ends_with_the_picture() -> None:
    panned = footage.pan(picture(), (4, 1), 30)
    assert len(panned.frames) == 5  # 16 columns of room, 4 at a time
    for index, frame in enumerate(panned.frames):
        np.testing.assert_array_equal(frame, picture()[index : index + 36, 4 * index : 4 * index + 48])


def test_the_warping_error_of_an_exact_pan_is_that_of_what_was_added() -> None:
    frames = footage.pan(picture() // 2, (4, 1), 5).frames
    assert flicker._warping(frames) == 0
    brighter = [frame + np.uint8(10 * (index % 2)) for index, frame in enumerate(frames)]
    assert flicker._warping(brighter) == pytest.approx((10 / 255) ** 2, rel=1e-5)


def test_the_deviation_is_that_of_block_means() -> None:
    frames = [np.full((40, 40, 3), 100 + 3 * (index % 2), np.uint8) for index in range(6)]
    lumas = flicker._block_lumas(frames)
    assert lumas.shape == (6, 2, 2)
    assert flicker._deviation(lumas) == pytest.approx(1.5, rel=1e-5)


def test_averaging_mixes_in_what_was_shown_before() -> None:
    values = averaged(np.array([10, 20, 20], np.float32))
    np.testing.assert_allclose(values, [10, 17, 19.1], rtol=1e-6)


def test_frames_are_lost_up_to_the_last_that_is_worse_than_a_fresh_start() -> None:
    assert flicker._frames_lost([20.0, 24.95, 24.0, 25.0], [25.0, 25.0, 25.0, 25.0]) == 3
    assert flicker._frames_lost([24.95, 25.2], [25.0, 25.0]) == 0


def test_darkened_footage_has_one_exposure_and_fresh_noise() -> None:
    bright = Footage.made([picture()] * 3)
    dark = footage.darkened(bright)
    means = [frame.mean() for frame in dark.frames]
    assert max(means) < 0.5 * picture().mean()
    assert max(means) - min(means) < 0.5
    assert (dark.frames[0] != dark.frames[1]).mean() > 0.2
    assert (np.abs(np.diff(np.asarray(footage.darkened(bright, noise=False).frames, int), axis=0)) == 0).all()


def test_fixed_maps_are_those_of_the_first_frame() -> None:
    first, other = picture() // 4, picture()[::-1] // 3
    with Methods("context") as methods:
        fixed = methods.fixed_maps(Footage.made([first, other, other, first]))
        anew = methods.per_frame(Footage.made([first, other]))
    np.testing.assert_array_equal(fixed[0], anew[0])
    np.testing.assert_array_equal(fixed[3], fixed[0])
    np.testing.assert_array_equal(fixed[2], fixed[1])
    assert (fixed[1] != anew[1]).any()


def test_the_command_reports_every_method(clip: Path) -> None:
    chart = clip.with_name("chart.png")
    done = bench("flicker", clip, "--tripod", clip, "--frames", "45", "--chart", chart, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["clips"], report["tripod_clips"]) == (1, 1)
    for still in ("noisy", "encoded", "tripod"):
        assert list(report[still]) == ["input", "fixed maps", "per frame", "averaged pixels", "smoothed maps"]
        assert report[still]["input"]["wavering"] == report[still]["fixed maps"]["wavering"] == 0
    assert report["noisy"]["per frame"]["wavering"] > report["noisy"]["smoothed maps"]["wavering"] > 0
    assert list(report["motion"]) == ["input", "per frame", "averaged pixels", "smoothed maps"]
    assert report["motion"]["input"]["warping"] == 0
    assert report["motion"]["input"]["psnr_db"] < report["motion"]["per frame"]["psnr_db"]
    assert report["motion"]["per frame"]["frames_lost"] == 0
    assert Image.open(chart).format == "PNG"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("flicker",), 2, "give a bright video"),
        (("flicker", "missing.mp4"), 1, "missing.mp4 does not exist"),
        (("flicker", "--tripod", "missing.mp4"), 1, "missing.mp4 does not exist"),
    ],
)
def test_what_cannot_be_measured_is_said(arguments: tuple[str, ...], status: int, message: str) -> None:
    done = bench(*arguments)
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr
