"""What was interrupted goes on only where all is as it was, and otherwise begins anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from realtime.options import Codec
from realtime.video import journal as journal_module
from realtime.video.journal import Journal, journal_path
from realtime.video.key_frames import KeyFrame

from ...clips import make_clip
from .interruption import B_FRAMES, FRAMES, ForgetfulEnhancer, first_time_s, kill, names, run

CHANGES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "nothing": lambda _source: {},
    "options": lambda _source: {"settings": {"strength": 0.5}},
    "input": lambda source: os.utime(source, (1, 1)) or {},
    "codec": lambda _source: {"codec": Codec.HEVC},
    "segments": lambda _source: {"segment_s": 0.7, "settings": {"segment_s": 0.7}},
}


@pytest.mark.parametrize("change", CHANGES.keys())
def test_what_has_changed_is_begun_anew(tmp_path: Path, change: str) -> None:
    source = make_clip(tmp_path / "in.mp4", pts=range(FRAMES), options=B_FRAMES)
    kill(source, tmp_path / "out.mp4", 50)
    choices = CHANGES[change](source)
    assert (first_time_s(source, tmp_path / "out.mp4", **choices) > 1) is (change == "nothing")
    run(source, tmp_path / "whole.mp4", **choices)
    assert (tmp_path / "out.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def test_another_backend_begins_anew(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", pts=range(FRAMES))
    kill(source, tmp_path / "out.mp4", 50)
    enhancer = ForgetfulEnhancer()
    enhancer.backend = "another"
    run(source, tmp_path / "out.mp4", enhancer=enhancer)
    assert enhancer.times_s[0] == 0


def tamper(target: Path, **changes: Any) -> None:
    """Replace the last joint of a journal by another."""
    path = journal_path(target)
    with pytest.MonkeyPatch.context() as patch:
        kept: list[Any] = []
        joint_from_bytes = journal_module._joint_from_bytes
        patch.setattr(
            journal_module,
            "_joint_from_bytes",
            lambda content: kept.append(content) or joint_from_bytes(content),
        )
        owner = owner_of(path)
        Journal(target, owner).close(keep=True)
    old = kept[-1]
    new = journal_module._bytes_from_joint(replace(joint_from_bytes(old), **changes))
    content = path.read_bytes()
    begin = content.rindex(old) - journal_module._RECORD.size
    path.write_bytes(
        content[:begin] + journal_module._RECORD.pack(b"J", len(new), journal_module.zlib.crc32(new)) + new
    )


def owner_of(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        _, content = journal_module._next_record(file, path.stat().st_size)
    return journal_module.json.loads(content)["owner"]


@pytest.mark.parametrize(
    ("changes", "resumes"),
    [
        ({}, True),
        ({"decode_from": None}, True),
        ({"decode_from": KeyFrame(7777, 7777)}, True),  # which never comes: all is decoded
        ({"checksum": 1}, False),
        ({"pts": 10**9}, False),
    ],
    ids=["untouched", "no key frame", "another key frame", "another picture", "another time"],
)
def test_a_frame_that_is_not_what_it_was_is_noticed(
    tmp_path: Path, changes: dict[str, Any], resumes: bool
) -> None:
    source, target = make_clip(tmp_path / "in.mp4", pts=range(FRAMES), options=B_FRAMES), tmp_path / "out.mp4"
    kill(source, target, 50)
    tamper(target, **changes)
    assert (first_time_s(source, target) > 1) is resumes
    run(source, tmp_path / "whole.mp4")
    assert target.read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    assert names(tmp_path) == {"in.mp4", "out.mp4", "whole.mp4"}


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("damage", ["cut off", "changed"])
def test_a_damaged_journal_does_no_harm(tmp_path: Path, share: float, damage: str) -> None:
    source, target = make_clip(tmp_path / "in.mp4", pts=range(FRAMES)), tmp_path / "out.mp4"
    kill(source, target, 59)
    path = journal_path(target)
    content = bytearray(path.read_bytes())
    at = min(round(share * len(content)), len(content) - 1)
    if damage == "cut off":
        del content[at:]
    else:
        content[at] ^= 0xFF
    path.write_bytes(content)
    assert run(source, target) == FRAMES
    run(source, tmp_path / "whole.mp4")
    assert target.read_bytes() == (tmp_path / "whole.mp4").read_bytes()
