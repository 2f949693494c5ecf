"""The state of a live run, in one line on stderr where that is a terminal."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from .stats import LiveSnapshot, LiveStats

_INTERVAL_S = 0.5


def status_text(snapshot: LiveSnapshot) -> str:
    """Say how a run goes, in one line."""
    if not snapshot.connected:
        return "the source is lost; trying to get it back"
    if not snapshot.enhanced:
        return "waiting for the first frame"
    latency = next((sink.recent for sink in snapshot.sinks.values()), snapshot.recent)
    return "  ".join(
        (
            f"{snapshot.width}×{snapshot.height}",
            f"{snapshot.fps:.1f} FPS",
            f"latency {latency.p50_ms:.0f}/{latency.p95_ms:.0f}/{latency.p99_ms:.0f} ms (p50/p95/p99)",
            f"{snapshot.dropped} dropped",
            f"{snapshot.backend}, network every {snapshot.estimate_every}",
        )
    )


@contextmanager
def status_line(stats: LiveStats) -> Iterator[Callable[[], None]]:
    """Show the state while the body runs; give the function that brings it up to date, twice a second."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda: None
        return
    next_s = 0.0

    def update() -> None:
        nonlocal next_s
        if time.perf_counter() >= next_s:
            next_s = time.perf_counter() + _INTERVAL_S
            line.update(Text(status_text(stats.snapshot()), overflow="ellipsis", no_wrap=True), refresh=True)

    with Live(console=console, auto_refresh=False, transient=True) as line, _logs_above_the_line():
        yield update


@contextmanager
def _logs_above_the_line() -> Iterator[None]:
    """Send logs by way of Rich, which has put itself in the place of stderr."""
    streams = [
        (handler, handler.setStream(sys.stderr))
        for handler in logging.getLogger().handlers
        if type(handler) is logging.StreamHandler
    ]
    try:
        yield
    finally:
        for handler, stream in streams:
            handler.setStream(stream or sys.__stderr__)
