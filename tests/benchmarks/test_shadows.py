"""The growth of colour in the shadows is measured as documented."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from benchmarks import shadows
from realtime.errors import InputError
from realtime.frames.picture import picture_of

from .bench import bench


def frame(luma: int, chroma: int, tint: int = 0, size_wh: tuple[int, int] = (256, 224)) -> av.VideoFrame:
    """Blocks get brighter to the right; blue deviates by as many codes, this way and that, from its tint."""
    made = av.VideoFrame(*size_wh, "yuv420p")
    y, u, v = (plane[: made.height, : made.width] for plane in picture_of(made).planes)
    y[:] = 16 + luma + np.arange(made.width) // 32
    u[:], v[:] = 128 + tint, 128
    u[:, ::2] += np.uint8(chroma)
    u[:, 1::2] -= np.uint8(chroma)
    return made


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "dark.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(30), options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 256, 224, "yuv420p"
        for _ in range(12):
            container.mux(stream.encode(frame(2, 3)))
        container.mux(stream.encode(None))
    return path


def test_growth_is_that_of_the_darkest_blocks() -> None:
    growth = shadows._growth([frame(10, 2, 3)], [frame(40, 6, -12)])
    # Of eight columns of blocks, the darkest two: 10 and 11 codes above black, and 40 and 41.
    assert growth.luma_growth == pytest.approx(81 / 21)
    assert growth.tint_growth == pytest.approx(4)
    assert growth.chroma_growth == pytest.approx(3)


def test_what_is_black_and_grey_does_not_divide_by_nothing() -> None:
    growth = shadows._growth([frame(0, 0)], [frame(0, 0)])
    assert (growth.tint_growth, growth.chroma_growth) == (0, 0)
    assert np.isfinite(growth.luma_growth)


def test_the_command_compares_the_rules(clip: Path) -> None:
    chart = clip.with_name("chart.png")
    done = bench("shadows", clip, "--frames", "2", "--chart", chart, "--json")
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)["clips"]
    assert list(result) == ["rule off", "rule on"]
    assert result["rule off"]["luma_growth"] > 1
    assert result["rule on"]["chroma_growth"] < result["rule off"]["chroma_growth"]
    assert Image.open(chart).format == "PNG"


def test_a_missing_clip_is_said_in_one_line() -> None:
    done = bench("shadows", "missing.mp4")
    assert done.returncode == 1
    assert "missing.mp4 does not exist" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_clip_of_less_than_a_block_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tiny.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(30))
        stream.width, stream.height, stream.pix_fmt = 64, 30, "yuv420p"
        container.mux(stream.encode(frame(2, 3, size_wh=(64, 30))))
        container.mux(stream.encode(None))
    with pytest.raises(InputError, match=r"tiny\.mkv has 64×30 pixels, and blocks of 32×32 are compared"):
        shadows.measure_shadows([path], "context", 1, iter)
