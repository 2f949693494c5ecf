"""Noise goes where nothing moves, in files and live, and from photographs; the rest is as without."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from ..clips import read_times
from .command import enhance

WIDTH, HEIGHT, FRAMES = 160, 96, 30


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a dark clip as a camera on a tripod films it, without loss."""
    generator = np.random.default_rng(1)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    path = tmp_path_factory.mktemp("noisy") / "in.mkv"
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(FRAMES):
            planes = np.full((HEIGHT * 3 // 2, WIDTH), 128.0)
            planes[:HEIGHT] = 30 + x / 8 + y / 8
            planes += 3 * generator.normal(size=planes.shape)
            frame = av.VideoFrame.from_ndarray(np.rint(planes).astype(np.uint8), "yuv420p")
            frame.pts, frame.time_base = 2 * index, Fraction(1, 50)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def flicker(path: Path) -> float:
    """Return how much the luma of a pixel deviates over the last ten frames, on average."""
    with av.open(path) as container:
        lumas = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)][-10:]
    return float(np.std(np.stack(lumas).astype(float), axis=0).mean())


def test_a_file_is_denoised(noisy: Path) -> None:
    for name, options in (("plain.mkv", []), ("calm.mkv", ["--denoise"])):
        done = enhance("in.mkv", name, "--json", *options, folder=noisy.parent)
        assert (done.returncode, done.stderr) == (0, "")
        assert ("denoise" in json.loads(done.stdout)["ms_per_stage"]) == bool(options)
    plain, calm = (noisy.with_name(name) for name in ("plain.mkv", "calm.mkv"))
    assert flicker(calm) < 0.4 * flicker(plain)
    assert read_times(calm) == read_times(plain) == read_times(noisy)


def test_live_video_is_denoised(noisy: Path) -> None:
    done = enhance("in.mkv", "live.mkv", "--denoise", "--output", "null://", "--json", folder=noisy.parent)
    assert done.returncode == 0, done.stderr
    assert flicker(noisy.with_name("live.mkv")) < flicker(noisy)  # though it is brighter


@pytest.mark.parametrize("name", ["out.png", "out.tif", "out.jpg"])
@pytest.mark.parametrize("bits", [8, 16])
def test_a_photograph_is_denoised(noisy: Path, tmp_path: Path, name: str, bits: int) -> None:
    with av.open(noisy) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="gray")
    grey = (frame.astype(np.uint16) * 257) if bits == 16 else frame
    Image.fromarray(grey).save(tmp_path / "in.png")
    roughness = []
    for options in ((), ("--denoise", "--overwrite")):
        done = enhance("in.png", name, *options, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        with Image.open(tmp_path / name) as image:
            samples = np.asarray(image, np.float64)
        roughness.append(np.abs(np.diff(samples, axis=1)).mean() / samples.mean())
    assert roughness[1] < 0.5 * roughness[0]
