"""What is wrong with a clip is said without the options of another command."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.clip_reader import reading
from realtime.errors import InputError

from ..clips import PQ, make_clip


def read(clip: Path) -> None:
    with reading(clip) as reader:
        list(reader)


def test_hdr_is_refused(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", colour=PQ)
    with pytest.raises(InputError, match=r"in\.mp4 is HDR video, which is not measured; give a clip in SDR"):
        read(clip)


def test_a_damaged_clip_is_refused_where_it_is_read(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", pts=range(40), size_wh=(160, 120), options={"g": "1"})
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 6 // 10])
    with pytest.raises(InputError, match=r"in\.mp4 is damaged; give a clip that is whole"):
        read(clip)
