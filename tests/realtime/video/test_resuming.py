"""A long video that was interrupted goes on where it was, and comes out as if nothing had been."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import pytest

from realtime.cpu_enhancer import CpuEnhancer
from realtime.denoising.enhancer import DenoisingEnhancer
from realtime.options import Codec, EnhancerOptions

from ...clips import BT709, make_clip
from ...contract.fake_enhancer import FakeEnhancer
from .interruption import B_FRAMES, FRAMES, everything, kill, names, run

# Of all evenness: gaps, bursts, and frames a tick apart.
STEPS = [1, 1, 2, 3, 6, 1, 1, 1, 9, 2]
UNEVEN = [sum(STEPS[index % 10] for index in range(frame)) for frame in range(FRAMES)]


class Case(NamedTuple):
    """An input, and what is made of it."""

    name: str
    target: str
    codec: Codec
    clip: dict[str, Any]


CASES = {
    "h264": Case("in.mp4", "out.mp4", Codec.H264, {"pts": UNEVEN, "options": B_FRAMES, "other_tracks": True}),
    "hevc": Case(
        "in.mkv",
        "out.mkv",
        Codec.HEVC,
        {"pts": [40 * pts for pts in UNEVEN], "time_base": Fraction(1, 1000), "options": B_FRAMES},
    ),
    "hevc in mp4": Case(
        "in.mp4", "out.mp4", Codec.HEVC, {"pts": UNEVEN, "colour": BT709, "rotation_deg": 90}
    ),
    "sound anew": Case(
        "in.mkv", "out.webm", Codec.VP9, {"pts": range(FRAMES), "options": B_FRAMES, "other_tracks": True}
    ),
    "transparent": Case(
        "in.mkv",
        "out.webm",
        Codec.VP9,
        {"pts": range(FRAMES), "codec": "ffv1", "pixel_format": "yuva420p", "options": {"g": "5"}},
    ),
    "av1": Case("in.mp4", "out.mp4", Codec.AV1, {"pts": UNEVEN, "options": B_FRAMES}),
    "ffv1": Case(
        "in.mkv", "out.mkv", Codec.FFV1, {"pts": UNEVEN, "codec": "ffv1", "pixel_format": "yuv422p10le"}
    ),
    "prores": Case("in.mov", "out.mov", Codec.PRORES, {"pts": UNEVEN, "options": B_FRAMES}),
    "stream": Case(
        "in.ts",
        "out.ts",
        Codec.H264,
        {"pts": [50 + pts for pts in UNEVEN], "options": B_FRAMES, "other_tracks": False},
    ),
    "without times": Case("in.avi", "out.mp4", Codec.H264, {"pts": range(FRAMES), "codec": "mpeg4"}),
    "one key frame": Case("in.mp4", "out.mkv", Codec.FFV1, {"pts": UNEVEN, "options": {"g": "999"}}),
}


@pytest.fixture(scope="module", autouse=True)
def _quiet_av1() -> None:
    os.environ.setdefault("SVT_LOG", "1")


@pytest.fixture(scope="module")
def enhancers() -> Iterator[list[CpuEnhancer]]:
    """Two, since another process has another."""
    options = EnhancerOptions(map_size=32, threads=1, estimate_every="auto")
    with CpuEnhancer(options) as one, CpuEnhancer(options) as other:
        yield [one, other]


def samples_and_times(path: Path) -> list[Any]:
    with av.open(path) as container:
        return [(f.pts, [bytes(plane) for plane in f.planes]) for f in container.decode(video=0)]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_it_comes_out_as_if_it_had_not_been_interrupted(
    tmp_path: Path, case: Case, enhancers: list[CpuEnhancer]
) -> None:
    source = make_clip(tmp_path / case.name, **case.clip)
    (tmp_path / "whole").mkdir()
    whole = tmp_path / "whole" / case.target
    assert run(source, whole, enhancer=enhancers[0], codec=case.codec) == FRAMES
    expected = everything(whole)
    dts = [packet[1] for packet in expected[0] if packet[0] == 0]
    assert dts == sorted(set(dts))
    target = tmp_path / case.target
    for at in (11, 30, 31, 59):
        kill(source, target, at, enhancer=enhancers[0], codec=case.codec)
        assert run(source, target, enhancer=enhancers[1], codec=case.codec) == FRAMES
        assert everything(target) == expected
        if target.suffix in (".mp4", ".mov"):
            assert target.read_bytes() == whole.read_bytes()
        assert names(tmp_path) == {"whole", case.name, case.target}
        target.unlink()


def test_what_is_denoised_comes_out_so_too(tmp_path: Path, enhancers: list[CpuEnhancer]) -> None:
    source = make_clip(tmp_path / "in.mkv", codec="mjpeg", pixel_format="yuvj420p", pts=UNEVEN)
    one, other = (
        DenoisingEnhancer(enhancer, EnhancerOptions(threads=1, denoise=True)) for enhancer in enhancers
    )
    run(source, tmp_path / "whole.mkv", enhancer=one, codec=Codec.FFV1)
    run(source, tmp_path / "plain.mkv", enhancer=enhancers[0], codec=Codec.FFV1)
    kill(source, tmp_path / "out.mkv", 30, enhancer=one, codec=Codec.FFV1)
    run(source, tmp_path / "out.mkv", enhancer=other, codec=Codec.FFV1)
    assert everything(tmp_path / "out.mkv") == everything(tmp_path / "whole.mkv")
    assert everything(tmp_path / "out.mkv") != everything(tmp_path / "plain.mkv")


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_only_key_frames_show_that_there_are_segments(tmp_path: Path, codec: str) -> None:
    source = make_clip(tmp_path / "in.mkv", codec=codec, pts=UNEVEN, options=B_FRAMES)
    run(source, tmp_path / "cut.mkv", codec=Codec.FFV1)
    run(source, tmp_path / "whole.mkv", codec=Codec.FFV1, settings=None)
    assert samples_and_times(tmp_path / "cut.mkv") == samples_and_times(tmp_path / "whole.mkv")


def test_several_interruptions_are_survived_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = make_clip(tmp_path / "in.mp4", pts=range(FRAMES), options=B_FRAMES)
    run(source, tmp_path / "whole.mp4")
    enhancer = FakeEnhancer()
    with caplog.at_level(logging.INFO):
        for at in (25, 30, 31, 55):
            kill(source, tmp_path / "out.mp4", at, enhancer=enhancer, segment_s=0.8)
        assert run(source, tmp_path / "out.mp4", enhancer=enhancer) == FRAMES
    assert (tmp_path / "out.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    done = [
        f"{source}: done up to 0:00:0{second}; run the same again to go on there" for second in (0, 0, 0, 1)
    ]
    resumed = [f"{source}: resumed at 0:00:0{second}" for second in (0, 0, 0, 1)]
    assert caplog.messages == [message for pair in zip(done, resumed, strict=True) for message in pair]
