"""Videos that are enhanced and interrupted, and what is in the files that come of it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import av
import pytest

from realtime.options import Codec, EncoderOptions, FileOptions
from realtime.video.journal import journal_path
from realtime.video.pipeline import enhance_video

from ...contract.fake_enhancer import FakeEnhancer

FRAMES = 60
SETTINGS: dict[str, Any] = {"strength": 1}
SHORT = 0.8  # seconds of a segment
CAREFUL = FileOptions()
B_FRAMES = {"bf": "3", "g": "8"}


class Killed(BaseException):
    """The process is gone."""


class ForgetfulEnhancer(FakeEnhancer):
    """Notes the times of the frames of this run alone."""

    def restore(self, state: Any) -> None:
        self.reset()


def run(
    source: Path,
    target: Path,
    *,
    enhancer: Any = None,
    codec: Codec = Codec.AUTO,
    kill_at: int | None = None,
    settings: dict[str, Any] | None = SETTINGS,
    segment_s: float = SHORT,
    files: FileOptions = CAREFUL,
) -> int:
    """Enhance, and be killed when so many frames are encoded: of the journal, what the system has is left."""
    journal, copy = journal_path(target), target.with_name("copy")

    def progress(done: int, _expected: int | None) -> None:
        if done == kill_at:
            if journal.exists():
                shutil.copy(journal, copy)
            raise Killed

    options = EncoderOptions(codec=codec, segment_s=segment_s)
    enhancer = enhancer or FakeEnhancer()
    try:
        return enhance_video(source, target, enhancer, options, files, settings=settings, progress=progress)
    finally:
        if copy.exists():
            copy.replace(journal)


def kill(source: Path, target: Path, at: int, **choices: Any) -> None:
    with pytest.raises(Killed):
        run(source, target, kill_at=at, **choices)
    assert not target.exists()


def first_time_s(source: Path, target: Path, **choices: Any) -> float:
    """Go on, and return the time of the first frame that was enhanced."""
    enhancer = ForgetfulEnhancer()
    run(source, target, enhancer=enhancer, **choices)
    return enhancer.times_s[0]


def everything(path: Path) -> list[Any]:
    """Return all that a file holds, but for the order in which tracks take turns, and random numbers."""
    with av.open(path) as container:
        packets = sorted(
            (
                *(p.stream_index, p.dts, p.pts, p.duration, p.is_keyframe, p.is_disposable, bytes(p)),
                *((side.data_type, bytes(side)) for side in p.iter_sidedata()),
            )
            for p in container.demux()
            if p.dts is not None
        )
        tracks = [
            (
                s.type,
                s.metadata,
                s.time_base,
                s.duration,
                s.disposition,
                getattr(s.codec_context, "extradata", 0),
            )
            for s in container.streams
        ]
        return [packets, tracks, container.metadata, container.chapters(), container.duration]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
