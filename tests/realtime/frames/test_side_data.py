"""What is attached to frames is read, where there is any."""

from __future__ import annotations

from pathlib import Path

from realtime.frames.side_data import display_matrix

from ...clips import dark_frame, make_clip, read_frames


def test_a_frame_without_rotation_has_no_matrix() -> None:
    assert display_matrix(dark_frame(0, (64, 48))) is None


def test_a_quarter_turn_is_told_as_containers_store_it(tmp_path: Path) -> None:
    frame = read_frames(make_clip(tmp_path / "clip.mp4", pts=range(2), rotation_deg=90))[0]
    one = 1 << 16  # FFmpeg counts angles against the clock, from the sines and cosines that stand here
    assert display_matrix(frame) == (0, -one, 0, one, 0, 0, 0, 0, 1 << 30)
