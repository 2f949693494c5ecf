"""One page that is connected."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict

from starlette.websockets import WebSocket, WebSocketDisconnect

from ..latency import LatencyHistogram
from ..session import LiveSession
from .feed import Feed, NumberedFrame
from .messages import Change, Drawn, View, frame_message, message_from

_STATUS_S = 0.5


class Client:
    """Sends a page the newest frame whenever it has drawn the one before, and figures now and then.

    So a slow page, or a slow network, gets fewer frames, never old ones, and holds up nobody. Where frames
    take longer to arrive than to be drawn, two are on their way at a time.
    """

    def __init__(self, socket: WebSocket, feed: Feed, session: LiveSession, *, feedback: bool) -> None:
        self._socket = socket
        self._feed = feed
        self._session = session
        self._feedback = feedback
        self._view: View | None = None
        self._in_flight: dict[int, tuple[NumberedFrame, float]] = {}  # by number; and when it was sent
        self._drawn: NumberedFrame | None = None
        self._most_in_flight = 1
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
                self._feed.held.pop(self, None)
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
                case Drawn(frame=number, busy_ms=busy_ms):
                    self._count_drawn(number, busy_ms / 1e3)
                case View() as view:
                    self._view = view
                    self._hold(view.held)
                case Change() as change:
                    self._session.settings.change(**asdict(change))
                    self._feed.wake()
        except ValueError as exc:
            self._problem = str(exc)

    def _count_drawn(self, number: int, busy_s: float) -> None:
        now_s = time.perf_counter()
        for each in [each for each in self._in_flight if each <= number]:
            self._drawn, sent_s = self._in_flight.pop(each)
            self._latency.add(now_s - self._drawn.frame.captured_s)
            self._most_in_flight = 2 if now_s - sent_s > 2 * busy_s else 1

    def _hold(self, number: int | None) -> None:
        """Keep a frame that the page was sent of late; it may not have said yet that it is drawn."""
        late = [frame for frame, _ in self._in_flight.values()] + [
            self._drawn,
            self._feed.held.pop(self, None),
        ]
        found = next((frame for frame in late if frame and frame.number == number), None)
        if found:
            self._feed.held[self] = found

    async def _send_all(self, news: asyncio.Event, listening: asyncio.Task[None]) -> None:
        shown, status_at_s, told = 0, 0.0, None
        while not listening.done() and not self._feed.ended:
            news.clear()
            now_s, options = time.perf_counter(), self._session.settings.options
            if now_s >= status_at_s or options is not told or self._problem:
                await self._socket.send_json(self._status())
                status_at_s, told, self._problem = now_s + _STATUS_S, options, None
            newest, view = self._feed.newest, self._view
            due = newest is not None and newest.number > shown and len(self._in_flight) < self._most_in_flight
            if due and newest and view and not view.paused:
                pictures = await newest.jpegs(view.long_side, with_original=view.original)
                shown = newest.number
                self._in_flight[shown] = (newest, time.perf_counter())
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
                "headroom": options.headroom,
                "smoothing_s": options.smoothing.seconds,
                "estimate_every": options.estimate_every,
                "denoise": options.denoise,
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
