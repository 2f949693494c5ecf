"""Connections that ask for nothing, made without a token."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, suppress

import pytest

from realtime.live.browser import protocol

from .preview import PATIENCE_S, Visitor, plain_frame, serving

REQUEST = b"GET /icon.svg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def connected(visitor: Visitor, sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", visitor.port), timeout=PATIENCE_S)
    connection.sendall(sent)
    return connection


def read_until_closed(connection: socket.socket) -> bytes:
    received = b""
    with suppress(ConnectionResetError):
        while data := connection.recv(4096):
            received += data
    return received


@pytest.mark.parametrize("sent", [b"", REQUEST[:-2], REQUEST + REQUEST[:-2]])
def test_whoever_takes_too_long_to_ask_is_cut_off(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(protocol, "_REQUEST_S", 0.1)
    with serving() as visitor, visitor.watch() as watcher:
        with connected(visitor, sent) as connection:
            assert read_until_closed(connection).count(b"HTTP/1.1 200 OK") == sent.count(REQUEST)
        for _ in range(2):
            watcher.next_status()  # pages stay


def test_an_answer_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_REQUEST_S", 0.1)

    def slow_png(_frame: object) -> bytes:
        time.sleep(0.5)
        return b"PNG"

    monkeypatch.setattr("realtime.live.browser.application.png_of", slow_png)
    with serving() as visitor:
        visitor.sink.show(plain_frame())
        assert visitor.request("/snapshot.png")[1] == b"PNG"


def test_those_who_are_too_many_are_cut_off_and_the_rest_can_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 3)
    with serving() as visitor, ExitStack() as stack:
        first, *_ = [stack.enter_context(connected(visitor)) for _ in range(3)]
        for _ in range(5):
            assert read_until_closed(stack.enter_context(connected(visitor))) == b""
        first.sendall(REQUEST)
        assert first.recv(4096).startswith(b"HTTP/1.1 200 OK")
