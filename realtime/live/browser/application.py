"""What the preview answers: the page, its WebSocket, snapshots and feedback.

The page's files are in memory, and every name that is answered to is written down here: nothing that a
request holds is ever part of a path.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from importlib import resources

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from ...errors import OutputError
from ..session import LiveSession
from .client import Client
from .encoding import png_of
from .feed import Feed
from .feedback import FeedbackFolder

_MOST_CLIENTS = 16
_MOST_BYTES = 1024

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_PAGE = ("index.html", "preview.css", "main.js", "stage.js", "controls.js", "connection.js", "icon.svg")


class Preview:
    """Answers the requests of one run."""

    def __init__(self, feed: Feed, session: LiveSession, feedback: FeedbackFolder | None) -> None:
        self._feed = feed
        self._session = session
        self._feedback = feedback

    def application(self) -> Starlette:
        """Return what a server is to serve."""
        routes: list[BaseRoute] = [
            *(Route(f"/{'' if name == 'index.html' else name}", _answer_of(name)) for name in _PAGE),
            WebSocketRoute("/frames", self._frames),
            Route("/snapshot.png", self._snapshot),
        ]
        if self._feedback:
            routes.append(Route("/feedback", self._keep_feedback, methods=["POST"]))
        return Starlette(routes=routes)

    async def _frames(self, socket: WebSocket) -> None:
        if self._feed.clients >= _MOST_CLIENTS:
            await socket.accept()
            await socket.close(1013, "Too many viewers")
            return
        await Client(socket, self._feed, self._session, feedback=self._feedback is not None).run()

    async def _snapshot(self, request: Request) -> Response:
        """Answer with the newest frame, or `?frame=` that a page holds, as a PNG of its full size."""
        number = request.query_params.get("frame", "")
        frame = self._feed.frame(int(number) if number.isdecimal() and len(number) < 10 else None)
        if frame is None:
            return PlainTextResponse("There is no picture yet.\n", HTTPStatus.SERVICE_UNAVAILABLE)
        png = await asyncio.to_thread(png_of, frame.frame.enhanced)
        name = f"enhanced-{datetime.now():%Y%m%d-%H%M%S}.png"
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(png, headers=disposition, media_type="image/png")

    async def _keep_feedback(self, request: Request) -> Response:
        try:
            opinion = json.loads(await _short_body(request))
            verdict, number = opinion["verdict"], opinion.get("frame")
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
            verdict = number = None
        frame = self._feed.frame(number)
        if self._feedback is None or verdict not in ("up", "down"):
            return PlainTextResponse("The verdict is up or down.\n", HTTPStatus.BAD_REQUEST)
        if frame is None:
            return PlainTextResponse("There is no picture yet.\n", HTTPStatus.SERVICE_UNAVAILABLE)
        options, backend = self._session.settings.options, self._session.stats.snapshot().backend
        try:
            name = await asyncio.to_thread(self._feedback.save, verdict, frame.frame, options, backend)
        except OutputError as exc:
            return PlainTextResponse(f"{exc}\n", HTTPStatus.INSUFFICIENT_STORAGE)
        return JSONResponse({"saved": name})


def _answer_of(name: str) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers with a file of the page, which is read now."""
    file = resources.files(__package__).joinpath(f"page/{name}")
    content, kind = file.read_bytes(), _TYPES[f".{name.rpartition('.')[2]}"]

    async def answer(_request: Request) -> Response:
        return Response(content, media_type=kind)

    return answer


async def _short_body(request: Request) -> bytes:
    """Return the body of a request.

    Raises:
        ValueError: It is too long.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise ValueError(f"more than {_MOST_BYTES} bytes")
    return body
