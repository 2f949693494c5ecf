"""A damaged video that was interrupted comes out, or is refused, as if nothing had been."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from realtime.errors import DamagedInputError
from realtime.options import FileOptions

from ...clips import make_clip
from .interruption import FRAMES, everything, kill, names, run


def test_a_damaged_video_leaves_no_journal_and_can_be_resumed_on_request(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mkv", pts=range(2 * FRAMES), options={"g": "4"}, size_wh=(160, 96))
    source, target = tmp_path / "in.mkv", tmp_path / "out.mkv"
    source.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 4])
    with pytest.raises(DamagedInputError, match=r"in\.mkv is damaged"):
        run(source, target)
    assert names(tmp_path) == {"whole.mkv", "in.mkv"}
    files = FileOptions(keep_partial=True)
    frames = run(source, tmp_path / "expected.mkv", files=files)
    kill(source, target, 70, files=files)
    assert run(source, target, files=files) == frames
    assert everything(target) == everything(tmp_path / "expected.mkv")


def test_damage_before_the_joint_is_not_forgotten(tmp_path: Path) -> None:
    source, target = tmp_path / "in.mp4", tmp_path / "out.mp4"
    make_clip(source, pts=range(2 * FRAMES), options={"g": "4", "bf": "0"}, size_wh=(160, 96))
    with av.open(source) as container:
        third = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size][5]
    content = bytearray(source.read_bytes())
    content[third[0] + 4 : third[0] + third[1]] = bytes(third[1] - 4)
    source.write_bytes(content)
    with pytest.raises(DamagedInputError) as uninterrupted:
        run(source, target)
    kill(source, target, 100)
    with pytest.raises(DamagedInputError) as resumed:
        run(source, target)
    assert str(resumed.value) == str(uninterrupted.value)
    assert names(tmp_path) == {"in.mp4"}
