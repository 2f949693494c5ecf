"""One page that is connected."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict

from starlette.websockets import WebSocket, WebSocketDisconnect

from ..latency import LatencyHistogram
from ..session import LiveSession
from .feed import Feed
from .messages import Change, Drawn, View, frame_message, message_from

_STATUS_S = 0.5
_MOST_IN_FLIGHT = 2  # one on its way while the other is drawn; more would only be older when they are seen


class Client:
    """Sends a page the newest frame whenever it has drawn the one before the last, and figures now and then.

    So a slow page, or a slow network, gets fewer frames, never old ones, and holds up nobody.
    """

    def __init__(self, socket: WebSocket, feed: Feed, session: LiveSession, *, feedback: bool) -> None:
        self._socket = socket
        self._feed = feed
        self._session = session
        self._feedback = feedback
        self._view: View | None = None
        self._in_flight: dict[int, float] = {}  # number of a frame → when it was captured
        self._latency = LatencyHistogram()
        self._problem: str | None = None

    async def run(self) -> None:
        """Talk to the page until it leaves or the run ends."""
        await self._socket.accept()
        with self._feed.waiting() as news:
            listening = asyncio.create_task(self._listen(news))
            try:
                await self._send_all(news, listening)
            except WebSocketDisconnect:
                pass
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, news: asyncio.Event) -> None:
        try:
            while True:
                self._hear(await self._socket.receive_text())
                news.set()
        except (WebSocketDisconnect, KeyError):  # KeyError: bytes, which no page of ours sends
            news.set()

    def _hear(self, text: str) -> None:
        try:
            match message_from(text):
                case Drawn(frame=number):
                    now_s = time.perf_counter()
                    for drawn in [each for each in self._in_flight if each <= number]:
                        self._latency.add(now_s - self._in_flight.pop(drawn))
                case View() as view:
                    self._view = view
                case Change() as change:
                    self._session.settings.change(**asdict(change))
                    self._feed.wake()
        except ValueError as exc:
            self._problem = str(exc)

    async def _send_all(self, news: asyncio.Event, listening: asyncio.Task[None]) -> None:
        shown, status_at_s, told = 0, 0.0, None
        while not listening.done() and not self._feed.ended:
            news.clear()
            now_s, options = time.perf_counter(), self._session.settings.options
            if now_s >= status_at_s or options is not told or self._problem:
                await self._socket.send_json(self._status())
                status_at_s, told, self._problem = now_s + _STATUS_S, options, None
            newest, view = self._feed.newest, self._view
            due = newest is not None and newest.number > shown and len(self._in_flight) < _MOST_IN_FLIGHT
            if due and newest and view and not view.paused:
                pictures = await newest.jpegs(view.long_side, with_original=view.original)
                shown = newest.number
                self._in_flight[shown] = newest.frame.captured_s
                await self._socket.send_bytes(frame_message(shown, *pictures))
                continue
            try:
                await asyncio.wait_for(news.wait(), max(status_at_s - time.perf_counter(), 0.01))
            except asyncio.TimeoutError:
                continue
        if self._feed.ended:
            await self._socket.send_json({"type": "ended"})
            await self._socket.close()

    def _status(self) -> dict[str, object]:
        options, figures = self._session.settings.options, self._session.stats.snapshot()
        return {
            "type": "status",
            "settings": {
                "strength": options.strength,
                "smoothing_s": options.smoothing.seconds,
                "estimate_every": options.estimate_every,
            },
            "figures": {
                "fps": figures.fps,
                "enhance_ms": asdict(figures.recent),
                "screen_ms": asdict(self._latency.recent()),
                "dropped": figures.dropped,
                "backend": figures.backend,
                "connected": figures.connected,
                "size_wh": (figures.width, figures.height),
            },
            "feedback": self._feedback,
            "problem": self._problem,
        }
