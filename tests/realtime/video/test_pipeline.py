"""A video is enhanced frame by frame, each with its own time, and appears whole or not at all."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from realtime.errors import DamagedInputError, DeviceError, InputError, OutputError
from realtime.frames.picture import Picture
from realtime.options import Codec, EncoderOptions, FileOptions
from realtime.stage_times import StageTimes
from realtime.video.pipeline import enhance_video

from ...clips import (
    BT601_FULL,
    BT709,
    PQ,
    make_clip,
    make_clip_of_parts,
    mean_luma,
    read_frames,
    read_times,
    samples,
)
from ...contract.fake_enhancer import FakeEnhancer

GAIN = 30
LOSSLESS, CAREFUL = EncoderOptions(codec=Codec.FFV1), FileOptions()
IRREGULAR = [0, 1, 4, 5, 11, 12, 13, 20]


class FailingEnhancer(FakeEnhancer):
    """Fails at the sixth frame."""

    def enhance(self, picture: Picture, time_s: float) -> None:
        super().enhance(picture, time_s)
        if len(self.times_s) == 6:
            raise RuntimeError("broken")


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert {thread.name for thread in threading.enumerate()}.isdisjoint({"decode", "enhance"})


def enhance(
    source: Path, target: Path, options: EncoderOptions = LOSSLESS, files: FileOptions = CAREFUL
) -> FakeEnhancer:
    enhancer = FakeEnhancer(gain=GAIN)
    enhance_video(source, target, enhancer, options, files)
    return enhancer


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("codec", "pixel_format"),
    # Of H.264, later frames are decoded from earlier ones, which must not be enhanced by then.
    [("libx264", "yuv420p"), ("ffv1", "yuv422p10le"), ("ffv1", "gray")],
)
def test_every_sample_is_the_enhancers(tmp_path: Path, codec: str, pixel_format: str) -> None:
    source = make_clip(tmp_path / "in.mkv", codec=codec, pixel_format=pixel_format)
    enhance(source, tmp_path / "out.mkv")
    before, after = read_frames(source), read_frames(tmp_path / "out.mkv")
    assert [frame.format.name for frame in after] == 12 * [pixel_format]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(samples(new)[0], samples(old)[0] + GAIN)
        for chroma_new, chroma_old in zip(samples(new)[1:], samples(old)[1:], strict=True):
            np.testing.assert_array_equal(chroma_new, chroma_old)


def test_the_enhancer_is_reset_and_told_the_times(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", pts=IRREGULAR, options={"bf": "3"})
    enhancer = enhance(source, tmp_path / "out.mkv")
    assert enhancer.resets == 1
    assert enhancer.times_s == pytest.approx([pts / 25 for pts in IRREGULAR])
    assert read_times(tmp_path / "out.mkv") == [Fraction(pts, 25) for pts in IRREGULAR]


def test_the_encoder_chooses_its_own_key_frames(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", options={"g": "1"})
    enhance(source, tmp_path / "out.mp4", EncoderOptions(codec=Codec.H264))
    assert [frame.key_frame for frame in read_frames(source)] == 12 * [True]
    assert [frame.key_frame for frame in read_frames(tmp_path / "out.mp4")] == [True] + 11 * [False]


def test_frames_and_progress_are_counted(tmp_path: Path) -> None:
    told, times = [], StageTimes()
    frames = enhance_video(
        make_clip(tmp_path / "in.mp4"),
        tmp_path / "out.mp4",
        FakeEnhancer(),
        EncoderOptions(),
        FileOptions(),
        times=times,
        progress=lambda done, expected: told.append((done, expected)),
    )
    assert frames == 12
    assert told == [(done, 12) for done in range(1, 13)]
    assert times.mean_ms(frames).keys() == {"decode", "encode"}


def test_frames_that_change_size_come_out_in_the_first_size(tmp_path: Path) -> None:
    small, large = (
        make_clip(tmp_path / f"{size_wh[0]}.ts", size_wh=size_wh, options={"bf": "0"})
        for size_wh in ((64, 48), (96, 80))
    )
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    enhance(both, tmp_path / "out.mkv")
    frames = read_frames(tmp_path / "out.mkv")
    assert len(frames) == 24
    assert {(frame.width, frame.height) for frame in frames} == {(64, 48)}


def test_colours_coded_otherwise_from_some_frame_on_come_out_as_the_first(tmp_path: Path) -> None:
    both = make_clip_of_parts(tmp_path / "both.ts", BT709, BT601_FULL)
    enhance_video(both, tmp_path / "out.mkv", FakeEnhancer(gain=0), LOSSLESS, CAREFUL)
    frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in read_frames(tmp_path / "out.mkv")]
    for before, after in zip(frames[:12], frames[12:], strict=True):
        assert np.abs(before - after).mean() < 3


def test_a_video_that_turns_hdr_is_refused_or_mapped(tmp_path: Path) -> None:
    both = make_clip_of_parts(tmp_path / "both.ts", BT709, PQ)
    for files in (CAREFUL, FileOptions(keep_partial=True)):
        with pytest.raises(InputError, match=r"both\.ts turns into HDR video \(PQ\), which"):
            enhance(both, tmp_path / "out.mkv", files=files)
        assert names(tmp_path) == ["both.ts"]
    alone = make_clip_of_parts(tmp_path / "alone.ts", PQ)
    for source in (both, alone):
        target = source.with_suffix(".mkv")
        enhance_video(source, target, FakeEnhancer(gain=0), LOSSLESS, FileOptions(tonemap=True))
    mapped = read_frames(tmp_path / "both.mkv")[12:]
    for frame, expected in zip(mapped, read_frames(tmp_path / "alone.mkv"), strict=True):
        assert all(map(np.array_equal, samples(frame), samples(expected)))


@pytest.mark.parametrize("pixel_format", ["nv12", "bgr0", "yuva420p"])
def test_other_pixel_formats_are_converted(tmp_path: Path, pixel_format: str) -> None:
    source = make_clip(
        tmp_path / "in.nut", codec="rawvideo", pixel_format=pixel_format, size_wh=(62, 46), pts=range(4)
    )
    enhance(source, tmp_path / "out.mkv", EncoderOptions(codec=Codec.H264, crf=1))
    frames = read_frames(tmp_path / "out.mkv")
    assert [(frame.width, frame.height) for frame in frames] == 4 * [(62, 46)]
    assert mean_luma(tmp_path / "out.mkv") > 60  # about 40, and the gain


def test_an_error_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", pts=range(40))
    with pytest.raises(RuntimeError, match="broken"):
        enhance_video(source, tmp_path / "out.mp4", FailingEnhancer(), EncoderOptions(), FileOptions())
    assert names(tmp_path) == ["in.mp4"]


def test_a_target_that_exists_is_kept_unless_told_otherwise(tmp_path: Path) -> None:
    source, target = make_clip(tmp_path / "in.mp4"), make_clip(tmp_path / "out.mp4", pts=range(3))
    before = target.read_bytes()
    with pytest.raises(OutputError, match=r"out\.mp4 exists; add --overwrite"):
        enhance(source, target, EncoderOptions())
    assert target.read_bytes() == before
    enhance(source, target, EncoderOptions(), FileOptions(overwrite=True))
    assert len(read_frames(target)) == 12


def test_what_is_left_of_a_damaged_video_is_kept_on_request(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source, target = tmp_path / "in.mkv", tmp_path / "out.mkv"
    whole = make_clip(tmp_path / "whole.mkv", pts=range(40), options={"g": "1"}, size_wh=(160, 120))
    source.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    whole.unlink()
    with pytest.raises(DamagedInputError, match=r"in\.mkv is damaged: it ends after"):
        enhance(source, target)
    assert names(tmp_path) == ["in.mkv"]
    with caplog.at_level(logging.WARNING):
        enhance(source, target, files=FileOptions(keep_partial=True))
    assert "in.mkv is damaged: it ends after" in caplog.text
    assert 5 < len(read_frames(target)) < 40


class SlowEnhancer(FakeEnhancer):
    """Has three frames under way, enhances each when it is finished, and may lose the GPU at the sixth."""

    depth = 3

    def __init__(self, *, lost: bool = False) -> None:
        super().__init__(gain=GAIN)
        self._lost = lost
        self._under_way: list[tuple[Picture, float]] = []
        self.most = 0

    def begin(self, picture: Picture, time_s: float) -> None:
        self._under_way.append((picture, time_s))
        self.most = max(self.most, len(self._under_way))

    def finish(self) -> None:
        if self._lost and len(self.times_s) == 5:
            raise DeviceError("the GPU failed")
        super().enhance(*self._under_way.pop(0))


def test_frames_under_way_come_out_enhanced_and_in_order(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mkv", pts=IRREGULAR, other_tracks=True)
    enhancer = SlowEnhancer()
    assert enhance_video(source, tmp_path / "out.mkv", enhancer, LOSSLESS, CAREFUL) == len(IRREGULAR)
    enhance(source, tmp_path / "expected.mkv")
    assert enhancer.most == 3
    assert read_times(tmp_path / "out.mkv") == read_times(source)
    for frame, expected in zip(
        read_frames(tmp_path / "out.mkv"), read_frames(tmp_path / "expected.mkv"), strict=True
    ):
        assert all(map(np.array_equal, samples(frame), samples(expected)))


@pytest.mark.parametrize("keep_partial", [False, True])
def test_what_was_enhanced_before_the_gpu_was_lost_is_kept_on_request(
    tmp_path: Path, keep_partial: bool
) -> None:
    source = make_clip(tmp_path / "in.mkv", pts=range(20))
    files = FileOptions(keep_partial=keep_partial)
    with pytest.raises(DeviceError, match="the GPU failed"):
        enhance_video(source, tmp_path / "out.mkv", SlowEnhancer(lost=True), LOSSLESS, files)
    assert names(tmp_path) == (["in.mkv", "out.mkv"] if keep_partial else ["in.mkv"])
    if keep_partial:
        assert len(read_frames(tmp_path / "out.mkv")) == 5


def test_frames_under_way_before_the_damage_are_kept(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", size_wh=(160, 96), pts=range(60))
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 2 // 3])
    files = FileOptions(keep_partial=True)
    slow = enhance_video(source, tmp_path / "slow.mkv", SlowEnhancer(), LOSSLESS, files)
    at_once = enhance_video(source, tmp_path / "once.mkv", FakeEnhancer(), LOSSLESS, files)
    assert slow == at_once
