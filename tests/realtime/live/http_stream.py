"""An HTTP server on loopback that streams test pictures live, and misbehaves when told to."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import av

from ...contract.fake_capture import grey_frame

FPS = 50


class HttpStream:
    """What the server does, to be changed by a test while it runs.

    Attributes:
        size_wh: Size of the pictures.
        level: Their brightness.
        stalled: Whether it has stopped sending without hanging up.
        requests: How many connections there were.
        paths: What was asked for, with the query.
        authorizations: The users and passwords that were given.
    """

    def __init__(self) -> None:
        self.size_wh = (64, 48)
        self.level = 60
        self.stalled = False
        self.requests = 0
        self.paths: list[str] = []
        self.authorizations: list[str | None] = []
        self._hang_up = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/live.ts"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def hang_up(self) -> None:
        """End all connections; new ones are served."""
        self._hang_up.set()
        self._hang_up = threading.Event()

    def close(self) -> None:
        """End all connections, and refuse new ones; may be called again."""
        if not self._thread.is_alive():
            return
        self._server.shutdown()
        self.hang_up()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stream = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stream.requests += 1
                stream.paths.append(self.path)
                stream.authorizations.append(self.headers["Authorization"])
                if self.path.startswith("/missing"):
                    self.send_error(404)
                    return
                self.send_response(200)
                self.end_headers()
                with suppress(OSError, av.error.FFmpegError):  # the client hung up
                    stream._send(self.wfile)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def _send(self, target: Any) -> None:
        """Encode and send pictures in real time until one of the sides hangs up."""
        hang_up = self._hang_up
        pipe = io.BytesIO()
        size_wh = self.size_wh
        with av.open(pipe, "w", format="mpegts", options={"flush_packets": "1"}) as container:
            video = container.add_stream("libx264", rate=FPS, options={"tune": "zerolatency", "g": "10"})
            video.width, video.height = size_wh
            video.pix_fmt = "yuv420p"
            video.time_base = Fraction(1, FPS)
            index = 0
            while size_wh == self.size_wh:
                if hang_up.wait(1 / FPS):
                    return
                if self.stalled:
                    continue
                frame = grey_frame(self.level, size_wh=size_wh)
                frame.pts, frame.time_base = index, Fraction(1, FPS)
                index += 1
                container.mux(video.encode(frame))
                target.write(pipe.getvalue())
                target.flush()
                pipe.seek(0)
                pipe.truncate()


@contextmanager
def http_stream() -> Iterator[HttpStream]:
    """Serve while the body runs."""
    stream = HttpStream()
    try:
        yield stream
    finally:
        stream.close()
