"""The state of a live run, in a line on stderr where that is a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from ..compiling import is_compiling
from .stats import LiveSnapshot, LiveStats

_PER_SECOND = 2


def status_text(snapshot: LiveSnapshot) -> str:
    """Say how a run goes, in one line."""
    if not snapshot.connected:
        return "the source is lost; trying to get it back"
    if not snapshot.enhanced:
        return "compiling (first run)" if is_compiling() else "waiting for the first frame"
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
def status_line(stats: LiveStats) -> Iterator[None]:
    """Show the state while the body runs."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return

    def line() -> Text:
        return Text(status_text(stats.snapshot()))

    with (
        Live(get_renderable=line, console=console, refresh_per_second=_PER_SECOND, transient=True),
        _logs_above_the_line(),
    ):
        yield


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
