"""Live runs go on while their camera dies, stalls and comes back in another size, and hold on to nothing.

The camera is a real RTSP server in a process of its own; see `rtsp_server.py`. `SOAK_SECONDS` says how long
the slow test goes on, 60 by default.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

import av
import pytest

from benchmarks.usage import Usage, usage_of

from .command import COMMAND

SERVER = Path(__file__).parent / "rtsp_server.py"
SIZES_WH = ((320, 240), (480, 270))
PATIENCE_S = 60
# Of resident memory, in MiB, from the first round of faults to the last.
MOST_GROWTH_MIB = 24


class Camera:
    """The server, which can be killed, stopped, and started again in another size."""

    def __init__(self, python: str) -> None:
        self._python = python
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        self._sizes_wh = cycle(SIZES_WH)
        self.size_wh = (0, 0)
        self.start()

    def start(self) -> None:
        self.size_wh = next(self._sizes_wh)
        self._process = subprocess.Popen(
            [self._python, SERVER, str(self.port), *map(str, self.size_wh)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            pytest.skip(f"the RTSP server does not run: {self._process.communicate()[1]!r}")

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def restart(self) -> None:
        self.kill()
        self.start()

    def stall(self, until: Callable[[], object]) -> None:
        self._process.send_signal(signal.SIGSTOP)
        wait_until(until, "nothing was noticed of the stall")
        self._process.send_signal(signal.SIGCONT)


@pytest.fixture
def camera() -> Iterator[Camera]:
    check = "import gi; gi.require_version('GstRtspServer', '1.0')"
    for python in (sys.executable, "/usr/bin/python3"):
        if not subprocess.run([python, "-c", check], capture_output=True, check=False).returncode:
            break
    else:
        pytest.skip("needs GStreamer's RTSP server and its Python bindings")
    camera = Camera(python)
    yield camera
    camera.kill()


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def test_a_recording_goes_on_through_faults(camera: Camera, tmp_path: Path) -> None:
    soak(camera, tmp_path, rounds=1)


@pytest.mark.slow
def test_it_does_so_for_long(camera: Camera, tmp_path: Path) -> None:
    soak(camera, tmp_path, rounds=2, seconds=float(os.environ.get("SOAK_SECONDS", "60")))


def holds_no_more(now: Usage, before: Usage) -> bool:
    return now.threads <= before.threads and now.files <= before.files


def soak(camera: Camera, folder: Path, *, rounds: int, seconds: float = 0.0) -> None:
    """Run live from the camera, give it faults in turn, and hold it to what it used after the first."""
    address = f"rtsp://me:hidden@127.0.0.1:{camera.port}/live"
    log = folder / "log.txt"
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            [*COMMAND, address, "out.mkv", "--output", "null://", "--json"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
        ExitStack() as stack,
    ):
        stack.callback(process.kill)  # whatever happens: leaving Popen's block waits for it
        used: list[Usage] = []
        began, done = time.monotonic(), 0

        def recording_grows() -> None:
            size = recording.stat().st_size
            wait_until(lambda: recording.stat().st_size > size, "the recording does not go on")

        def comes_back(fault: Callable[[], object]) -> None:
            backs = log.read_text().count("is back")
            fault()
            wait_until(lambda: log.read_text().count("is back") > backs, "it did not come back")

        recording = folder / "out.mkv"
        wait_until(lambda: recording.exists() and recording.stat().st_size, "no frame came")
        while done < rounds or time.monotonic() - began < seconds:
            comes_back(camera.restart)
            recording_grows()
            losses = log.read_text().count("was lost")
            comes_back(lambda losses=losses: camera.stall(lambda: log.read_text().count("was lost") > losses))
            recording_grows()
            used.append(usage_of(process.pid))
            done += 1
        # Of a connection that has just been lost, threads may still be ending.
        wait_until(lambda: holds_no_more(usage_of(process.pid), used[0]), "it holds ever more")
        process.send_signal(signal.SIGTERM)
        stdout, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    report = json.loads(stdout)
    assert report["reconnects"] >= done
    assert (report["width"], report["height"]) == camera.size_wh
    with av.open(recording) as container:
        assert sum(1 for _ in container.decode(video=0)) == report["sinks"]["out.mkv"]["shown"]
    with av.open(recording) as container:
        sounds = [frame for frame in container.decode(audio=0) if abs(frame.to_ndarray()).max() > 0.1]
        assert sounds[-1].time > 0.9 * container.duration / av.time_base
    assert "hidden" not in log.read_text() + stdout
    sys.stdout.write(f"{done} rounds, from {used[0]} to {used[-1]}; {report}\n")
    assert used[-1].memory_mib - used[0].memory_mib < MOST_GROWTH_MIB
