"""A file appears under its name when it is complete, or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from realtime.errors import OutputError
from realtime.partial_file import hidden_name, partial_file


def write(target: Path, content: str = "new", *, overwrite: bool = False) -> None:
    with partial_file(target, overwrite=overwrite) as temporary:
        temporary.write_text(content)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_the_temporary_file_lies_beside_the_target_with_its_suffix(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    with partial_file(target, overwrite=False) as temporary:
        assert not target.exists()
        assert (temporary.parent, temporary.suffix) == (tmp_path, ".mp4")
        assert temporary.name.startswith(f"{hidden_name(target)}-part-")
        temporary.write_text("new")
    assert target.read_text() == "new"
    assert names(tmp_path) == ["clip.mp4"]


def test_a_file_that_exists_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    target.write_text("old")
    with pytest.raises(OutputError, match=r"clip\.mp4 exists; add --overwrite to replace it"):
        write(target)
    assert target.read_text() == "old"
    assert names(tmp_path) == ["clip.mp4"]


def test_a_file_that_exists_is_replaced_when_told_to(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    target.write_text("old")
    with partial_file(target, overwrite=True) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"  # until the new one is complete
    assert target.read_text() == "new"


@pytest.mark.parametrize("error", [ValueError("broken"), KeyboardInterrupt("broken"), SystemExit("broken")])
@pytest.mark.parametrize("exists", [False, True])
def test_an_error_leaves_everything_as_it_was(tmp_path: Path, error: BaseException, exists: bool) -> None:
    target = tmp_path / "clip.mp4"
    if exists:
        target.write_text("old")

    def fail_half_way() -> None:
        with partial_file(target, overwrite=True) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(type(error), match="broken"):
        fail_half_way()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"] * exists


def test_an_error_of_the_system_is_explained(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"cannot write .*clip\.mp4 \(No space left on device\); make room"),
        partial_file(tmp_path / "clip.mp4", overwrite=False),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert names(tmp_path) == []


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_access_rights_are_those_of_any_new_file(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write(tmp_path / "clip.mp4")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "clip.mp4").stat().st_mode) == 0o666 & ~mask


def test_a_folder_is_no_target(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").mkdir()
    with pytest.raises(OutputError, match=r"clip\.mp4 is a folder; give the name of a file in it"):
        write(tmp_path / "clip.mp4", overwrite=True)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot write to the folder .*gone \(No such file or directory\)"):
        write(tmp_path / "gone" / "clip.mp4")


def test_a_name_as_long_as_names_can_be_is_no_problem(tmp_path: Path) -> None:
    target = tmp_path / ("ä" * 125 + ".mp4")  # 254 bytes of 255
    write(target)
    assert target.read_text() == "new"


def test_what_a_killed_process_left_is_removed_and_what_a_live_one_writes_is_not(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    rest, by_hand = (f"{hidden_name(target)}-part-{end}.mp4" for end in ("abcd1234", "by-hand"))
    (tmp_path / rest).write_text("half")
    (tmp_path / by_hand).write_text("precious")
    with partial_file(target, overwrite=True) as alive:
        assert rest not in names(tmp_path)
        write(target, "other", overwrite=True)
        assert alive.exists()
        alive.write_text("new")
    assert target.read_text() == "new"
    assert sorted(names(tmp_path)) == [by_hand, "clip.mp4"]


def test_what_another_is_writing_is_not_written_twice(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    with partial_file(target, overwrite=False) as temporary:
        with pytest.raises(OutputError, match=r"clip\.mp4 is being made by another process; wait for it"):
            write(target, "other")
        temporary.write_text("new")
    assert target.read_text() == "new"


def test_names_that_begin_alike_are_not_taken_for_each_other(tmp_path: Path) -> None:
    first, second = (tmp_path / f"{40 * 'a'}{number}.mp4" for number in (1, 2))
    with partial_file(first, overwrite=False) as temporary:
        write(second)
        temporary.write_text("new")
    assert sorted(names(tmp_path)) == [first.name, second.name]


def test_what_has_come_to_exist_meanwhile_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    with (
        pytest.raises(OutputError, match=r"clip\.mp4 exists; add --overwrite to replace it"),
        partial_file(target, overwrite=False),
    ):
        target.write_text("precious")
    assert target.read_text() == "precious"
    assert names(tmp_path) == ["clip.mp4"]


def test_where_nothing_can_be_locked_rests_stay_and_nobody_is_kept_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_locks(_handle: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", without_locks)
    target = tmp_path / "clip.mp4"
    rest = f"{hidden_name(target)}-part-abcd1234.mp4"
    (tmp_path / rest).write_text("half")
    write(target)
    assert sorted(names(tmp_path)) == [rest, "clip.mp4"]
