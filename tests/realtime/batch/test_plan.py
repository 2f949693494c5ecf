"""Only what is missing or out of date is made, and nothing that is not ours is replaced."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from realtime.batch.jobs import Job
from realtime.batch.manifest import NAME, BatchManifest, stamp_of
from realtime.batch.plan import Action, plan
from realtime.errors import OutputError
from realtime.settings import Kind

from ..full_disk import room_for

SETTINGS: dict[str, Any] = {"strength": 1.0}


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Return an input, and an output that was made of it and noted."""
    job = Job(tmp_path / "in" / "a.mp4", tmp_path / "out" / "deep" / "a.mp4")
    for path in (job.source, job.target):
        path.parent.mkdir(parents=True)
        path.write_text(path.name)
    BatchManifest(tmp_path / "out").add(job, stamp_of(job.source), SETTINGS, Kind.VIDEO)
    return job


def decide(job: Job, settings: dict[str, Any] = SETTINGS, *, overwrite: bool = False) -> tuple[Action, str]:
    (step,) = plan([job], BatchManifest(job.target.parents[1]), settings, overwrite=overwrite)
    assert step.replaces is (step.action == Action.ENHANCE and job.target.exists())
    return step.action, step.reason


def test_what_is_done_is_skipped(job: Job) -> None:
    assert decide(job) == (Action.SKIP, "done")


def test_what_is_new_gone_or_out_of_date_is_made(job: Job) -> None:
    assert decide(job, {"strength": 0.5}) == (Action.ENHANCE, "the options have changed")
    os.utime(job.source, (1, 1))
    assert decide(job) == (Action.ENHANCE, "the input has changed")
    assert decide(job, overwrite=True) == (Action.ENHANCE, "to be overwritten")
    job.target.unlink()
    assert decide(job) == (Action.ENHANCE, "the output is gone")
    assert decide(Job(job.source, job.target.with_name("b.mp4"))) == (Action.ENHANCE, "new")


def test_what_is_not_ours_is_left_alone(job: Job) -> None:
    job.target.write_text("edited by hand")
    assert decide(job) == (Action.SKIP, "the output was changed since; --overwrite replaces it")
    (job.target.parents[1] / NAME).unlink()
    action, reason = decide(job)
    assert action == Action.SKIP
    assert reason == "the output exists, and was not made by a batch; --overwrite replaces it"


def test_an_output_of_another_input_is_not_replaced(tmp_path: Path, job: Job) -> None:
    other = tmp_path / "other" / "a.mp4"
    other.parent.mkdir()
    other.write_text("another film")
    action, reason = decide(Job(other, job.target))
    assert action == Action.REFUSE
    assert reason == f"{job.target} was made from {job.source}; choose another folder, or add --overwrite"


def test_an_input_that_was_moved_is_still_done(tmp_path: Path, job: Job) -> None:
    job.source.parent.rename(tmp_path / "moved")
    assert decide(Job(tmp_path / "moved" / "a.mp4", job.target)) == (Action.SKIP, "done")


def test_an_input_that_was_away_is_still_done(tmp_path: Path, job: Job) -> None:
    other = Job(job.source.with_name("b.mp4"), job.target.with_name("b.mp4"))
    for path in (other.source, other.target):
        path.write_text("b")
    job.source.rename(tmp_path / "away.mp4")
    BatchManifest(tmp_path / "out").add(other, stamp_of(other.source), SETTINGS, Kind.VIDEO)
    (tmp_path / "away.mp4").rename(job.source)
    assert decide(job) == (Action.SKIP, "done")


def test_only_settings_that_matter_to_an_output_make_it_again(job: Job) -> None:
    settings = SETTINGS | {"smoothing": 3.0}
    for kind, action in ((Kind.IMAGE, Action.SKIP), (Kind.ANIMATION, Action.ENHANCE)):
        BatchManifest(job.target.parents[1]).add(job, stamp_of(job.source), settings, kind)
        assert decide(job, settings | {"smoothing": 1.0})[0] == action
        assert decide(job, settings | {"strength": 0.5})[0] == Action.ENHANCE


def test_a_list_without_kinds_is_read_as_if_all_settings_mattered(job: Job) -> None:
    path = job.target.parents[1] / NAME
    path.write_text(path.read_text().replace(', "kind": "video"', ""))
    assert decide(job) == (Action.SKIP, "done")
    assert decide(job, SETTINGS | {"denoise": True}) == (Action.ENHANCE, "the options have changed")


def test_two_inputs_of_one_output_are_refused(tmp_path: Path) -> None:
    jobs = [Job(tmp_path / name, tmp_path / "out" / "a.wmv.mkv") for name in ("a.wmv", "a.wmv.mkv")]
    first, second = plan(jobs, BatchManifest(tmp_path / "out"), SETTINGS, overwrite=True)
    assert (first.action, second.action) == (Action.ENHANCE, Action.REFUSE)
    assert second.reason.endswith("a.wmv.mkv, too; rename one of the two")


def test_an_input_is_never_an_output(tmp_path: Path) -> None:
    jobs = [
        Job(tmp_path / "b" / "b" / "x.mp4", tmp_path / "b" / "x.mp4"),
        Job(tmp_path / "b" / "x.mp4", tmp_path / "x.mp4"),
    ]
    first, second = plan(jobs, BatchManifest(tmp_path), SETTINGS, overwrite=True)
    assert (first.action, second.action) == (Action.REFUSE, Action.ENHANCE)
    assert "is one of the inputs; choose another folder" in first.reason


def test_a_list_that_was_cut_off_or_damaged_is_read_as_far_as_it_goes(job: Job) -> None:
    path = job.target.parents[1] / NAME
    whole = path.read_text()
    path.write_text(f"no line of ours\n[]\n{{}}\n{whole}{whole[:40]}")
    assert decide(job) == (Action.SKIP, "done")
    more = Job(job.source, job.target.with_name("b.mp4"))
    more.target.write_text("b")
    BatchManifest(path.parent).add(more, stamp_of(job.source), SETTINGS, Kind.VIDEO)
    assert decide(more) == (Action.SKIP, "done")


def test_a_list_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(OutputError, match=r"jsonl, where .* cannot be read \(Is a directory\); check that"):
        BatchManifest(tmp_path)


def test_a_line_for_which_there_is_no_room_is_an_error(job: Job) -> None:
    path = job.target.parents[1] / NAME
    manifest = BatchManifest(path.parent)
    with room_for(path.stat().st_size + 10), pytest.raises(OSError, match="No space left on device"):
        manifest.add(job, stamp_of(job.source), SETTINGS, Kind.VIDEO)
    assert decide(job) == (Action.SKIP, "done")


def test_what_cannot_be_looked_up_does_not_stop_the_others(job: Job) -> None:
    job.source.unlink()
    other = Job(job.source.with_name("b.mp4"), job.target.with_name("b.mp4"))
    first, second = plan([job, other], BatchManifest(job.target.parents[1]), SETTINGS, overwrite=False)
    assert (first.action, second.action) == (Action.REFUSE, Action.ENHANCE)
    assert first.reason.startswith(f"{job.source} cannot be looked up (No such file or directory); check ")


def test_links_in_a_circle_are_no_outputs(job: Job) -> None:
    job.target.unlink()
    job.target.symlink_to(job.target)
    (step,) = plan([job], BatchManifest(job.target.parents[1]), SETTINGS, overwrite=False)
    assert (step.action, step.reason) == (Action.ENHANCE, "the output is gone")
