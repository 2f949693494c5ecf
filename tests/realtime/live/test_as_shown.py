"""Frames of files and streams are shown as they say they are to be."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from realtime.live.options import CaptureOptions
from realtime.live.stream import open_file

from ...clips import make_clip

# As FFmpeg stores them: 16 bits of a whole and 16 of a fraction, the last column 2 and 30.
ONE, LAST = 1 << 16, 1 << 30


def shown(path: Path) -> av.VideoFrame:
    capture = open_file(path, CaptureOptions(sound=False))
    frame = capture.read()
    capture.close()
    assert isinstance(frame, av.VideoFrame)
    return frame


def luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    array: NDArray[np.uint8] = frame.to_ndarray(format="gray")
    return array


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_turned_films_are_shown_the_right_way_up(tmp_path: Path, turns: int) -> None:
    plain = luma(shown(make_clip(tmp_path / "plain.mp4", pts=range(2))))
    turned = shown(make_clip(tmp_path / "turned.mp4", pts=range(2), rotation_deg=90 * turns))
    np.testing.assert_array_equal(luma(turned), np.rot90(plain, turns))


@pytest.mark.parametrize(
    ("matrix", "mirrored"),
    [
        ((-ONE, 0, 0, 0, ONE, 0, 0, 0, LAST), np.fliplr),
        ((ONE, 0, 0, 0, -ONE, 0, 0, 0, LAST), np.flipud),
        ((0, ONE, 0, ONE, 0, 0, 0, 0, LAST), np.transpose),
    ],
    ids=["across", "down", "across the diagonal"],
)
def test_mirrored_films_are_mirrored_back(
    tmp_path: Path, matrix: tuple[int, ...], mirrored: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
) -> None:
    source = make_clip(tmp_path / "plain.mp4", pts=range(2))
    with av.open(source) as reader, av.open(tmp_path / "mirrored.mp4", "w") as writer:
        track = writer.add_stream_from_template(reader.streams.video[0])
        track.set_display_matrix(matrix)
        for packet in reader.demux(video=0):
            if packet.size:
                packet.stream = track
                writer.mux(packet)
    np.testing.assert_array_equal(luma(shown(tmp_path / "mirrored.mp4")), mirrored(luma(shown(source))))


@pytest.mark.parametrize(
    ("aspect", "rotation_deg", "size_wh"),
    [
        (Fraction(4, 3), 0, (86, 48)),
        (Fraction(1, 2), 0, (64, 96)),
        (Fraction(4, 3), 90, (48, 86)),
        (None, 0, (64, 48)),
    ],
)
def test_pixels_that_are_not_square_are_made_so(
    tmp_path: Path, aspect: Fraction | None, rotation_deg: int, size_wh: tuple[int, int]
) -> None:
    frame = shown(make_clip(tmp_path / "in.mkv", pts=range(2), aspect=aspect, rotation_deg=rotation_deg))
    assert (frame.width, frame.height) == size_wh


def test_times_and_colours_stay(tmp_path: Path) -> None:
    tags = {"color_range": 2, "colorspace": 5, "color_primaries": 6, "color_trc": 6}
    clip = make_clip(tmp_path / "in.mp4", pts=range(2, 5), rotation_deg=90, colour=tags, aspect=Fraction(2))
    frame = shown(clip)
    assert frame.time == pytest.approx(0.08)
    assert {tag: int(getattr(frame, tag)) for tag in tags} == tags
