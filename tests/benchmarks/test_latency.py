from __future__ import annotations

import json
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.latency import TimecodeCapture, TimecodeSink
from benchmarks.timecode import BITS, HEIGHT, WIDTH, paint, read
from realtime.live.frame import EnhancedFrame

from .test_cli import bench


@given(st.integers(0, 2**BITS - 1))
def test_a_painted_number_is_read_again_through_noise(number: int) -> None:
    luma = np.full((HEIGHT + 4, WIDTH + 6), 90, np.uint8)
    paint(luma, number)
    assert read(luma) == number
    noise = np.random.default_rng(number % 1000).normal(0, 40, luma.shape)
    assert read(np.clip(luma + noise, 0, 255).astype(np.uint8)) == number
    assert (luma[HEIGHT:] == 90).all()
    assert (luma[:, WIDTH:] == 90).all()


def test_the_sink_finds_how_long_ago_a_picture_was_painted() -> None:
    capture, sink = TimecodeCapture((192, 32), 100), TimecodeSink()
    video = capture.read()
    assert video is not None
    time.sleep(0.05)
    before = time.perf_counter()
    sink.show(EnhancedFrame(original=video, enhanced=video, captured_s=0.0, time_s=0.0))
    after = time.perf_counter()
    (painted_s,), (latency_s,) = sink.painted_s, sink.latency_s
    assert painted_s == pytest.approx(capture.painted_s[0], abs=1e-6)
    assert before - painted_s - 1e-6 <= latency_s <= after - painted_s + 1e-6


def test_latency_reports_what_arrived_and_how_late() -> None:
    done = bench("latency", "--size", "256x144", "--fps", "25", "--seconds", "2", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["width"], report["height"], report["fps"]) == (256, 144, 25)
    assert report["painted"] == report["shown"] + report["dropped"]
    assert report["shown"] > 0
    latency = report["latency"]
    assert 0 < latency["p50_ms"] <= latency["p95_ms"] <= latency["p99_ms"]
    assert report["latency_in_frames"] == pytest.approx(latency["p95_ms"] * 25 / 1000, abs=0.01)
    assert report["machine"]["cores"] >= 1
    periods = report["periods"]
    assert len(periods) == 10
    for what in ("painted", "shown"):
        assert sum(period[what] for period in periods) == report[what]
    for period in periods:
        assert period["usage"]["memory_mib"] > 50
        assert period["usage"]["threads"] > 2
        assert period["usage"]["files"] > 2


@pytest.mark.parametrize(
    ("size", "complaint"),
    [
        ("small", "a size is written like 1280x720, not 'small'"),
        ("100x100", "the time code takes an even size of 192x16 or more"),
    ],
)
def test_nonsense_is_wrong_usage(size: str, complaint: str) -> None:
    done = bench("latency", "--size", size)
    assert done.returncode == 2
    assert complaint in " ".join(done.stderr.replace("│", "").split())
