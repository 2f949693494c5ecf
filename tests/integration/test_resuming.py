"""A long video whose process was killed goes on where it was when the same is asked for again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

from realtime.cpu_enhancer import CpuEnhancer
from realtime.options import EncoderOptions, EnhancerOptions, FileOptions
from realtime.video.pipeline import enhance_video

from ..clips import make_clip

PATIENCE_S = 60
FRAMES = 240
JOINT = b"decode_from"  # what each has in it
# Segments of a second, so that the clip is a long one.
SCRIPT = """
import realtime.options
realtime.options.EncoderOptions.__init__.__kwdefaults__["segment_s"] = 1.0
from realtime.__main__ import main
main()
"""
COMMAND = [sys.executable, "-c", SCRIPT, "--threads", "1", "--map-size", "32"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(
        tmp_path_factory.mktemp("resuming") / "in.mp4",
        pts=range(FRAMES),
        size_wh=(160, 90),
        options={"preset": "ultrafast", "bf": "2", "g": "20"},
        other_tracks=True,
    )


def run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def stop(folder: Path, number: int, *arguments: str | Path) -> tuple[int, str]:
    """Stop the command when some segments are done; return its status and what it said."""
    command = [*COMMAND, *map(str, arguments)]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + PATIENCE_S
        while not any(path.read_bytes().count(JOINT) > 1 for path in folder.rglob(".*.unfinished")):
            assert process.poll() is None, "it ended before it could be stopped"
            assert time.monotonic() < deadline, "it never came so far"
            time.sleep(0.005)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=PATIENCE_S)
    return process.returncode, stderr


def packets(path: Path) -> list[tuple[int, int, int, bytes]]:
    with av.open(path) as container:
        return sorted(
            (p.stream_index, p.dts, p.pts, bytes(p)) for p in container.demux() if p.dts is not None
        )


def test_a_video_goes_on_after_kill_9(tmp_path: Path, clip: Path) -> None:
    assert stop(tmp_path, signal.SIGKILL, clip, "out.mp4") == (-signal.SIGKILL, "")
    assert not (tmp_path / "out.mp4").exists()
    (journal,) = tmp_path.glob(".*.unfinished")
    journal.write_bytes(journal.read_bytes()[:-50])  # as a power cut may leave it
    again = run(tmp_path, clip, "out.mp4")
    assert again.returncode == 0
    (line,) = again.stderr.splitlines()
    assert line.startswith(f"zerodce-enhance: {clip}: resumed at 0:00:")
    assert again.stdout.startswith(f"out.mp4: {FRAMES} frames in ")
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]
    with CpuEnhancer(EnhancerOptions(threads=1, map_size=32)) as enhancer:
        options = EncoderOptions(segment_s=1)
        enhance_video(clip, tmp_path / "whole.mp4", enhancer, options, FileOptions(), settings={})
    assert packets(tmp_path / "out.mp4") == packets(tmp_path / "whole.mp4")


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(tmp_path: Path, clip: Path) -> None:
    status, stderr = stop(tmp_path, signal.SIGINT, clip, "out.mkv", "--codec", "ffv1")
    assert status == 130
    (line,) = [line for line in stderr.splitlines() if line.startswith("zerodce-enhance: ")]
    assert line.startswith(f"zerodce-enhance: {clip}: done up to 0:00:0")
    assert line.endswith("; run the same again to go on there")
    assert [path.suffix for path in tmp_path.iterdir()] == [".unfinished"]


def test_a_video_of_a_batch_goes_on_too(tmp_path: Path, clip: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / "in" / name).symlink_to(clip)
    stop(tmp_path, signal.SIGKILL, "in", "out")
    again = run(tmp_path, "in", "out")
    assert again.returncode == 0
    assert "in/a.mp4: resumed at 0:00:" in again.stderr
    assert packets(tmp_path / "out" / "a.mp4") == packets(tmp_path / "out" / "b.mp4")
    assert not list((tmp_path / "out").glob(".*.unfinished"))
