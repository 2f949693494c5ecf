"""FFmpeg's NVENC over a library that stands for NVIDIA's and encodes without loss."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ...clips import BT601_FULL, BT709, make_clip, make_clip_of_parts, read_frames, read_times

CLIPS: dict[str, dict[str, Any]] = {
    "frames in another order": {"options": {"bf": "2", "g": "8"}},
    "no whole macroblocks": {"size_wh": (70, 54)},
    "variable rate": {"pts": [0, 1, 5, 6, 7, 20, 21, 22]},
}
NVENC = {"codec": "h264_nvenc"}


def lossless(run: Any, clip: Path, folder: Path) -> list[Any]:
    """Enhance a clip as it is from software to software, without loss, and return the frames."""
    target = folder / "expected.mkv"
    run(clip, "enhance", target, json.dumps({"codec": "ffv1", "decoder": "software"}))
    return read_frames(target)


def assert_same_frames(path: Path, expected: list[Any]) -> None:
    for frame, other in zip(read_frames(path), expected, strict=True):
        assert (frame.to_ndarray() == other.to_ndarray()).all()


@pytest.mark.parametrize("choices", CLIPS.values(), ids=CLIPS.keys())
def test_frames_stay_on_the_gpu_from_nvdec_to_nvenc(
    run: Any, tmp_path: Path, choices: dict[str, Any]
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", other_tracks=True, **choices)
    target = tmp_path / "target.mp4"
    seen = run(clip, "enhance", target, json.dumps(NVENC))
    assert (seen["uploads"], seen["downloads"]) == (0, 0)
    assert read_times(target) == read_times(clip)
    assert_same_frames(target, lossless(run, clip, tmp_path))


def test_frames_of_the_host_go_to_nvenc_too(run: Any, tmp_path: Path) -> None:
    clip, target = make_clip(tmp_path / "clip.mp4"), tmp_path / "target.mp4"
    seen = run(clip, "enhance", target, json.dumps(NVENC | {"decoder": "software"}))
    assert seen["uploads"] == seen["downloads"] == seen["frames"]
    assert_same_frames(target, lossless(run, clip, tmp_path))


def test_frames_that_are_converted_on_the_way_go_to_the_same_nvenc(run: Any, tmp_path: Path) -> None:
    clip = make_clip_of_parts(tmp_path / "clip.ts", BT709, BT601_FULL, BT709)
    target = tmp_path / "target.mp4"
    seen = run(clip, "enhance", target, json.dumps(NVENC))
    assert 0 < seen["uploads"] == seen["downloads"] < seen["frames"]
    assert_same_frames(target, lossless(run, clip, tmp_path))


def test_strength_0_gives_nvenc_what_was_decoded(run: Any, tmp_path: Path) -> None:
    clip, target = make_clip(tmp_path / "clip.mp4"), tmp_path / "target.mp4"
    run(clip, "enhance", target, json.dumps(NVENC | {"strength": 0}))
    assert_same_frames(target, read_frames(clip))


def test_an_nvenc_that_fails_is_told_in_one_line_and_leaves_nothing(run: Any, tmp_path: Path) -> None:
    clip, target = make_clip(tmp_path / "clip.mp4"), tmp_path / "target.mp4"
    seen = run(clip, "enhance", target, json.dumps(NVENC), NVENC_FAIL="5")
    assert re.search(r"writing stopped \(.*\); make room, or choose another place or --codec", seen["error"])
    assert not target.exists()
