"""Live runs from the command line: they end when they are told to, and recordings play."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest

from ..clips import read_frames, read_times, samples
from .command import COMMAND, contents, enhance

PICTURE = "lavfi:testsrc2=size=64x48:rate=25"
PATIENCE_S = 60
FOR_FILES = ("--dry-run", "--jobs 2", "--no-recursive", "--keep-partial", "--decoder nvdec")


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a live run that records, and return when the recording has begun."""
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + PATIENCE_S
    while not any(path.stat().st_size > 3000 for path in folder.glob("out.*")):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "it never began"
        time.sleep(0.02)
    return process


def test_a_run_of_some_seconds_reports_what_it_did(tmp_path: Path) -> None:
    result = enhance(PICTURE, "out.mkv", "--output", "null://", "--duration", "1", "--json", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    report = json.loads(result.stdout)
    assert (report["source"], report["width"], report["height"]) == (PICTURE, 64, 48)
    assert report["backend"]
    assert report["captured"] >= report["enhanced"] > 5
    assert list(report["sinks"]) == ["out.mkv", "null://"]
    assert report["sinks"]["null://"]["latency"]["p50_ms"] > 0
    frames = read_frames(tmp_path / "out.mkv")
    assert len(frames) == report["sinks"]["out.mkv"]["shown"]
    times = read_times(tmp_path / "out.mkv")
    assert times == sorted(set(times))


def test_what_is_seen_and_heard_at_once_is_recorded_at_once(tmp_path: Path) -> None:
    flash = "color=gray:size=64x48:rate=25,drawbox=enable='lt(mod(t\\,1)\\,0.2)':color=white:t=fill"
    beep = "aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.2)':s=16000"
    source = f"lavfi:{flash}[out0];{beep}[out1]"
    result = enhance(source, "out.mkv", "--duration", "3.5", "--strength", "0", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    with av.open(tmp_path / "out.mkv") as container:
        beeps = [(float(frame.time), frame.to_ndarray()[0]) for frame in container.decode(audio=0)]
    heard_s = np.concatenate([begin_s + np.arange(len(piece)) / 16_000 for begin_s, piece in beeps])
    loud = np.abs(np.concatenate([piece for _, piece in beeps])) > 0.1
    both = []
    for frame in read_frames(tmp_path / "out.mkv"):
        around = loud[np.abs(heard_s - frame.time) < 0.02]
        share = around.mean() if around.size else 0.5
        if share < 0.05 or share > 0.7:  # neither just begins nor just ends
            both.append((bool(samples(frame)[0].mean() > 180), bool(share > 0.5)))
    assert set(both) == {(True, True), (False, False)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_good_order(tmp_path: Path, number: int) -> None:
    with start(tmp_path, PICTURE, "out.mp4") as process:
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, stderr) == (0, "")
    assert stdout.startswith(f"{PICTURE}: ")
    assert len(read_frames(tmp_path / "out.mp4")) > 5


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_at_once_though_the_source_does_not_answer(
    tmp_path: Path, number: int, status: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"rtsp://127.0.0.1:{silent.getsockname()[1]}/live"
        with subprocess.Popen(
            [*COMMAND, address, "out.mkv"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            connection, _ = silent.accept()
            process.send_signal(number)
            # After 5 s without an answer, the status would be another.
            assert process.communicate(timeout=PATIENCE_S) == ("", "")
        connection.close()
    assert process.returncode == status
    assert contents(tmp_path) == {}


def test_a_source_that_does_not_answer_is_left_without_a_crash(tmp_path: Path) -> None:
    # The libraries take as long to end as nothing is written to the process, which has no interpreter then.
    slow_to_end = "import ctypes; c = ctypes.CDLL(None); c.__cxa_atexit(c.getchar, None, None)"
    script = f"{slow_to_end}; from realtime.__main__ import main; main()"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"rtsp://127.0.0.1:{silent.getsockname()[1]}/live"
        command = [sys.executable, "-c", script, address, "out.mkv", "--threads", "1"]
        with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE) as process:
            connection, _ = silent.accept()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=PATIENCE_S) == 143
        connection.close()


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv"])
def test_a_recording_survives_a_kill(tmp_path: Path, name: str) -> None:
    with start(tmp_path, PICTURE, name, "--codec", "ffv1" if name.endswith("mkv") else "h264") as process:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE_S)
    assert len(read_frames(tmp_path / name)) > 5


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (f"{PICTURE}", 1, "there is no display; say where: "),
        (f"{PICTURE} null:// --output null://", 1, "null:// is given twice; once is enough"),
        (f"{PICTURE} new.mkv --output ./new.mkv", 1, "./new.mkv is given twice; once is enough"),
        (f"{PICTURE} here.mkv --output link.mkv --overwrite", 1, "link.mkv is given twice; once is enough"),
        ("here.mkv here.mkv --output null:// --overwrite", 1, "here.mkv is the input itself; give another"),
        ("here.mkv null:// --output ./link.mkv --overwrite", 1, "./link.mkv is the input itself; give "),
        ("link.mkv twin.mkv --output null:// --overwrite", 1, "twin.mkv is the input itself; give another"),
        ("gopher://me:secret@x out.mkv", 1, "gopher://x is not a camera or a stream"),
        ("here.mkv null.mkv --duration 3", 2, "are for live inputs"),
        ("here.mkv null.mkv --no-sound", 2, "are for live inputs"),
        *((f"{PICTURE} new.mkv {given}", 2, "are for files") for given in FOR_FILES),
        *(
            (f"{files} --duration {seconds}", 2, "the duration must be a number of seconds above 0")
            for files in (f"{PICTURE} new.mkv", "here.mkv new.mkv")
            for seconds in ("0", "-1", "nan", "inf")
        ),
        *(
            (f"{source} null:// {mode}", 2, "--size and --fps ask a camera for a mode, and the input is none")
            for source in (PICTURE, "here.mkv", "rtsp://me:secret@127.0.0.1:9/x")
            for mode in ("--size 640x480", "--fps 5")
        ),
        *(
            (f"{PICTURE} null:// {given}", 2, "--codec, --crf and --preset are for recordings: give a file")
            for given in ("--codec hevc", "--crf 20", "--preset fast")
        ),
        ("gopher://x null:// --fps 5", 1, "gopher://x is not a camera or a stream"),
        (f"{PICTURE} null:// --size big", 2, "a size is written like 1280x720, not 'big'"),
        ("here.mkv", 2, "say where to write"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, status: int, complaint: str
) -> None:
    for display in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(display, raising=False)
    (tmp_path / "here.mkv").write_text("precious")
    (tmp_path / "link.mkv").symlink_to("here.mkv")
    (tmp_path / "twin.mkv").hardlink_to(tmp_path / "here.mkv")
    before = contents(tmp_path)
    result = enhance(*arguments.split(), folder=tmp_path)
    assert result.returncode == status
    assert result.stdout == ""
    assert complaint in " ".join(result.stderr.replace("│", " ").split())
    assert "secret" not in result.stderr
    if status == 1:
        assert len(result.stderr.splitlines()) == 1
    assert contents(tmp_path) == before
