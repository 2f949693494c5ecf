"""Everything a command names is enhanced, and the report says what was done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from realtime.errors import InputError, ModelError
from realtime.options import EncoderOptions, EnhancerOptions, FileOptions
from realtime.run import Report, enhance_all
from realtime.video import Progress

from ..clips import make_clip, read_frames
from .tiny_model import constant_network, write_model


@contextmanager
def silent(_name: str) -> Iterator[Progress]:
    yield lambda _done, _expected: None


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


def run(source: Path, target: Path, options: EnhancerOptions, *, overwrite: bool = False) -> Report:
    files = FileOptions(overwrite=overwrite)
    return enhance_all(source, target, options, EncoderOptions(), files, show=silent)


def test_the_report_of_a_video(tmp_path: Path, options: EnhancerOptions) -> None:
    target = tmp_path / "new" / "out.mp4"
    report = run(make_clip(tmp_path / "in.mp4"), target, options)
    assert len(read_frames(target)) == 12
    assert (report.output, report.files, report.skipped, report.failed) == (str(target), 1, 0, {})
    assert (report.frames, report.backend, report.model, report.threads) == (12, "cpu", options.model, 1)
    assert 12 / report.fps == pytest.approx(report.seconds, abs=1e-3)  # rounded to milliseconds
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


def test_streams_do_not_influence_each_other(tmp_path: Path, folder: Path, options: EnhancerOptions) -> None:
    run(folder, tmp_path / "out", options)
    run(folder / "a.mp4", tmp_path / "alone.mp4", options)
    assert (tmp_path / "out" / "a.mp4").read_bytes() == (tmp_path / "alone.mp4").read_bytes()


def test_a_single_file_that_fails_is_an_error(tmp_path: Path, folder: Path, options: EnhancerOptions) -> None:
    with pytest.raises(InputError, match=r"b\.png is not an image that can be read"):
        run(folder / "b.png", tmp_path / "out.png", options)


def test_a_model_that_is_missing_is_an_error_before_anything_is_written(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(ModelError, match="no model named 'nonesuch'"):
        run(folder, tmp_path / "out", EnhancerOptions(model="nonesuch"))
    assert not (tmp_path / "out").exists()
