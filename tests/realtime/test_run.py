"""Everything a command names is enhanced, and the report says what was done."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from realtime.batch.jobs import Job
from realtime.batch.manifest import NAME
from realtime.errors import EnhanceError, InputError, ModelError, OutputError
from realtime.options import BatchOptions, EncoderOptions, EnhancerOptions, FileOptions
from realtime.progress import ShowFile
from realtime.report import Report
from realtime.run import enhance_all
from realtime.video.pipeline import Progress

from ..clips import make_clip, read_frames
from .tiny_model import constant_network, write_model


@contextmanager
def silent(_jobs: Sequence[Job]) -> Iterator[ShowFile]:
    @contextmanager
    def show(_job: Job) -> Iterator[Progress]:
        yield lambda _done, _expected: None

    yield show


@pytest.fixture
def options(tmp_path: Path) -> EnhancerOptions:
    (tmp_path / "model").mkdir()
    model = write_model(tmp_path / "model" / "tiny.onnx", constant_network(-0.3))
    return EnhancerOptions(model=str(model), threads=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of a video, two images, of which one is damaged, and a text."""
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    make_clip(folder / "a.mp4", pts=range(3))
    (folder / "b.png").write_bytes(b"damaged")
    Image.fromarray(np.full((4, 5, 3), 40, np.uint8)).save(folder / "deep" / "c.png")
    (folder / "notes.txt").touch()
    return folder


def shown(path: Path) -> list[bytes]:
    """Return the samples of every frame, or those of an image."""
    if path.suffix == ".png":
        return [Image.open(path).tobytes()]
    return [frame.to_ndarray().tobytes() for frame in read_frames(path)]


def run(
    source: Path, target: Path, options: EnhancerOptions, *, overwrite: bool = False, jobs: int = 1
) -> Report:
    files, batch = FileOptions(overwrite=overwrite), BatchOptions(jobs=jobs)
    return enhance_all(source, target, options, EncoderOptions(), files, batch, show=silent)


def test_the_report_of_a_video(tmp_path: Path, options: EnhancerOptions) -> None:
    target = tmp_path / "new" / "out.mp4"
    report = run(make_clip(tmp_path / "in.mp4"), target, options)
    assert len(read_frames(target)) == 12
    assert (report.output, report.files, report.skipped, report.failed) == (str(target), 1, 0, {})
    assert (report.frames, report.backend, report.model, report.threads) == (12, "cpu", options.model, 1)
    assert report.fps == pytest.approx(12 / report.seconds, rel=1e-2, abs=1e-2)  # both are rounded
    assert report.ms_per_stage.keys() == {"decode", "shrink", "estimate", "smooth", "apply", "encode"}
    assert json.loads(json.dumps(report.as_dict()))["frames"] == 12


def test_a_file_that_fails_does_not_stop_the_others(
    tmp_path: Path, folder: Path, options: EnhancerOptions
) -> None:
    report = run(folder, tmp_path / "out", options)
    assert len(read_frames(tmp_path / "out" / "a.mp4")) == 3
    assert np.array(Image.open(tmp_path / "out" / "deep" / "c.png")).min() > 40
    assert (report.files, report.frames, report.output) == (2, 4, str(tmp_path / "out"))
    (failed,) = report.failed.items()
    assert failed[0] == str(folder / "b.png")
    assert "is not an image that can be read" in failed[1]


def test_what_is_there_already_is_skipped_or_made_again(
    tmp_path: Path, folder: Path, options: EnhancerOptions
) -> None:
    run(folder, tmp_path / "out", options)
    again = run(folder, tmp_path / "out", options)
    assert (again.files, again.skipped, again.frames, again.fps) == (0, 2, 0, 0.0)
    anew = run(folder, tmp_path / "out", options, overwrite=True)
    assert (anew.files, anew.skipped, anew.frames) == (2, 0, 4)


def test_several_files_at_once_come_out_as_one_by_one(
    tmp_path: Path, folder: Path, options: EnhancerOptions
) -> None:
    for index in range(3):
        make_clip(folder / f"{index}.mkv", codec="ffv1", pts=range(4 + index))
    (folder / "a.mp4").unlink()  # libx264 does not give the same again for pictures this small
    one, three = (run(folder, tmp_path / str(jobs), options, jobs=jobs) for jobs in (1, 3))
    assert (one.jobs, three.jobs, one.files, one.frames) == (1, 3, 4, three.frames)
    assert list(one.failed) == list(three.failed) == [str(folder / "b.png")]
    names = [Path(result.output).relative_to(tmp_path / "1") for result in one.results if result.frames]
    for name in names:
        assert shown(tmp_path / "1" / name) == shown(tmp_path / "3" / name)


def test_only_what_changed_is_made_again(tmp_path: Path, folder: Path, options: EnhancerOptions) -> None:
    run(folder, tmp_path / "out", options)
    make_clip(folder / "a.mp4", pts=range(5))
    (tmp_path / "out" / "deep" / "c.png").unlink()
    again = run(folder, tmp_path / "out", options)
    made = {Path(result.source).name: result.reason for result in again.results if result.frames}
    assert made == {"a.mp4": "the input has changed", "c.png": "the output is gone"}
    assert len(read_frames(tmp_path / "out" / "a.mp4")) == 5
    other = run(folder, tmp_path / "out", replace(options, strength=0.5, threads=2))
    assert {result.reason for result in other.results if result.frames} == {"the options have changed"}
    assert other.files == 2


def test_an_interruption_ends_all_threads_and_leaves_no_half_file(
    tmp_path: Path, folder: Path, options: EnhancerOptions
) -> None:
    class Interruption(BaseException):
        pass

    @contextmanager
    def interrupting(_jobs: Sequence[Job]) -> Iterator[ShowFile]:
        @contextmanager
        def show(_job: Job) -> Iterator[Progress]:
            def tell(done: int, _expected: int | None) -> None:
                if done == 2:
                    raise Interruption

            yield tell

        yield show

    make_clip(folder / "d.mp4", pts=range(300))
    before = threading.active_count()
    with pytest.raises(Interruption):
        enhance_all(
            *(folder, tmp_path / "out", options, EncoderOptions(), FileOptions(), BatchOptions(jobs=2)),
            show=interrupting,
        )
    assert threading.active_count() == before
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file() and "part" in path.name]


def test_a_full_disk_ends_the_batch(
    tmp_path: Path, folder: Path, options: EnhancerOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_more: object) -> int:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as exc:
            raise OutputError("writing stopped (No space left on device); make room") from exc

    monkeypatch.setattr("realtime.single_file.enhance_video", full)
    report = run(folder, tmp_path / "out", options)
    assert [result.outcome for result in report.results] == ["failed", "not done", "not done"]
    assert set(report.failed.values()) == {
        "writing stopped (No space left on device); make room",
        "the disk is full",
    }


def test_an_error_that_nobody_thought_of_is_that_of_one_file(
    tmp_path: Path, folder: Path, options: EnhancerOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_arguments: object, **_more: object) -> int:
        raise TypeError("an integer\nis required")

    monkeypatch.setattr("realtime.single_file.enhance_video", failing)
    reason = f"{folder / 'a.mp4'} cannot be enhanced (TypeError: an integer is required); convert it first, "
    report = run(folder, tmp_path / "out", options)
    assert [result.outcome for result in report.results] == ["failed", "failed", "enhanced"]
    assert report.failed[str(folder / "a.mp4")].startswith(reason)
    with pytest.raises(EnhanceError) as caught:
        run(folder / "a.mp4", tmp_path / "out.mp4", options)
    assert str(caught.value).startswith(reason)
    assert isinstance(caught.value.__cause__, TypeError)


def test_what_another_run_has_made_meanwhile_is_left(
    tmp_path: Path, folder: Path, options: EnhancerOptions
) -> None:
    target = tmp_path / "out" / "deep" / "c.png"

    @contextmanager
    def beside_another(_jobs: Sequence[Job]) -> Iterator[ShowFile]:
        target.parent.mkdir(parents=True)
        target.write_text("of the other")
        with silent(_jobs) as show:
            yield show

    report = enhance_all(
        folder, tmp_path / "out", options, EncoderOptions(), FileOptions(), show=beside_another
    )
    assert (report.files, report.skipped, list(report.failed)) == (1, 1, [str(folder / "b.png")])
    assert report.results[-1].reason == "the output has been made meanwhile"
    assert target.read_text() == "of the other"


def test_a_list_that_cannot_be_written_is_named(
    tmp_path: Path, folder: Path, options: EnhancerOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_arguments: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("realtime.batch.manifest.BatchManifest.add", refused)
    report = run(folder, tmp_path / "out", options)
    assert report.failed[str(folder / "a.mp4")] == (
        f"{tmp_path / 'out' / 'a.mp4'} is complete, but cannot be noted as done in {tmp_path / 'out' / NAME} "
        "(Permission denied); make room, or check its access rights"
    )


def test_streams_do_not_influence_each_other(tmp_path: Path, folder: Path, options: EnhancerOptions) -> None:
    make_clip(folder / "z.mkv", codec="ffv1")
    run(folder, tmp_path / "out", options)
    run(folder / "z.mkv", tmp_path / "alone.mkv", options)
    assert shown(tmp_path / "out" / "z.mkv") == shown(tmp_path / "alone.mkv")


def test_a_single_file_that_fails_is_an_error(tmp_path: Path, folder: Path, options: EnhancerOptions) -> None:
    with pytest.raises(InputError, match=r"b\.png is not an image that can be read"):
        run(folder / "b.png", tmp_path / "out.png", options)


def test_a_model_that_is_missing_is_an_error_before_anything_is_written(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(ModelError, match="no model named 'nonesuch'"):
        run(folder, tmp_path / "out", EnhancerOptions(model="nonesuch"))
    assert not (tmp_path / "out").exists()
