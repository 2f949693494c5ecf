"""What a batch has made is no input of the next, unless its folder is asked for."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from realtime.batch.earlier_outputs import without_earlier_outputs
from realtime.batch.jobs import Job, find_jobs
from realtime.batch.manifest import BatchManifest, stamp_of
from realtime.errors import InputError
from realtime.settings import Kind


@pytest.fixture
def holiday(tmp_path: Path) -> Path:
    """A folder of two photos, of which a batch has made brighter ones in a subfolder."""
    folder = tmp_path / "holiday"
    for name in ("photo.jpg", "beach/photo.jpg"):
        source, target = folder / name, folder / "brighter" / name
        for path in (source, target):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        job = Job(source, target)
        BatchManifest(folder / "brighter").add(job, stamp_of(source), {}, Kind.IMAGE)
    return folder


def inputs(source: Path, target: Path) -> set[str]:
    jobs = without_earlier_outputs(find_jobs(source, target), source, target)
    return {job.source.relative_to(target.parent).as_posix() for job in jobs}


@pytest.mark.parametrize("pattern", ["holiday", "holiday/**/*.jpg"])
def test_outputs_in_a_subfolder_are_left_out_and_counted(
    holiday: Path, caplog: pytest.LogCaptureFixture, pattern: str
) -> None:
    caplog.set_level(logging.INFO)
    source = holiday.parent / pattern
    assert inputs(source, holiday.parent / "out") == {"holiday/photo.jpg", "holiday/beach/photo.jpg"}
    (message,) = caplog.messages
    assert message == f"{source}: left out 2 that earlier runs have made; to enhance them, name their folder"


@pytest.mark.parametrize("pattern", ["holiday/brighter", "holiday/brighter/**/*.jpg"])
def test_outputs_whose_folder_is_asked_for_are_taken(
    holiday: Path, caplog: pytest.LogCaptureFixture, pattern: str
) -> None:
    expected = {"holiday/brighter/photo.jpg", "holiday/brighter/beach/photo.jpg"}
    assert inputs(holiday.parent / pattern, holiday.parent / "out") == expected
    assert not caplog.messages


def test_what_nobody_has_made_is_taken_wherever_it_lies(holiday: Path) -> None:
    (holiday / "brighter" / "another.jpg").touch()
    assert "holiday/brighter/another.jpg" in inputs(holiday, holiday.parent / "out")


def test_outputs_alone_are_nothing_to_enhance(holiday: Path) -> None:
    (holiday / "photo.jpg").unlink()
    (holiday / "beach" / "photo.jpg").unlink()
    with pytest.raises(
        InputError, match=r"holiday holds only what earlier runs have made; to enhance them, name"
    ):
        inputs(holiday, holiday.parent / "out")
