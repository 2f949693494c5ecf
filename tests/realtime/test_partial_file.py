"""A file appears under its name when it is complete, or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from realtime.errors import OutputError
from realtime.partial_file import partial_file


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
        assert temporary.name.startswith(".clip-part-")
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
    (tmp_path / ".clip-part-abcd1234.mp4").write_text("half")
    (tmp_path / ".clip-part-by-hand.mp4").write_text("precious")
    with partial_file(target, overwrite=False) as alive:
        assert names(tmp_path).count(".clip-part-abcd1234.mp4") == 0
        write(target, "other")
        assert alive.exists()
        alive.write_text("new")
    assert target.read_text() == "new"
    assert sorted(names(tmp_path)) == [".clip-part-by-hand.mp4", "clip.mp4"]
