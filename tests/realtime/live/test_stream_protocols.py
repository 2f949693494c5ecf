"""Streams of other protocols than HTTP, on loopback."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest

from realtime.errors import InputError
from realtime.live.options import CaptureOptions
from realtime.live.source import open_source
from realtime.live.stats import LiveStats

from .stream_sender import LEVEL
from .waiting import take, wait_until

PATIENT = CaptureOptions(timeout_s=20)


@contextmanager
def running(*command: str) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.kill()


def sender(address: str) -> AbstractContextManager[None]:
    """Send datagrams while the body runs."""
    return running(sys.executable, "-m", "tests.realtime.live.stream_sender", f"{address}?pkt_size=1316")


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(type=kind) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def test_datagrams_are_received() -> None:
    address = f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    with sender(address), open_source(address, PATIENT) as source:
        frames = [take(source) for _ in range(5)]
    assert frames[0].is_first
    assert (frames[-1].video.width, frames[-1].video.height) == (64, 48)
    assert np.frombuffer(frames[-1].video.planes[0], np.uint8)[0] == pytest.approx(LEVEL, abs=2)


def test_a_sender_of_datagrams_that_falls_silent_is_got_back() -> None:
    address = f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    stats = LiveStats()
    with sender(address):
        source = open_source(address, CaptureOptions(timeout_s=3), stats=stats)
        take(source)
    with source:
        wait_until(lambda: not stats.snapshot().connected)
        with sender(address):
            while not take(source).is_first:
                pass


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_rtmp_is_received() -> None:
    port = free_port(socket.SOCK_STREAM)
    address = f"rtmp://127.0.0.1:{port}/live/name"
    pictures = ("-re", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25", "-c:v", "libx264", "-g", "5")
    with running("ffmpeg", *pictures, "-pix_fmt", "yuv420p", "-f", "flv", "-listen", "1", address):
        wait_until(lambda: listens(port))
        with open_source(address, PATIENT) as source:
            frames = [take(source) for _ in range(5)]
    assert (frames[-1].video.width, frames[-1].video.height) == (64, 48)


def listens(port: int) -> bool:
    """Whether somebody listens at a port of this machine, without connecting: one is all that is served."""
    sockets = Path("/proc/net/tcp").read_text(encoding="ascii")
    return f":{port:04X} 00000000:0000 0A" in sockets


@pytest.mark.parametrize("scheme", ["udp", "rtmp"])
def test_where_nobody_sends_it_says_so_in_time(scheme: str) -> None:
    kind = socket.SOCK_DGRAM if scheme == "udp" else socket.SOCK_STREAM
    address = f"{scheme}://127.0.0.1:{free_port(kind)}"
    with pytest.raises(InputError, match=rf"{scheme}://127\.0\.0\.1:\d+ cannot be opened \("):
        open_source(address, CaptureOptions(timeout_s=0.5))
