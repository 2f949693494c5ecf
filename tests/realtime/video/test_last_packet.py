"""A track of an MP4 file is as long as its frames are shown, whatever their order and spacing."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import pytest

from realtime.options import EncoderOptions
from realtime.video.reader import VideoReader
from realtime.video.writer import VideoWriter

from ...clips import make_clip, read_times


@pytest.mark.parametrize(
    "pts", [range(10), [0, 1, 2, 3, 4, 5, 6, 7, 30], [0, 50, 51, 52, 53], [7], [3, 9]], ids=str
)
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_tracks_end_with_their_last_frame(tmp_path: Path, suffix: str, pts: Sequence[int]) -> None:
    source = make_clip(tmp_path / "in.nut", codec="ffv1", pts=pts)
    target = tmp_path / f"out{suffix}"
    with VideoReader(source) as reader, VideoWriter(target, reader, EncoderOptions()) as writer:
        one_frame_s = reader.first_frame.duration * reader.first_frame.time_base
        for item in reader:
            writer.write(item)
    with av.open(target) as container:
        stream = container.streams.video[0]
        expected_s = Fraction(pts[-1] - pts[0], 25) + one_frame_s
        assert abs(stream.duration * stream.time_base - expected_s) <= Fraction(1, 25)
    times = read_times(target)
    assert [time - times[0] for time in times] == [Fraction(time - pts[0], 25) for time in pts]
