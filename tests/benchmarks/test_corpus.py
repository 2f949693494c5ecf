"""Files are judged right only if all is kept, or what is not is said."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest
from PIL import Image

from benchmarks.corpus import FileResult, Verdict, judge_corpus
from realtime.errors import InputError

from ..clips import make_clip

FAKE = Path(__file__).with_name("fake_enhancer.py")


def judge(folder: Path, mode: str, timeout_s: float = 60) -> FileResult:
    command = (sys.executable, str(FAKE), mode)
    report = judge_corpus(folder, command=command, timeout_s=timeout_s)
    (result,) = report.files
    assert report.counts[result.verdict.value] == 1
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of one video with sound, subtitles and chapters; each frame is a key frame."""
    folder = tmp_path_factory.mktemp("corpus")
    make_clip(folder / "clip.mkv", options={"g": "1"}, other_tracks=True)
    return folder


@pytest.mark.parametrize("mode", ["copy", "mute and say so"])
def test_what_is_kept_or_said_not_to_be_is_right(folder: Path, mode: str) -> None:
    result = judge(folder, mode)
    assert (result.verdict, result.why) == (Verdict.RIGHT, [])
    assert ("1 audio tracks became 0" in result.announced) is (mode != "copy")


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("drop", "12 frames became 11"),
        ("late", "frames moved by up to +1.000 ms"),
        ("mute", "1 audio tracks became 0"),
        ("touch", "the input was changed"),
        ("nothing", "status 0 without an output"),
        ("half", "the output cannot be read: "),
        ("rest", "left .part behind"),
        ("crash", "a traceback: RuntimeError: oh"),
        ("refuse at length", "2 lines on stderr for one error"),
        ("refuse half-way", "left clip.mkv behind"),
    ],
)
def test_what_is_lost_is_wrong(folder: Path, mode: str, why: str) -> None:
    result = judge(folder, mode)
    assert result.verdict == Verdict.WRONG
    assert any(reason.startswith(why) for reason in result.why), result.why


def test_the_name_of_the_file_announces_nothing(tmp_path: Path) -> None:
    make_clip(tmp_path / "audio track.mkv", options={"g": "1"}, other_tracks=True)
    result = judge(tmp_path, "mute and name the file")
    assert result.verdict == Verdict.WRONG
    assert "1 audio tracks became 0" in result.why


def test_a_hang_is_wrong_and_ended(folder: Path) -> None:
    result = judge(folder, "hang", timeout_s=0.5)
    assert (result.verdict, result.why) == (
        Verdict.WRONG,
        [
            "no end after 0.5 s",
        ],
    )


def test_an_error_in_one_line_is_a_refusal(folder: Path) -> None:
    result = judge(folder, "refuse")
    assert (result.verdict, result.why) == (Verdict.REFUSED, ["fake: this cannot be read"])


def test_wrong_usage_is_wrong_and_said_without_its_frame(folder: Path) -> None:
    (result,) = judge_corpus(folder, arguments=["--bogus"]).files
    assert result.verdict == Verdict.WRONG
    (reason,) = result.why
    assert reason.startswith("ended with status 2: No such option: --bogus")
    assert "│" not in reason


def test_a_folder_without_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no files; give a folder"):
        judge_corpus(tmp_path)


def test_ctrl_c_does_not_wait_for_the_files_under_way(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.png").touch()
    command = [sys.executable, "-m", "benchmarks", "corpus", str(tmp_path), "--jobs", "2", "--command"]
    waiting = "import time, pathlib, sys; pathlib.Path(sys.argv[1]).unlink(); time.sleep(60)"
    start = time.monotonic()
    with subprocess.Popen([*command, shlex.join([sys.executable, "-c", waiting])]) as process:
        while any(tmp_path.iterdir()):  # until both are under way
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
    assert process.returncode == 130
    assert time.monotonic() - start < 30


def bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "corpus", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.skipif(not hasattr(av.VideoFrame, "sw_format"), reason="PyAV 17 tells Matroska no frame rate")
def test_the_real_command_passes_on_real_files(tmp_path: Path) -> None:
    make_clip(tmp_path / "a.mkv", pts=[0, 1, 4, 5, 9], other_tracks=True)
    make_clip(tmp_path / "b.mp4", pts=range(3), rotation_deg=90)
    (tmp_path / "deep").mkdir()
    Image.new("RGB", (9, 7), (20, 30, 40)).save(tmp_path / "deep" / "c.png")
    (tmp_path / "notes.txt").write_text("no video")
    done = bench(tmp_path, "--jobs", "2", "--json", "--", "--threads", "1", "--strength", "0.5")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    verdicts = {result["file"]: result["verdict"] for result in report["files"]}
    assert verdicts == {"a.mkv": "right", "b.mp4": "right", "deep/c.png": "right", "notes.txt": "refused"}
    assert report["counts"] == {"right": 3, "refused": 1, "wrong": 0}
    assert report["arguments"] == ["--threads", "1", "--strength", "0.5"]


def test_the_status_tells_that_a_file_is_wrong(folder: Path) -> None:
    done = bench(folder, "--command", shlex.join([sys.executable, str(FAKE), "drop"]))
    assert done.returncode == 1
    assert "0 right, 0 refused, 1 wrong" in done.stdout
    assert "12 frames became 11" in done.stdout
