"""Frames, figures and settings, asked of a preview that really serves."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator

import av
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from realtime.live.browser import feed as feed_module
from realtime.live.browser.encoding import jpeg_of
from realtime.live.frame import EnhancedFrame

from .preview import PATIENCE_S, VIEW, Visitor, pixels_of, plain_frame, serving


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    with serving() as visitor:
        yield visitor


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The long side of every picture that was encoded."""
    sides: list[int] = []

    def counted(frame, long_side):
        sides.append(long_side)
        return jpeg_of(frame, long_side)

    monkeypatch.setattr(feed_module, "jpeg_of", counted)
    return sides


def test_a_page_gets_the_frame_before_and_after(visitor: Visitor) -> None:
    with visitor.watch() as watcher:
        watcher.send(**VIEW)
        visitor.sink.show(plain_frame(40, 160, size_wh=(1600, 900)))
        number, enhanced, original = watcher.frame()
    assert number == 1
    for picture, level in ((enhanced, 160), (original, 40)):
        assert pixels_of(picture).shape == (720, 1280, 3)
        assert abs(int(pixels_of(picture)[10, 10, 0]) - level) <= 1


def test_a_page_gets_what_it_asks_for(visitor: Visitor) -> None:
    frame = plain_frame(size_wh=(1600, 900))
    with visitor.watch() as watcher:
        watcher.send(**VIEW | {"long_side": 0, "original": False})
        visitor.sink.show(frame)
        number, enhanced, original = watcher.frame()
        assert (pixels_of(enhanced).shape, original) == ((900, 1600, 3), b"")
        watcher.drawn(number)
        watcher.send(**VIEW | {"paused": True})
        watcher.send(type="settings", strength=0.25)
        watcher.next_status(strength=0.25)  # so the wish to pause has arrived, too
        visitor.sink.show(frame)
        with pytest.raises(TimeoutError):
            watcher.frame(0.2)
        watcher.send(**VIEW | {"long_side": 640})
        assert pixels_of(watcher.frame()[1]).shape == (360, 640, 3)


def test_a_page_that_comes_late_sees_the_newest_frame_at_once(visitor: Visitor) -> None:
    for level in (100, 120, 140):
        visitor.sink.show(plain_frame(40, level))
    with visitor.watch() as watcher:
        watcher.send(**VIEW)
        number, enhanced, _ = watcher.frame()
    assert number == 3
    assert abs(int(pixels_of(enhanced)[0, 0, 0]) - 140) <= 1


def test_a_page_that_does_not_keep_up_gets_the_newest_frames_and_holds_up_nobody(visitor: Visitor) -> None:
    with visitor.watch() as quick, visitor.watch() as slow:
        quick.send(**VIEW)
        slow.send(**VIEW)
        for number in range(1, 31):
            visitor.sink.show(plain_frame(after=100 + number))
            assert quick.frame()[0] == number
            quick.drawn(number)
        seen = slow.frame()[0]
        assert seen < 30
        with pytest.raises(TimeoutError):  # it has not drawn that one
            slow.frame(0.2)
        slow.drawn(seen, busy_ms=1e6)
        number, enhanced, _ = slow.frame()
        assert number == 30
        assert abs(int(pixels_of(enhanced)[0, 0, 0]) - 130) <= 1


def test_two_frames_are_on_their_way_if_that_is_longer_than_drawing_takes(visitor: Visitor) -> None:
    with visitor.watch() as watcher:
        watcher.send(**VIEW)
        for busy_ms, more in ((0, 2), (1e6, 1), (0, 2)):
            visitor.sink.show(plain_frame())
            watcher.drawn(watcher.frame()[0], busy_ms)
            for _ in range(more):
                visitor.sink.show(plain_frame())
                last = watcher.frame()[0]
            visitor.sink.show(plain_frame())
            with pytest.raises(TimeoutError):
                watcher.frame(0.1)
            watcher.drawn(last, busy_ms)
            watcher.drawn(watcher.frame()[0], busy_ms)


def test_a_frame_that_a_page_holds_is_what_it_can_save(visitor: Visitor) -> None:
    with visitor.watch() as watcher:
        watcher.send(**VIEW)
        visitor.sink.show(plain_frame(after=101))
        number = watcher.frame()[0]
        watcher.drawn(number)
        watcher.send(**VIEW | {"paused": True, "held": number})
        watcher.send(type="settings", strength=0.25)
        watcher.next_status(strength=0.25)
        visitor.sink.show(plain_frame(after=202))
        for query, level in ((f"?frame={number}", 101), ("", 202), ("?frame=7", 202), ("?frame=../x", 202)):
            assert (pixels_of(visitor.request(f"/snapshot.png{query}")[1]) == level).all()
        watcher.send(**VIEW)
        watcher.frame()
        assert (pixels_of(visitor.request(f"/snapshot.png?frame={number}")[1]) == 202).all()


def test_a_frame_is_encoded_once_for_all_and_not_at_all_for_nobody(
    visitor: Visitor, encoded: list[int]
) -> None:
    for _ in range(5):
        visitor.sink.show(plain_frame())
    assert encoded == []
    with visitor.watch() as one, visitor.watch() as other:
        for watcher in (one, other):
            watcher.send(**VIEW)
        assert one.frame()[0] == other.frame()[0] == 5
        assert encoded == [1280, 1280]  # the two halves
    deadline = time.monotonic() + 10
    while visitor.sink.viewers:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    visitor.sink.show(plain_frame())
    assert len(encoded) == 2


def test_settings_act_on_the_run_and_on_every_page(visitor: Visitor) -> None:
    with visitor.watch() as one, visitor.watch() as other:
        sent = {"strength": 0.5, "headroom": 0.3, "smoothing_s": 1.25, "estimate_every": 3, "denoise": True}
        one.send(type="settings", **sent)
        assert other.next_status(strength=0.5)["settings"] == sent
        other.send(type="settings", estimate_every="auto")
        assert one.next_status(estimate_every="auto")["problem"] is None
    options = visitor.session.settings.options
    assert (options.strength, options.smoothing.seconds, options.estimate_every) == (0.5, 1.25, "auto")
    assert options.denoise


@pytest.mark.parametrize(
    "message",
    [
        {"type": "settings", "strength": 1.01},
        {"type": "settings", "strength": float("nan")},
        {"type": "settings", "smoothing_s": -0.1},
        {"type": "settings", "smoothing_s": float("inf")},
        {"type": "settings", "estimate_every": 0},
        {"type": "settings", "denoise": 1},
        {"type": "settings", "strength": 0.5, "threads": 64},
        {"type": "view", "long_side": 100_000},
        {"type": "unheard-of"},
    ],
)
def test_bad_messages_change_nothing_and_are_answered(visitor: Visitor, message: dict[str, object]) -> None:
    before = visitor.session.settings.options
    with visitor.watch() as watcher:
        watcher.send(**message)
        while watcher.next_status()["problem"] is None:
            pass
        assert visitor.session.settings.options == before
        watcher.send(type="settings", strength=0.75)
        assert watcher.next_status(strength=0.75)["problem"] is None


def test_figures_say_how_long_frames_take_to_the_screen(visitor: Visitor) -> None:
    visitor.session.stats.frame_captured(dropped=True)
    visitor.session.stats.frame_enhanced(0.012, size_wh=(64, 48), backend="fake", estimate_every=1)
    visitor.sink.show(plain_frame(captured_s=time.perf_counter() - 0.5))
    with visitor.watch() as watcher:
        watcher.send(**VIEW)
        watcher.drawn(watcher.frame()[0])
        while not watcher.next_status()["figures"]["screen_ms"]["p50_ms"]:
            pass
        figures = watcher.status["figures"]
    assert 500 <= figures["screen_ms"]["p50_ms"] < 10_000
    assert figures["enhance_ms"]["p95_ms"] == pytest.approx(12)
    assert (figures["dropped"], figures["backend"], figures["size_wh"]) == (1, "fake", [64, 48])


def test_a_snapshot_is_the_newest_frame_in_full(visitor: Visitor) -> None:
    answer, body = visitor.request("/snapshot.png")
    assert (answer.status, body) == (503, b"There is no picture yet.\n")
    visitor.sink.show(plain_frame(40, 123, size_wh=(1601, 901)))
    answer, body = visitor.request("/snapshot.png")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["content-disposition"].startswith('attachment; filename="enhanced-')
    assert pixels_of(body).shape == (901, 1601, 3)
    assert (pixels_of(body) == 123).all()


def test_a_viewer_that_is_stuck_does_not_hold_up_the_end(visitor: Visitor) -> None:
    # More than the system's buffers take.
    noise = np.random.default_rng(1).integers(0, 256, (3240, 3840), np.uint8)
    video = av.VideoFrame.from_ndarray(noise, "yuv420p")
    visitor.sink.show(EnhancedFrame(original=video, enhanced=video, captured_s=0, time_s=0))
    with socket.socket() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.settimeout(PATIENCE_S)
        stuck.connect(("127.0.0.1", visitor.port))
        stuck.sendall(
            f"GET /frames HTTP/1.1\r\nHost: {visitor.host}\r\nOrigin: http://{visitor.host}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        received = stuck.recv(1024)  # what is sent before the answer would be lost
        view = json.dumps(VIEW | {"long_side": 0}).encode()
        stuck.sendall(bytes((0x81, 0x80 | len(view))) + bytes(4) + view)  # masked with zeros
        while b"\xff\xd8\xff" not in received:  # a JPEG begins
            received += stuck.recv(1024)
            assert len(received) < 20_000, "only figures come, no frame"
        visitor.sink.close()
        assert "browser preview" not in [thread.name for thread in threading.enumerate()]


def test_only_so_many_may_look_at_once(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.live.browser.application._MOST_CLIENTS", 1)
    with visitor.watch() as one:
        one.next_status()
        with visitor.watch() as other, pytest.raises(ConnectionClosed, match="Too many viewers"):
            other.frame()


def test_a_page_that_is_busy_when_the_run_ends_is_told_so(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def slow_jpeg(*_: object) -> bytes:
        begun.set()
        time.sleep(0.25)  # longer than it takes the server to notice that it is to stop
        return b"JPEG"

    monkeypatch.setattr("realtime.live.browser.feed.jpeg_of", slow_jpeg)
    with visitor.watch() as watcher:
        watcher.send(**VIEW)
        visitor.sink.show(plain_frame())
        assert begun.wait(PATIENCE_S)
        visitor.sink.close()
        assert watcher.frame()[1] == b"JPEG"
        with pytest.raises(ConnectionClosed):
            watcher.frame()
        assert watcher.status == {"type": "ended"}


def test_pages_are_told_of_the_end_and_the_port_is_free_again() -> None:
    with serving() as visitor, visitor.watch() as watcher:
        watcher.next_status()
        visitor.sink.close()
        with pytest.raises(ConnectionClosed):
            watcher.frame()
        assert watcher.status == {"type": "ended"}
        address = f"http://127.0.0.1:{visitor.port}"
    with serving(address) as again:
        assert again.request("/")[0].status == 200
    assert not [thread for thread in threading.enumerate() if thread.name == "browser preview"]
