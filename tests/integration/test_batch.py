"""A batch that is killed goes on where it was, and tells beforehand what it would do."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from PIL import Image

from realtime.batch.manifest import NAME

from ..clips import make_clip, read_frames
from .command import COMMAND, contents, enhance

PATIENCE_S = 60
FRAMES = 60
FILES = 8  # enough for a busy machine not to be done with all before one looks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for index in range(FILES):
        make_clip(tmp_path / "in" / f"{index}.mkv", codec="ffv1", pts=range(FRAMES), size_wh=(320, 180))
    return tmp_path


def wait_for(folder: Path, process: subprocess.Popen[str], done: int) -> None:
    """Return when so many outputs are complete and a further one is being written."""
    deadline = time.monotonic() + PATIENCE_S
    while not (
        len(list(folder.glob("out/[0-9].mkv"))) >= done
        and any(path.stat().st_size for path in folder.glob("out/.*-part-*"))
    ):
        assert process.poll() is None, "it ended before it could be stopped"
        assert time.monotonic() < deadline, "it never came so far"
        time.sleep(0.002)


def test_a_batch_that_was_killed_goes_on_where_it_was(folder: Path) -> None:
    with subprocess.Popen([*COMMAND, "in", "out"], cwd=folder, stdout=subprocess.DEVNULL) as process:
        wait_for(folder, process, done=2)
        process.kill()
    made = contents(folder / "out")
    assert any("-part-" in name for name in made)
    first = {name: (folder / "out" / name).stat().st_mtime_ns for name in ("0.mkv", "1.mkv")}

    plan = enhance("in", "out", "--dry-run", folder=folder)
    assert plan.returncode == 0
    assert plan.stdout.splitlines()[0].startswith("skip in/0.mkv -> out/0.mkv (")
    assert plan.stdout.splitlines()[-1] == f"enhance in/{FILES - 1}.mkv -> out/{FILES - 1}.mkv (new)"
    assert contents(folder / "out") == made

    again = enhance("in", "out", "--jobs", "2", "--json", folder=folder)
    assert (again.returncode, again.stderr) == (0, "")
    report = json.loads(again.stdout)
    assert report["skipped"] >= 2
    assert report["files"] + report["skipped"] == FILES
    assert {path.name for path in (folder / "out").iterdir()} == {NAME, *(f"{n}.mkv" for n in range(FILES))}
    assert {name: (folder / "out" / name).stat().st_mtime_ns for name in first} == first
    assert all(len(read_frames(path)) == FRAMES for path in (folder / "out").glob("*.mkv"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "terminated"])
def test_an_interruption_ends_all_that_is_going_on(folder: Path, number: int) -> None:
    with subprocess.Popen(
        [*COMMAND, "in", "out", "--jobs", "2"], cwd=folder, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for(folder, process, done=0)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 128 + number
    assert "Traceback" not in stderr
    assert not list((folder / "out").glob(".*-part-*"))
    assert all(len(read_frames(path)) == FRAMES for path in (folder / "out").glob("*.mkv"))


def test_a_pattern_and_its_plan_as_json(folder: Path) -> None:
    done = enhance("in/[01].mkv", "out", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    plan = enhance("in/?.mkv", "out", "--strength", "0.5", "--dry-run", "--json", folder=folder)
    steps = json.loads(plan.stdout)["dry_run"]
    assert [step["reason"] for step in steps] == ["the options have changed"] * 2 + ["new"] * (FILES - 2)


@pytest.mark.parametrize("names", [("in/0.mkv", "new/", "new/0.mkv"), ("in", "new/", "new/0.mkv")])
def test_a_name_that_ends_in_a_slash_is_that_of_a_folder_to_make(
    folder: Path, names: tuple[str, str, str]
) -> None:
    source, target, expected = names
    plan = enhance(source, target, "--dry-run", folder=folder)
    assert (plan.returncode, plan.stderr) == (0, "")
    assert plan.stdout.splitlines()[0].removesuffix(" (new)") == f"enhance in/0.mkv -> {expected}"


def test_outputs_inside_the_inputs_are_no_inputs_of_the_next_run(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Image.new("RGB", (8, 6)).save(tmp_path / "in" / "photo.png")
    assert enhance("in", "in/brighter", folder=tmp_path).returncode == 0
    result = enhance("in", "in/brighter2", "--strength", "0.5", folder=tmp_path)
    assert result.returncode == 0
    assert result.stderr.startswith("zerodce-enhance: in: left out 1 that earlier runs have made; ")
    assert {path.name for path in (tmp_path / "in" / "brighter2").iterdir()} == {NAME, "photo.png"}
