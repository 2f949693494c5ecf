"""Files and folders are found, and never mistaken for each other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from realtime.batch.jobs import Job, cannot_look_up, find_jobs, is_batch
from realtime.errors import InputError, OutputError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_a_file_goes_to_a_file(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    source, target = tmp_path / "a.mp4", tmp_path / "new" / "b.mkv"
    assert find_jobs(source, target) == [Job(source, target)]


def test_a_file_keeps_its_name_in_a_folder_that_exists(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    (tmp_path / "out").mkdir()
    assert find_jobs(tmp_path / "a.mp4", tmp_path / "out") == [
        Job(tmp_path / "a.mp4", tmp_path / "out" / "a.mp4")
    ]


def test_a_folder_is_mirrored_in_order(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    touch(source, "b.PNG", "a.mp4", "deep/er/c.MOV", "d.gif", "e.apng", "notes.txt", "no_suffix")
    touch(source, ".hidden.mp4", ".Trash-1000/files/a.mp4")
    (source / "folder.mp4").mkdir()
    names = ["a.mp4", "b.PNG", "d.gif", "deep/er/c.MOV", "e.apng"]
    assert find_jobs(source, target) == [Job(source / name, target / name) for name in names]


def test_outputs_inside_the_input_folder_are_not_enhanced_again(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "out/a.mp4")
    assert find_jobs(tmp_path, tmp_path / "out") == [Job(tmp_path / "a.mp4", tmp_path / "out" / "a.mp4")]


@pytest.mark.parametrize(
    ("name", "is_still"),
    [("a.png", True), ("a.JPEG", True), ("a.jif", True), ("a.tif", True), ("a.mp4", False), ("a", False)],
)
def test_images_are_told_by_their_suffix(name: str, is_still: bool) -> None:
    assert Job(Path(name), Path("out")).is_still is is_still


def test_animations_are_images_or_videos_as_the_target_is() -> None:
    assert Job(Path("a.gif"), Path("b.gif")).is_still
    assert Job(Path("a.GIF"), Path("b.webp")).is_still
    assert not Job(Path("a.gif"), Path("b.mp4")).is_still


def test_files_whose_names_do_not_tell_are_images_or_videos_as_the_target_is() -> None:
    assert Job(Path("a.avif"), Path("b.jpg")).is_still
    assert Job(Path("a"), Path("b.PNG")).is_still
    assert not Job(Path("a"), Path("b.mkv")).is_still
    assert not Job(Path("a.mp4"), Path("b.jpg")).is_still


def test_a_source_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.mp4 does not exist; check the name"):
        find_jobs(tmp_path / "nothing.mp4", tmp_path / "out.mp4")


def test_what_is_neither_a_file_nor_a_folder_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(InputError, match=r"a\.jpg is not a file; give a video, an image or a folder"):
        find_jobs(tmp_path / "a.jpg", tmp_path / "b.jpg")
    touch(tmp_path, "b.jpg")
    assert [job.source.name for job in find_jobs(tmp_path, tmp_path / "out")] == ["b.jpg"]


def test_a_folder_without_media_is_told_what_was_looked_for(tmp_path: Path) -> None:
    touch(tmp_path, "notes.txt")
    with pytest.raises(InputError, match=r"holds no images or videos; .*\.png.*\.mp4"):
        find_jobs(tmp_path, tmp_path / "out")


def test_a_file_is_not_overwritten_by_itself(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "a.mp4")
    for target in ("a.mp4", "link.mp4", "../" + tmp_path.name + "/a.mp4", "."):
        with pytest.raises(OutputError, match="is the input itself; give another name"):
            find_jobs(tmp_path / "a.mp4", tmp_path / target)


def test_a_folder_is_not_overwritten_by_itself(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    with pytest.raises(OutputError, match="is the input folder itself; give another folder"):
        find_jobs(tmp_path, tmp_path / "." / "x" / "..")


def test_a_folder_does_not_go_into_a_file(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4", "out.mp4")
    (tmp_path / "round").symlink_to(tmp_path / "round")
    for name in ("out.mp4", "round"):
        with pytest.raises(
            OutputError, match=rf"{name} is no folder, and the files of .*in need one; give an"
        ):
            find_jobs(tmp_path / "in", tmp_path / name)


def test_a_name_that_cannot_be_looked_up_is_explained(tmp_path: Path) -> None:
    # Python 3.13 takes what cannot be looked up for something that does not exist.
    with pytest.raises(
        InputError, match=r"aaa\.mp4 (cannot be looked up \(File name too long\)|does not exist)"
    ):
        find_jobs(tmp_path / (300 * "a" + ".mp4"), tmp_path / "out.mp4")


def test_videos_of_kinds_that_are_not_written_become_matroska(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    touch(source, "a.avi", "a.mkv", "b.WMV")
    expected = [("a.avi", "a.avi.mkv"), ("a.mkv", "a.mkv"), ("b.WMV", "b.WMV.mkv")]
    assert find_jobs(source, target) == [Job(source / old, target / new) for old, new in expected]
    target.mkdir()
    assert find_jobs(source / "a.avi", target) == [Job(source / "a.avi", target / "a.avi.mkv")]


def test_images_of_kinds_that_are_not_written_become_others(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    touch(source, "a.jfif", "b.JPE", "c.jif", "d.JP2", "e.mpo", "f.avif", "g.ppm", "h.HEIC")
    made = ["a.jfif", "b.JPE", "c.jif", "d.JP2.png", "e.mpo.jpg", "f.avif.png", "g.ppm.png", "h.HEIC.jpg"]
    jobs = find_jobs(source, target)
    assert [job.target.name for job in jobs] == made
    assert all(job.is_still for job in jobs)


def test_subfolders_are_left_out_on_request(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4", "in/deep/b.mp4")
    (job,) = find_jobs(tmp_path / "in", tmp_path / "out", recursive=False)
    assert job.source.name == "a.mp4"


def test_a_pattern_keeps_the_folders_below_its_fixed_part(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    touch(source, "a.mp4", "b.mp4", "c.mkv", "deep/d.mp4", ".hidden.mp4")
    assert is_batch(source / "*.mp4")
    assert find_jobs(source / "[ab].mp?", target) == [
        Job(source / "a.mp4", target / "a.mp4"),
        Job(source / "b.mp4", target / "b.mp4"),
    ]
    everything = find_jobs(source / "**" / "*.mp4", target)
    assert [str(job.target.relative_to(target)) for job in everything] == ["a.mp4", "b.mp4", "deep/d.mp4"]
    assert find_jobs(source / "**", target) == find_jobs(source / "**" / "**" / "*", target)
    assert [job.source.name for job in find_jobs(source / "**", target)] == [
        "a.mp4",
        "b.mp4",
        "c.mkv",
        "d.mp4",
    ]
    assert [job.source.name for job in find_jobs(source / ".h*", target)] == [".hidden.mp4"]
    with pytest.raises(InputError, match=r"no file fits .*\*\.avi; check the pattern"):
        find_jobs(source / "*.avi", target)
    with pytest.raises(InputError, match=r"stands for folders; write '\*\*/\*\.mp4' for '\*\*\.mp4'"):
        find_jobs(source / "**.mp4", target)


def test_a_pattern_follows_links_to_folders_where_they_cannot_be_circles(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4")
    (tmp_path / "in" / "round").symlink_to(tmp_path / "in")
    found = [find_jobs(tmp_path / "in" / pattern, tmp_path / "out") for pattern in ("*/*.mp4", "**/*.mp4")]
    assert [str(job.target.relative_to(tmp_path)) for (job,) in found] == ["out/round/a.mp4", "out/a.mp4"]


def test_outputs_of_a_pattern_may_lie_above_the_inputs_but_not_among_them(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4", "in/out/a.mp4")
    (job,) = find_jobs(tmp_path / "in" / "*.mp4", tmp_path)
    assert job == Job(tmp_path / "in" / "a.mp4", tmp_path / "a.mp4")
    (job,) = find_jobs(tmp_path / "in" / "**" / "*.mp4", tmp_path / "in" / "out")
    assert job == Job(tmp_path / "in" / "a.mp4", tmp_path / "in" / "out" / "a.mp4")
    with pytest.raises(OutputError, match="in is the input folder itself; give another folder"):
        find_jobs(tmp_path / "in" / "*.mp4", tmp_path / "in")


def test_a_name_with_signs_of_a_pattern_is_a_name_where_it_exists(tmp_path: Path) -> None:
    touch(tmp_path, "clip [1].mp4")
    assert not is_batch(tmp_path / "clip [1].mp4")
    (job,) = find_jobs(tmp_path / "clip [1].mp4", tmp_path / "out.mp4")
    assert job.source.name == "clip [1].mp4"


def test_circles_of_links_end(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4")
    (tmp_path / "in" / "round").symlink_to(tmp_path / "in")
    assert len(find_jobs(tmp_path / "in", tmp_path / "out")) == 1


def test_outputs_may_lie_above_the_inputs(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4")
    assert find_jobs(tmp_path / "in", tmp_path) == [Job(tmp_path / "in" / "a.mp4", tmp_path / "a.mp4")]


@pytest.mark.parametrize("pattern", ["", "**/*.mp4"])
def test_a_folder_that_cannot_be_listed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    touch(tmp_path, "in/a.mp4", "in/locked/b.mp4")
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr("os.scandir", refuse)
    told: list[OSError] = []
    (job,) = find_jobs(tmp_path / "in" / pattern, tmp_path / "out", on_unreadable=told.append)
    assert job.source.name == "a.mp4"
    assert [error.filename for error in told] == [str(tmp_path / "in" / "locked")]
    with pytest.raises(InputError, match=r"locked cannot be looked up \(Permission denied\)"):
        find_jobs(tmp_path / "in" / pattern, tmp_path / "out")
    (tmp_path / "in" / "a.mp4").unlink()
    for folder in ("in", "in/locked"):
        with pytest.raises(InputError, match=r"locked cannot be looked up \(Permission denied\)"):
            find_jobs(tmp_path / folder / pattern, tmp_path / "out", on_unreadable=told.append)


@pytest.mark.parametrize("pattern", ["", "*.mp4"])
def test_links_that_lead_nowhere_or_cannot_be_followed_are_told(tmp_path: Path, pattern: str) -> None:
    touch(tmp_path, "in/a.mp4")
    for name, goal in (("b.mp4", "away/b.mp4"), ("c.mp4", "c.mp4"), ("lock", "nobody:7")):
        (tmp_path / "in" / name).symlink_to(goal)
    told: list[OSError] = []
    (job,) = find_jobs(tmp_path / "in" / pattern, tmp_path / "out", on_unreadable=told.append)
    assert job.source.name == "a.mp4"
    assert sorted(map(cannot_look_up, told)) == [
        f"{tmp_path / 'in' / 'b.mp4'} cannot be looked up (a link to away/b.mp4, which is not there); "
        "check the name and its access rights",
        f"{tmp_path / 'in' / 'c.mp4'} cannot be looked up (Too many levels of symbolic links); "
        "check the name and its access rights",
    ]
    (tmp_path / "in" / "a.mp4").unlink()
    with pytest.raises(InputError, match=r"b\.mp4 cannot be looked up|c\.mp4 cannot be looked up"):
        find_jobs(tmp_path / "in" / pattern, tmp_path / "out", on_unreadable=told.append)
