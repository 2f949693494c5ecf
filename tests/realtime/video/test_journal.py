"""A journal gives back what was kept, whatever happened to its file since."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from realtime.errors import OutputError
from realtime.video import journal as journal_module
from realtime.video.journal import Journal, discard_journal, journal_path
from realtime.video.key_frames import KeyFrame
from realtime.video.segments import CannotResumeError, Joint

OWNER = {"input": [12, 34], "settings": {"strength": 1.0}}
SEGMENTS = [[b"one", b"", b"three"], [b"four" * 1000], [b"five", b"six"]]


def joint(number: int) -> Joint:
    state = {"maps": np.full((2, 3), number, np.float32), "time_s": np.array(number / 3)}
    return Joint(
        pts=100 * number,
        time_s=4.0 * number,
        checksum=0xFFFFFFFF - number,
        frames=25 * number,
        decode_from=KeyFrame(number, number - 1) if number % 2 else None,
        damage=("a frame",) * (number - 1),
        state=state,
    )


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "clip.mp4"


def written(target: Path) -> list[int]:
    """Write all segments, and return how long the file is behind each joint."""
    journal = Journal(target, OWNER)
    assert journal.joint is None
    journal.settle(b"header")
    ends = []
    for number, packets in enumerate(SEGMENTS, 1):
        for packet in packets:
            journal.add(packet)
        journal.end_segment(joint(number))
        ends.append(journal_path(target).stat().st_size)
    journal.close(keep=True)
    journal.close(keep=True)
    return ends


def assert_holds(journal: Journal, segments: int) -> None:
    assert list(journal.packets()) == [packet for packets in SEGMENTS[:segments] for packet in packets]
    if not segments:
        assert journal.joint is None
        return
    found, expected = journal.joint, joint(segments)
    assert found is not None
    for name in ("pts", "time_s", "checksum", "frames", "decode_from", "damage"):
        assert getattr(found, name) == getattr(expected, name)
    assert found.state.keys() == expected.state.keys()
    for name, value in expected.state.items():
        np.testing.assert_array_equal(found.state[name], value)
        assert found.state[name].dtype == value.dtype


def test_what_was_kept_is_given_back(target: Path) -> None:
    written(target)
    journal = Journal(target, OWNER)
    assert_holds(journal, 3)
    journal.settle(b"header")
    journal.close(keep=True)


def test_cut_off_anywhere_it_holds_the_segments_before(target: Path) -> None:
    ends = written(target)
    content = journal_path(target).read_bytes()
    for length in [*range(0, len(content), 97), *(end + more for end in ends for more in (-1, 0, 1))]:
        journal_path(target).write_bytes(content[:length])
        journal = Journal(target, OWNER)
        assert_holds(journal, sum(end <= length for end in ends))
        journal.close(keep=True)


def test_what_is_written_behind_a_torn_end_is_found_again(target: Path) -> None:
    ends = written(target)
    content = journal_path(target).read_bytes()
    journal_path(target).write_bytes(content[: ends[1] + 5])
    journal = Journal(target, OWNER)
    journal.settle(b"header")
    for packet in SEGMENTS[2]:
        journal.add(packet)
    journal.end_segment(joint(3))
    journal.close(keep=True)
    assert journal_path(target).read_bytes() == content
    journal = Journal(target, OWNER)
    assert_holds(journal, 3)
    journal.close(keep=True)


@pytest.mark.parametrize("fill", [b"\0", b"\xff"])
def test_blocks_that_a_power_cut_left_unwritten_are_noticed(target: Path, fill: bytes) -> None:
    ends = written(target)
    content = journal_path(target).read_bytes()
    middle = (ends[0] + ends[1]) // 2
    journal_path(target).write_bytes(content[:middle] + fill * 512 + content[middle + 512 :])
    journal = Journal(target, OWNER)
    assert_holds(journal, 1)
    journal.close(keep=True)


def test_a_joint_is_written_when_what_is_before_it_is_on_the_disk(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(
        journal_module.os, "fsync", lambda _handle: synced.append(journal_path(target).stat().st_size)
    )
    ends = written(target)
    assert synced[1::2] == ends
    size_of_joint = len(journal_module._bytes_from_joint(joint(3))) + journal_module._RECORD.size
    assert synced[-2] == ends[-1] - size_of_joint


@pytest.mark.parametrize("change", ["owner", "format", "anew"])
def test_that_of_another_is_begun_anew(target: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    written(target)
    if change == "format":
        monkeypatch.setattr(journal_module, "_FORMAT", 0)
    owner = OWNER | {"backend": "tensorrt"} if change == "owner" else OWNER
    journal = Journal(target, owner, anew=change == "anew")
    assert_holds(journal, 0)
    journal.close(keep=False)


def test_packets_of_another_encoder_are_not_joined(target: Path) -> None:
    written(target)
    journal = Journal(target, OWNER)
    with pytest.raises(CannotResumeError, match="makes something else"):
        journal.settle(b"another header")
    journal.close(keep=True)


def test_nothing_is_left_of_what_is_done_or_has_hardly_begun(target: Path) -> None:
    written(target)
    Journal(target, OWNER).close(keep=False)
    assert list(target.parent.iterdir()) == []
    journal = Journal(target, OWNER)
    journal.settle(b"")
    journal.add(b"packet")
    journal.close(keep=True)
    assert list(target.parent.iterdir()) == []


def test_it_is_for_one_process_at_a_time(target: Path) -> None:
    journal = Journal(target, OWNER)
    with pytest.raises(OutputError, match=r"clip\.mp4 is being made by another process; wait for it, or"):
        Journal(target, OWNER)
    with pytest.raises(OutputError, match=r"clip\.mp4 is being made by another process"):
        discard_journal(target)
    Journal(target.with_suffix(".mkv"), OWNER).close(keep=False)
    journal.close(keep=False)
    Journal(target, OWNER).close(keep=False)


def test_a_full_disk_ends_it_and_nothing_else(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(target)
    journal = Journal(target, OWNER)
    monkeypatch.setattr(journal_module, "_ROOM", 1 << 62)
    packets = journal.packets()
    assert next(packets) == SEGMENTS[0][0]
    journal.add(b"packet")
    assert list(target.parent.iterdir()) == []
    journal.add(b"packet")
    journal.end_segment(joint(4))
    assert journal.joint is None
    assert next(packets) == SEGMENTS[0][1]  # what is being read stays
    journal.close(keep=True)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot write to the folder .*gone \(No such file or directory\)"):
        Journal(tmp_path / "gone" / "clip.mp4", OWNER)


def test_the_longest_names_have_journals_of_their_own(tmp_path: Path) -> None:
    names = ["ä" * 125 + suffix for suffix in (".mp4", ".mkv", "x.ts")]
    paths = {journal_path(tmp_path / name) for name in names}
    assert len(paths) == 3
    for name in names:
        Journal(tmp_path / name, OWNER).close(keep=False)


def test_file_systems_without_locks_do(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(_handle: int, _operation: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(journal_module.fcntl, "flock", no_locks)
    logging.disable()
    written(target)
    logging.disable(logging.NOTSET)
