"""FFmpeg's decoders on GPUs, over libraries that stand for NVIDIA's and know what is to come out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ...clips import BT601_FULL, make_clip, read_frames, read_times

WITH_B_FRAMES = {"bf": "2", "g": "8"}

CLIPS: dict[str, dict[str, Any]] = {
    "h264": {"options": WITH_B_FRAMES},
    "hevc of 10 bits": {
        "codec": "libx265",
        "pixel_format": "yuv420p10le",
        "options": {"x265-params": "bframes=2:keyint=8:log-level=none"},
    },
    "no whole macroblocks": {"size_wh": (70, 54), "options": WITH_B_FRAMES},
    "full range, by an older matrix": {"colour": BT601_FULL},
    "variable rate": {"pts": [0, 1, 5, 6, 7, 20, 21, 22]},
}


@pytest.mark.parametrize("choices", CLIPS.values(), ids=CLIPS.keys())
def test_frames_and_times_are_those_of_software(run: Any, tmp_path: Path, choices: dict[str, Any]) -> None:
    clip = make_clip(tmp_path / "clip.mp4", **choices)
    seen = run(clip, "read")
    deep = choices.get("pixel_format") == "yuv420p10le"
    assert seen["formats"] == ["p010le" if deep else "nv12"]
    assert seen["first"] == ("yuv420p10le" if deep else "yuv420p")
    assert all(seen["same"])
    assert len(seen["same"]) == len(read_times(clip))


@pytest.mark.parametrize("choices", CLIPS.values(), ids=CLIPS.keys())
def test_files_come_out_byte_for_byte_as_from_software(
    run: Any, tmp_path: Path, choices: dict[str, Any]
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", other_tracks=True, **choices)
    by_nvdec, by_software = tmp_path / "nvdec.mp4", tmp_path / "software.mp4"
    seen = run(clip, "enhance", by_nvdec, "{}")
    expected = run(clip, "enhance", by_software, '{"decoder": "software"}')
    assert seen["frames"] == expected["frames"] == len(read_times(clip))
    assert by_nvdec.read_bytes() == by_software.read_bytes()
    assert (seen["uploads"], seen["notes"]) == (0, expected["notes"])
    assert expected["uploads"] == expected["frames"]


@pytest.mark.parametrize("codec", ["hevc", "ffv1", "prores"])
def test_frames_come_back_for_encoders_that_take_another_format(run: Any, tmp_path: Path, codec: str) -> None:
    clip = make_clip(tmp_path / "clip.mp4", options=WITH_B_FRAMES)
    suffix = ".mov" if codec == "prores" else ".mkv"
    by_nvdec, by_software = tmp_path / f"nvdec{suffix}", tmp_path / f"software{suffix}"
    run(clip, "enhance", by_nvdec, json.dumps({"codec": codec}))
    run(clip, "enhance", by_software, json.dumps({"codec": codec, "decoder": "software"}))
    assert read_times(by_nvdec) == read_times(by_software)
    for frame, other in zip(read_frames(by_nvdec), read_frames(by_software), strict=True):
        assert (frame.to_ndarray() == other.to_ndarray()).all()


def test_a_video_that_was_interrupted_goes_on_where_it_was(run: Any, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", options=WITH_B_FRAMES, pts=range(60))
    target, whole = tmp_path / "target.mp4", tmp_path / "whole.mp4"
    choices = json.dumps({"encoder": {"segment_s": 0.5}})
    seen = run(clip, "enhance", target, choices, NVDEC_FAIL="decode:45")
    assert re.search(r"a frame cannot be decoded by NVDEC at \d", seen["error"])
    assert not target.exists()
    seen = run(clip, "enhance", target, choices)
    assert seen["frames"] == 60
    run(clip, "enhance", whole, '{"decoder": "software"}')
    assert read_times(target) == read_times(whole)


@pytest.mark.parametrize(
    ("choices", "fail", "reason"),
    [
        ({"codec": "mpeg4"}, "", r"this GPU's NVDEC does not take mpeg4 of yuv420p, or not as 4:2:0"),
        ({"pixel_format": "yuv444p"}, "", "this GPU's NVDEC does not take h264 of yuv444p"),
        ({}, "create:1", "this GPU's NVDEC does not take h264 of yuv420p"),
        ({}, "map:1", "NVDEC does not open it"),
        ({"options": {"flags": "+ildct+ilme", "x264-params": "tff=1"}}, "", "it is interlaced"),
    ],
    ids=["another codec", "more chroma", "no decoder left", "no memory", "interlaced"],
)
def test_software_decodes_what_nvdec_does_not(
    run: Any, tmp_path: Path, choices: dict[str, Any], fail: str, reason: str
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", **choices)
    seen = run(clip, "enhance", tmp_path / "target.mp4", "{}", NVDEC_FAIL=fail)
    assert seen["frames"] == 12
    assert re.search(f"clip.mp4 is decoded in software: {reason}", seen["notes"][0])


def test_what_decodes_is_kept_where_nvdec_stops(run: Any, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", options={"bf": "0", "g": "100"})
    target = tmp_path / "target.mp4"
    assert "by NVDEC" in run(clip, "enhance", target, "{}", NVDEC_FAIL="decode:9")["error"]
    assert not target.exists()
    kept = run(clip, "enhance", target, '{"files": {"keep_partial": true}}', NVDEC_FAIL="decode:9")
    assert kept["frames"] == len(read_frames(target)) == 8
    assert "by NVDEC" in kept["notes"][-1]
