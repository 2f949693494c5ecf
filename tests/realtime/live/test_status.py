from __future__ import annotations

import pytest

from realtime.live import status
from realtime.live.stats import LiveStats
from realtime.live.status import status_text


def test_the_line_says_how_the_run_goes() -> None:
    stats = LiveStats()
    assert status_text(stats.snapshot()) == "waiting for the first frame"
    stats.add_sink("null://")
    for index in range(3):
        stats.frame_captured(dropped=index == 2)
        stats.frame_enhanced(0.005, size_wh=(64, 48), backend="cpu", estimate_every=2)
        stats.frame_shown("null://", 0.01)
    line = status_text(stats.snapshot())
    assert line.startswith("64×48  ")
    assert "latency 10/10/10 ms (p50/p95/p99)  1 dropped  cpu, network every 2" in line
    stats.source_lost()
    assert status_text(stats.snapshot()) == "the source is lost; trying to get it back"
    stats.source_back()
    assert status_text(stats.snapshot()) == line


def test_the_first_run_says_that_it_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "is_compiling", lambda: True)
    assert status_text(LiveStats().snapshot()) == "compiling (first run)"
