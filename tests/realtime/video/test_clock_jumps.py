"""Where the clock of a broadcast jumps, time goes on."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest

from realtime.video.reader import VideoReader

from ...clips import make_clip


@pytest.mark.parametrize("later_s", [0, 4, 50_000], ids=["back", "forth a little", "forth"])
def test_joined_recordings_go_on(tmp_path: Path, later_s: int) -> None:
    first = make_clip(tmp_path / "a.ts", options={"bf": "2"}, pts=range(100, 125))
    second = make_clip(
        tmp_path / "b.ts", options={"bf": "2"}, pts=range(100 + 25 * later_s, 125 + 25 * later_s)
    )
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    with VideoReader(both) as reader:
        times = [item.pts * item.time_base for item in reader if isinstance(item, av.VideoFrame)]
    assert len(times) == 50
    steps = [after - before for before, after in pairwise(times)]
    assert set(steps) - {Fraction(1, 25)} == ({Fraction(3 * 25 + 1, 25)} if later_s == 4 else set())
