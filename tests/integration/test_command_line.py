"""The command says how it is used, refuses nonsense at once, and reports in JSON."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from ..clips import make_clip
from ..realtime.tiny_model import tiny_network, write_model
from .command import contents, enhance

STAGES = {"decode", "shrink", "estimate", "smooth", "apply", "encode"}


@pytest.mark.parametrize(
    "arguments",
    [
        "in.mp4",
        "in.mp4 out.mp4 --unheard-of",
        "in.mp4 out.mp4 --codec nonsense",
        "in.mp4 out.mp4 --strength 1.5",
        "in.mp4 out.mp4 --strength nan",
        "in.mp4 out.mp4 --strength much",
        "in.mp4 out.mp4 --smoothing -1",
        "in.mp4 out.mp4 --smoothing inf",
        "in.mp4 out.mp4 --estimate-every 0",
        "in.mp4 out.mp4 --estimate-every often",
        "in.mp4 out.mp4 --map-size 8",
        "in.mp4 out.mp4 --headroom -1",
        "in.mp4 out.mp4 --shadow-floor 2",
        "in.mp4 out.mp4 --threads 0",
    ],
)
def test_wrong_usage_ends_with_status_2(tmp_path: Path, arguments: str) -> None:
    result = enhance(*arguments.split(), folder=tmp_path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "Usage: zerodce-enhance" in result.stderr
    assert "Traceback" not in result.stderr
    assert contents(tmp_path) == {}


def test_files_that_a_shell_made_of_a_pattern_are_told_to_be_named_as_one(tmp_path: Path) -> None:
    result = enhance("a.mp4", "b.mp4", "c.mp4", "bright/", "--overwrite", folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "2 names behind INPUT and OUTPUT; for several files," in result.stderr
    assert "'holiday/*.jpg'" in result.stderr
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("arguments", [("", "out"), ("in.png", "")])
def test_an_empty_name_is_not_taken_for_the_folder_one_is_in(
    tmp_path: Path, arguments: tuple[str, str]
) -> None:
    Image.new("RGB", (4, 3)).save(tmp_path / "in.png")
    result = enhance(*arguments, folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "the name of an input or an output is empty" in result.stderr
    assert contents(tmp_path).keys() == {"in.png"}


@pytest.mark.parametrize("option", ["--jobs 2", "--no-recursive"])
def test_what_is_for_folders_is_refused_for_a_single_file(tmp_path: Path, option: str) -> None:
    Image.new("RGB", (4, 3)).save(tmp_path / "in.png")
    result = enhance("in.png", "out.png", *option.split(), folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "--jobs and --no-recursive are for folders" in result.stderr
    assert contents(tmp_path).keys() == {"in.png"}


def test_a_pattern_of_subfolders_that_are_to_be_left_out_is_refused(tmp_path: Path) -> None:
    result = enhance("**/*.png", "out", "--no-recursive", folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "'**' stands for subfolders, and --no-recursive leaves" in result.stderr


def test_a_headroom_that_the_model_has_no_use_for_is_mentioned_once(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.new("RGB", (4, 3)).save(tmp_path / name)
    model = write_model(tmp_path / "tiny.onnx", tiny_network())
    result = enhance(".", "out", "--model", model.name, "--headroom", "0.3", "--jobs", "2", folder=tmp_path)
    assert result.returncode == 0
    assert result.stderr == (
        "zerodce-enhance: --headroom has no effect with tiny.onnx, whose curves are quadratic\n"
    )
    result = enhance("a.png", "c.png", "--headroom", "0.3", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")


def test_an_option_of_videos_is_mentioned_where_the_output_is_an_image(tmp_path: Path) -> None:
    Image.new("RGB", (4, 3)).save(tmp_path / "in.png")
    result = enhance("in.png", "out.png", "--crf", "10", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "zerodce-enhance: of no effect on an image: --crf\n")
    result = enhance(".", "all", "--crf", "10", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_result_is_one_line(tmp_path: Path) -> None:
    Image.new("RGB", (32, 24), (20, 30, 40)).save(tmp_path / "in.png")
    result = enhance("in.png", "out.png", folder=tmp_path)
    assert re.fullmatch(
        r"out\.png: 1 frame in [0-9.]+ s, [0-9.]+ FPS \(cpu: [^()]+, 1 thread\)\n", result.stdout
    )


def test_the_last_line_is_json_when_asked_for(tmp_path: Path) -> None:
    make_clip(tmp_path / "in.mp4")
    result = enhance("in.mp4", "out.mp4", "--json", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    report = json.loads(result.stdout.splitlines()[-1])
    assert (report["frames"], report["files"], report["failed"]) == (12, 1, {})
    assert (report["backend"], report["model"], report["threads"]) == ("cpu", "context", 1)
    assert report["seconds"] > 0
    assert 12 / report["fps"] == pytest.approx(report["seconds"], abs=2e-3)  # rounded to milliseconds
    assert report["ms_per_stage"].keys() == STAGES
    assert all(milliseconds >= 0 for milliseconds in report["ms_per_stage"].values())


def modules_after(code: str, *arguments: str | Path) -> set[str]:
    """Return the modules that are loaded when some code has run in a new process."""
    show = "import json, sys; print('\\n' + json.dumps(list(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(result.stdout.splitlines()[-1]))


RUN = "import sys; from realtime.cli import app; app(sys.argv[1:], standalone_mode=False)"


def test_help_loads_nothing_heavy() -> None:
    loaded = modules_after(RUN, "--help")
    assert "realtime.cli" in loaded
    assert loaded.isdisjoint({"numpy", "numba", "onnxruntime", "av", "PIL", "keras", "tensorflow", "cv2"})


def test_enhancing_needs_no_training_library(tmp_path: Path) -> None:
    make_clip(tmp_path / "in.mp4", pts=range(2))
    loaded = modules_after(RUN, tmp_path / "in.mp4", tmp_path / "out.mp4")
    assert {"realtime.run", "onnxruntime", "numba", "av"} <= loaded
    assert loaded.isdisjoint({"keras", "tensorflow", "jax", "torch", "cv2", "h5py", "onnx"})
