"""A long video that was interrupted goes on where it was, and comes out as if nothing had been."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import pytest

from realtime import journal as journal_module
from realtime.denoising import DenoisingEnhancer
from realtime.enhancer import CpuEnhancer
from realtime.errors import DamagedInputError, OutputError
from realtime.journal import Journal, journal_path
from realtime.key_frames import KeyFrame
from realtime.options import Codec, EncoderOptions, EnhancerOptions, FileOptions
from realtime.video import enhance_video

from ..clips import BT709, make_clip
from ..contract.fake_enhancer import FakeEnhancer

FRAMES = 60
SETTINGS: dict[str, Any] = {"strength": 1}
SHORT = 0.8  # seconds of a segment
CAREFUL = FileOptions()

# Of all evenness: gaps, bursts, and frames a tick apart.
STEPS = [1, 1, 2, 3, 6, 1, 1, 1, 9, 2]
UNEVEN = [sum(STEPS[index % 10] for index in range(frame)) for frame in range(FRAMES)]


class Killed(BaseException):
    """The process is gone."""


class Case(NamedTuple):
    """An input, and what is made of it."""

    name: str
    target: str
    codec: Codec
    clip: dict[str, Any]


B_FRAMES = {"bf": "3", "g": "8"}
CASES = {
    "h264": Case("in.mp4", "out.mp4", Codec.H264, {"pts": UNEVEN, "options": B_FRAMES, "other_tracks": True}),
    "hevc": Case(
        "in.mkv",
        "out.mkv",
        Codec.HEVC,
        {"pts": [40 * pts for pts in UNEVEN], "time_base": Fraction(1, 1000), "options": B_FRAMES},
    ),
    "hevc in mp4": Case(
        "in.mp4", "out.mp4", Codec.HEVC, {"pts": UNEVEN, "colour": BT709, "rotation_deg": 90}
    ),
    "sound anew": Case(
        "in.mkv", "out.webm", Codec.VP9, {"pts": range(FRAMES), "options": B_FRAMES, "other_tracks": True}
    ),
    "transparent": Case(
        "in.mkv",
        "out.webm",
        Codec.VP9,
        {"pts": range(FRAMES), "codec": "ffv1", "pixel_format": "yuva420p", "options": {"g": "5"}},
    ),
    "av1": Case("in.mp4", "out.mp4", Codec.AV1, {"pts": UNEVEN, "options": B_FRAMES}),
    "ffv1": Case(
        "in.mkv", "out.mkv", Codec.FFV1, {"pts": UNEVEN, "codec": "ffv1", "pixel_format": "yuv422p10le"}
    ),
    "prores": Case("in.mov", "out.mov", Codec.PRORES, {"pts": UNEVEN, "options": B_FRAMES}),
    "stream": Case(
        "in.ts",
        "out.ts",
        Codec.H264,
        {"pts": [50 + pts for pts in UNEVEN], "options": B_FRAMES, "other_tracks": False},
    ),
    "without times": Case("in.avi", "out.mp4", Codec.H264, {"pts": range(FRAMES), "codec": "mpeg4"}),
    "one key frame": Case("in.mp4", "out.mkv", Codec.FFV1, {"pts": UNEVEN, "options": {"g": "999"}}),
}


@pytest.fixture(scope="module", autouse=True)
def _quiet_av1() -> None:
    os.environ.setdefault("SVT_LOG", "1")


@pytest.fixture(scope="module")
def enhancers() -> Iterator[list[CpuEnhancer]]:
    """Two, since another process has another."""
    options = EnhancerOptions(map_size=32, threads=1, estimate_every="auto")
    with CpuEnhancer(options) as one, CpuEnhancer(options) as other:
        yield [one, other]


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


def samples_and_times(path: Path) -> list[Any]:
    with av.open(path) as container:
        return [(f.pts, [bytes(plane) for plane in f.planes]) for f in container.decode(video=0)]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_it_comes_out_as_if_it_had_not_been_interrupted(
    tmp_path: Path, case: Case, enhancers: list[CpuEnhancer]
) -> None:
    source = make_clip(tmp_path / case.name, **case.clip)
    (tmp_path / "whole").mkdir()
    whole = tmp_path / "whole" / case.target
    assert run(source, whole, enhancer=enhancers[0], codec=case.codec) == FRAMES
    expected = everything(whole)
    dts = [packet[1] for packet in expected[0] if packet[0] == 0]
    assert dts == sorted(set(dts))
    target = tmp_path / case.target
    for at in (11, 30, 31, 59):
        kill(source, target, at, enhancer=enhancers[0], codec=case.codec)
        assert run(source, target, enhancer=enhancers[1], codec=case.codec) == FRAMES
        assert everything(target) == expected
        if target.suffix in (".mp4", ".mov"):
            assert target.read_bytes() == whole.read_bytes()
        assert names(tmp_path) == {"whole", case.name, case.target}
        target.unlink()


def test_what_is_denoised_comes_out_so_too(tmp_path: Path, enhancers: list[CpuEnhancer]) -> None:
    source = make_clip(tmp_path / "in.mkv", codec="mjpeg", pixel_format="yuvj420p", pts=UNEVEN)
    one, other = (
        DenoisingEnhancer(enhancer, EnhancerOptions(threads=1, denoise=True)) for enhancer in enhancers
    )
    run(source, tmp_path / "whole.mkv", enhancer=one, codec=Codec.FFV1)
    run(source, tmp_path / "plain.mkv", enhancer=enhancers[0], codec=Codec.FFV1)
    kill(source, tmp_path / "out.mkv", 30, enhancer=one, codec=Codec.FFV1)
    run(source, tmp_path / "out.mkv", enhancer=other, codec=Codec.FFV1)
    assert everything(tmp_path / "out.mkv") == everything(tmp_path / "whole.mkv")
    assert everything(tmp_path / "out.mkv") != everything(tmp_path / "plain.mkv")


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_only_key_frames_show_that_there_are_segments(tmp_path: Path, codec: str) -> None:
    source = make_clip(tmp_path / "in.mkv", codec=codec, pts=UNEVEN, options=B_FRAMES)
    run(source, tmp_path / "cut.mkv", codec=Codec.FFV1)
    run(source, tmp_path / "whole.mkv", codec=Codec.FFV1, settings=None)
    assert samples_and_times(tmp_path / "cut.mkv") == samples_and_times(tmp_path / "whole.mkv")


def test_several_interruptions_are_survived_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = make_clip(tmp_path / "in.mp4", pts=range(FRAMES), options=B_FRAMES)
    run(source, tmp_path / "whole.mp4")
    enhancer = FakeEnhancer()
    with caplog.at_level(logging.INFO):
        for at in (25, 30, 31, 55):
            kill(source, tmp_path / "out.mp4", at, enhancer=enhancer, segment_s=0.8)
        assert run(source, tmp_path / "out.mp4", enhancer=enhancer) == FRAMES
    assert (tmp_path / "out.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    done = [
        f"{source}: done up to 0:00:0{second}; run the same again to go on there" for second in (0, 0, 0, 1)
    ]
    resumed = [f"{source}: resumed at 0:00:0{second}" for second in (0, 0, 0, 1)]
    assert caplog.messages == [message for pair in zip(done, resumed, strict=True) for message in pair]


def first_time_s(source: Path, target: Path, **choices: Any) -> float:
    """Go on, and return the time of the first frame that was enhanced."""
    enhancer = ForgetfulEnhancer()
    run(source, target, enhancer=enhancer, **choices)
    return enhancer.times_s[0]


class ForgetfulEnhancer(FakeEnhancer):
    """Notes the times of the frames of this run alone."""

    def restore(self, state: Any) -> None:
        self.reset()


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
