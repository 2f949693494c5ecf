"""A preview that really serves, and what talks to it without a browser."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from websockets.sync.client import ClientConnection, connect

from realtime.live.browser.sink import BrowserSink
from realtime.live.frame import EnhancedFrame
from realtime.live.session import LiveSession

PATIENCE_S = 10
VIEW = {"type": "view", "long_side": 1280, "original": True, "paused": False, "held": None}


def plain_frame(
    before: int = 40,
    after: int = 160,
    *,
    size_wh: tuple[int, int] = (64, 48),
    captured_s: float | None = None,
) -> EnhancedFrame:
    """Return a frame of one grey that was made another."""
    width, height = size_wh
    original, enhanced = (
        av.VideoFrame.from_ndarray(np.full((height, width, 3), level, np.uint8), "bgr24")
        for level in (before, after)
    )
    now_s = time.perf_counter() if captured_s is None else captured_s
    return EnhancedFrame(original=original, enhanced=enhanced, captured_s=now_s, time_s=now_s)


def pixels_of(picture: bytes) -> NDArray[np.uint8]:
    """Decode a picture to (H, W, 3) RGB."""
    return np.asarray(Image.open(BytesIO(picture)).convert("RGB"))


class Visitor:
    """Somebody who knows the address of a preview."""

    def __init__(self, sink: BrowserSink, session: LiveSession) -> None:
        self.sink = sink
        self.session = session
        self.port = urlsplit(sink.url).port or 0
        self.host = f"127.0.0.1:{self.port}"
        self.origin = {"Origin": f"http://{self.host}"}

    def request(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[HTTPResponse, bytes]:
        """Send a request exactly as it is given, and return the answer and its body."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    @contextmanager
    def watch(self, headers: Mapping[str, str] | None = None) -> Iterator[Watcher]:
        """Connect as the page does."""
        sent = self.origin | dict(headers or {})
        with connect(
            f"ws://{self.host}/frames", additional_headers=sent, compression=None, proxy=None
        ) as socket:
            yield Watcher(socket)


class Watcher:
    """A connected page, run by a test."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.status: dict[str, Any] = {}

    def send(self, **message: object) -> None:
        """Send a message."""
        self.socket.send(json.dumps(message))

    def drawn(self, number: int, busy_ms: float = 0) -> None:
        """Say that a frame is on screen."""
        self.send(type="drawn", frame=number, busy_ms=busy_ms)

    def frame(self, timeout_s: float = PATIENCE_S) -> tuple[int, bytes, bytes]:
        """Wait for a frame; return its number and pictures. Raises TimeoutError if none comes."""
        deadline = time.monotonic() + timeout_s
        while True:
            message = self.socket.recv(max(deadline - time.monotonic(), 0))
            if isinstance(message, bytes):
                number, length = struct.unpack(">II", message[:8])
                return number, message[8 : 8 + length], message[8 + length :]
            self.status = json.loads(message)

    def next_status(self, **expected: object) -> dict[str, Any]:
        """Wait for a status with these settings; return it."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            message = self.socket.recv(max(deadline - time.monotonic(), 0))
            if isinstance(message, str):
                self.status = json.loads(message)
                if self.status["type"] == "status" and expected.items() <= self.status["settings"].items():
                    return self.status


@contextmanager
def serving(address: str = "http://127.0.0.1:0", feedback: Path | None = None) -> Iterator[Visitor]:
    """Serve a preview on a free port."""
    session = LiveSession()
    sink = BrowserSink(address, session, feedback=feedback)
    try:
        yield Visitor(sink, session)
    finally:
        sink.close()
