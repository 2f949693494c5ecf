"""A journal lies beside a target only while it is needed, and both are one process's alone."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from realtime.errors import OutputError
from realtime.options import EncoderOptions, FileOptions
from realtime.video import journal as journal_module
from realtime.video.pipeline import enhance_video

from ...clips import make_clip
from ...contract.fake_enhancer import FakeEnhancer
from .interruption import CAREFUL, FRAMES, SETTINGS, SHORT, Killed, first_time_s, kill, names, run


def test_short_videos_have_no_journal_and_none_is_left_of_a_longer_one(tmp_path: Path) -> None:
    source, target = make_clip(tmp_path / "in.mp4", pts=range(FRAMES)), tmp_path / "out.mp4"
    kill(source, target, 50)
    kill(make_clip(tmp_path / "short.mp4", pts=range(12)), target, 6)
    assert names(tmp_path) == {"in.mp4", "short.mp4"}


def test_before_the_first_joint_nothing_is_kept(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", pts=range(FRAMES))

    def stop(done: int, _expected: int | None) -> None:
        if done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        enhance_video(
            source,
            tmp_path / "out.mp4",
            FakeEnhancer(),
            EncoderOptions(segment_s=SHORT),
            CAREFUL,
            settings=SETTINGS,
            progress=stop,
        )
    assert names(tmp_path) == {"in.mp4"}


def test_two_cannot_work_on_one_target(tmp_path: Path) -> None:
    source, target = make_clip(tmp_path / "in.mp4", pts=range(FRAMES)), tmp_path / "out.mp4"
    told = []

    def again(done: int, _expected: int | None) -> None:
        if done == 40:
            with pytest.raises(
                OutputError, match=r"out\.mp4 is being made by another process; wait for it, or"
            ):
                run(source, target)
            told.append(done)

    options = EncoderOptions(segment_s=SHORT)
    enhance_video(source, target, FakeEnhancer(), options, CAREFUL, settings=SETTINGS, progress=again)
    assert told == [40]
    assert names(tmp_path) == {"in.mp4", "out.mp4"}


def test_overwriting_goes_on_too_and_what_was_there_stays_until_then(tmp_path: Path) -> None:
    source, target = make_clip(tmp_path / "in.mp4", pts=range(FRAMES)), tmp_path / "out.mp4"
    target.write_text("precious")
    files = FileOptions(overwrite=True)
    with pytest.raises(Killed):
        run(source, target, kill_at=50, files=files)
    assert target.read_text() == "precious"
    with pytest.raises(OutputError, match="exists; add --overwrite"):
        run(source, target)
    assert first_time_s(source, target, files=files) > 1


def test_without_room_for_it_there_is_no_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    source, target = make_clip(tmp_path / "in.mp4", pts=range(FRAMES)), tmp_path / "out.mp4"
    run(source, tmp_path / "whole.mp4")
    monkeypatch.setattr(journal_module, "_ROOM", 1 << 60)
    with caplog.at_level(logging.WARNING):
        assert run(source, target) == FRAMES
    (message,) = caplog.messages
    reason = "No space left on device"
    assert message.startswith(f"{target} cannot be kept while it is made ({reason}): if this is interrupted")
    assert target.read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    assert names(tmp_path) == {"in.mp4", "out.mp4", "whole.mp4"}
