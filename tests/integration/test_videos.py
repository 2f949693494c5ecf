"""A video comes out brighter, and everything else about it as it was."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from ..clips import BT709, make_clip, mean_luma, read_frames, read_packets, read_times, samples
from .command import enhance

IRREGULAR = [0, 1, 2, 4, 5, 9, 10, 11, 12]


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a clip with everything a clip can have, and the same enhanced."""
    folder = tmp_path_factory.mktemp("rich")
    source = make_clip(
        folder / "in.mp4",
        pts=IRREGULAR,
        options={"bf": "3"},
        colour=BT709,
        aspect=Fraction(4, 3),
        rotation_deg=90,
        other_tracks=True,
    )
    result = enhance("in.mp4", "out.mp4", folder=folder)
    assert (result.returncode, result.stderr) == (0, "")
    return source, folder / "out.mp4"


def spoken(path: Path) -> list[tuple[Fraction, bytes]]:
    """Return when each subtitle appears, and its text; MP4 fills the gaps between them with empty ones."""
    return [(packet.pts, packet.data[2:]) for packet in read_packets(path, "subtitle") if packet.data[2:]]


def test_it_is_plainly_brighter(rich: tuple[Path, Path]) -> None:
    source, target = rich
    assert mean_luma(target) > 1.5 * mean_luma(source)


def test_every_frame_keeps_its_time(rich: tuple[Path, Path]) -> None:
    source, target = rich
    assert read_times(source) == [Fraction(pts, 25) for pts in IRREGULAR]
    assert read_times(target) == read_times(source)


def test_sound_is_copied_byte_for_byte(rich: tuple[Path, Path]) -> None:
    source, target = rich
    assert len(read_packets(source, "audio")) > 5
    assert read_packets(target, "audio") == read_packets(source, "audio")


def test_subtitles_are_copied(rich: tuple[Path, Path]) -> None:
    source, target = rich
    assert [text for _, text in spoken(source)] == [b"Bonsoir", b"Bonne nuit"]
    assert spoken(target) == spoken(source)


def test_titles_languages_and_chapters_are_kept(rich: tuple[Path, Path]) -> None:
    with av.open(rich[0]) as source, av.open(rich[1]) as target:
        assert target.metadata["title"] == source.metadata["title"] == "Night"
        assert [target.streams[index].metadata["language"] for index in range(3)] == ["eng", "deu", "fra"]
        before, after = (
            [
                (c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"])
                for c in container.chapters()
            ]
            for container in (source, target)
        )
    assert [metadata["title"] for _, _, metadata in before] == ["Dusk", "Dark"]
    assert after == before


def test_the_shape_of_the_picture_and_its_colours_are_kept(rich: tuple[Path, Path]) -> None:
    with av.open(rich[1]) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.sample_aspect_ratio) == (64, 48, Fraction(4, 3))
        assert {tag: getattr(stream.codec_context, tag) for tag in BT709} == BT709
        assert stream.codec_context.codec.canonical_name == "h264"
        assert next(container.decode(stream)).rotation == 90


@pytest.mark.parametrize(
    ("name", "pts", "time_base", "options"),
    [
        ("constant.mp4", range(10), Fraction(1, 30), {}),
        ("late start.mp4", range(50, 60), Fraction(1, 25), {"bf": "2"}),
        ("late start.mkv", range(50, 60), Fraction(1, 25), {"bf": "2"}),
        ("late ntsc.mp4", range(5, 15), Fraction(1001, 30000), {"bf": "3"}),
        ("odd time base.mp4", [0, 490, 1001, 1480, 2003, 5000], Fraction(1, 12345), {"bf": "3"}),
        ("irregular.mkv", [0, 33, 34, 100, 1000, 1041], Fraction(1, 1000), {"bf": "3"}),
    ],
)
def test_times_are_kept_whatever_they_are(
    tmp_path: Path, name: str, pts: Sequence[int], time_base: Fraction, options: dict[str, str]
) -> None:
    source = make_clip(tmp_path / name, pts=pts, time_base=time_base, options=options, other_tracks=True)
    result = enhance(name, f"out {name}", "--strength", "0", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    target = tmp_path / f"out {name}"
    assert len(read_times(target)) == len(pts)
    assert read_times(target) == read_times(source)
    assert read_packets(target, "audio") == read_packets(source, "audio")


@pytest.mark.parametrize(
    ("pixel_format", "size_wh", "codec"),
    [("yuv420p10le", (64, 48), "libx265"), ("yuv444p", (63, 47), "libx264"), ("yuv420p", (1, 1), "rawvideo")],
    ids=["10 bit", "4:4:4 of odd size", "one pixel"],
)
def test_depth_sampling_and_size_are_kept(
    tmp_path: Path, pixel_format: str, size_wh: tuple[int, int], codec: str
) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    source = make_clip(
        tmp_path / "in.mkv", codec=codec, pixel_format=pixel_format, size_wh=size_wh, options=options
    )
    result = enhance(
        "in.mkv", "out.mkv", *(["--codec", "ffv1"] if codec == "rawvideo" else []), folder=tmp_path
    )
    assert (result.returncode, result.stderr) == (0, "")
    frames = read_frames(tmp_path / "out.mkv")
    assert {(frame.format.name, frame.width, frame.height) for frame in frames} == {(pixel_format, *size_wh)}
    assert len(frames) == 12
    assert mean_luma(tmp_path / "out.mkv") > mean_luma(source)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le"])
def test_strength_0_without_loss_changes_not_a_bit(tmp_path: Path, pixel_format: str) -> None:
    source = make_clip(tmp_path / "in.mkv", pixel_format=pixel_format, size_wh=(66, 50))
    result = enhance("in.mkv", "out.mkv", "--strength", "0", "--codec", "ffv1", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    for before, after in zip(read_frames(source), read_frames(tmp_path / "out.mkv"), strict=True):
        assert after.format.name == pixel_format
        for plane_before, plane_after in zip(samples(before), samples(after), strict=True):
            np.testing.assert_array_equal(plane_after, plane_before)
