"""Latency of live video from the moment a picture exists until a sink has it, through the whole pipeline.

A source paints the time into each picture, and a sink reads it from the enhanced one: nothing in between is
asked how long it took.
"""

from __future__ import annotations

import os
import time
from array import array
from dataclasses import dataclass

import av
import numpy as np
import numpy.typing as npt

from realtime.backend import open_enhancer
from realtime.errors import InputError
from realtime.frames.colour import PixelLayout
from realtime.live.frame import EnhancedFrame
from realtime.live.latency import Percentiles
from realtime.live.pacing import Pacer
from realtime.live.pipeline import run_live, warm_up
from realtime.live.session import LiveSession
from realtime.live.settings import LiveSettings
from realtime.live.source import LiveSource
from realtime.options import EnhancerOptions, EstimateEvery

from .timecode import HEIGHT, WIDTH, paint, read
from .usage import Usage, usage_of

_WARM_UP_S = 2.0
_LAYOUT = PixelLayout(kind="yuv", chroma_shift_wh=(1, 1))  # of the painted pictures
_SCENES = 8  # prepared pictures, shown in turn
_PERIODS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A tenth of the time.

    Attributes:
        painted: Pictures painted.
        shown: Those of them that arrived.
        latency: From painting to reading.
        usage: What the process held at the end.
    """

    painted: int
    shown: int
    latency: Percentiles
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyReport:
    """What was measured.

    Attributes:
        width: In pixels.
        height: In pixels.
        fps: Pictures painted per second.
        seconds: How long it was measured; the warm-up is left out.
        model: Name of the model.
        backend: What ran the network and the curves.
        threads: Threads of the enhancer.
        estimate_every: What was asked for.
        estimate_every_at_end: The network ran on every so many frames at the end.
        painted: Pictures painted.
        shown: Pictures that arrived.
        dropped: Pictures replaced by newer ones on the way.
        latency: From painting to reading.
        latency_in_frames: The 95th percentile of that, in times between two pictures.
        growth_ms: Median latency of the last third less that of the first: what keeps growing is above 0.
        periods: The same and what the process held, as time went on.
    """

    width: int
    height: int
    fps: float
    seconds: float
    model: str
    backend: str
    threads: int
    estimate_every: EstimateEvery
    estimate_every_at_end: int
    painted: int
    shown: int
    dropped: int
    latency: Percentiles
    latency_in_frames: float
    growth_ms: float
    periods: list[Period]


def measure_latency(
    options: EnhancerOptions, *, size_wh: tuple[int, int], fps: float, seconds: float
) -> LatencyReport:
    """Run live from painted pictures for some seconds.

    Args:
        options: What to do to each frame.
        size_wh: Size of the pictures, even, at least that of the time code.
        fps: Pictures per second.
        seconds: How long to measure.

    Raises:
        EnhanceError: The model cannot be used, or the machine is too busy for anything to arrive.
        ValueError: The time code does not fit into pictures of that size.
    """
    if size_wh[0] % 2 or size_wh[1] % 2 or size_wh[0] < WIDTH or size_wh[1] < HEIGHT:
        raise ValueError(f"the time code takes an even size of {WIDTH}x{HEIGHT} or more")
    session = LiveSession(settings=LiveSettings(options))
    sink = TimecodeSink()
    with open_enhancer(options) as enhancer:
        warm_up(enhancer, options, [_LAYOUT], can_change=False)
        capture = TimecodeCapture(size_wh, fps)
        with LiveSource("time code", lambda: capture, stats=session.stats) as source:
            watch = _Watch(session, time.perf_counter() + _WARM_UP_S, seconds)
            run_live(source, enhancer, [sink], session, update=watch.look)
        backend, every = enhancer.backend, enhancer.estimate_every
    periods = _periods(watch, capture, sink)
    shown_s, latencies = np.array(sink.painted_s), np.array(sink.latency_s)
    latencies = latencies[shown_s >= watch.begin_s]
    if not len(latencies):
        raise InputError("no picture arrived in time; let the machine do nothing else, or measure for longer")
    painted = sum(period.painted for period in periods)
    latency = _percentiles(latencies)
    third = max(1, len(latencies) // 3)
    growth_s = float(np.median(latencies[-third:]) - np.median(latencies[:third]))
    return LatencyReport(
        width=size_wh[0],
        height=size_wh[1],
        fps=fps,
        seconds=seconds,
        model=options.model,
        backend=backend,
        threads=options.threads,
        estimate_every=options.estimate_every,
        estimate_every_at_end=every,
        painted=painted,
        shown=len(latencies),
        dropped=painted - len(latencies),
        latency=latency,
        latency_in_frames=round(latency.p95_ms * fps / 1e3, 2),
        growth_ms=round(1e3 * growth_s, 2),
        periods=periods,
    )


class _Watch:
    """Looks at what the process holds at the end of each period, and ends the run with the last.

    Attributes:
        begin_s: When the warm-up is over, by `time.perf_counter`.
        ends_s: When each period ended.
        usages: What was held then.
    """

    def __init__(self, session: LiveSession, begin_s: float, seconds: float) -> None:
        self._session = session
        self.begin_s = begin_s
        self._length_s = seconds / _PERIODS
        self.ends_s: list[float] = []
        self.usages: list[Usage] = []

    def look(self) -> None:
        """Look if a period is over."""
        now = time.perf_counter()
        if now - self.begin_s >= (len(self.ends_s) + 1) * self._length_s:
            self.ends_s.append(now)
            self.usages.append(usage_of(os.getpid()))
        if len(self.ends_s) == _PERIODS:
            self._session.ending.set()


def _periods(watch: _Watch, capture: TimecodeCapture, sink: TimecodeSink) -> list[Period]:
    painted_s, shown_s, latencies = map(np.array, (capture.painted_s, sink.painted_s, sink.latency_s))
    # Those after the last one that arrived were under way when it ended; the time that is read is rounded.
    painted_s = painted_s[painted_s < max(shown_s, default=0.0) + 1e-5]
    periods, begin_s = [], watch.begin_s
    for end_s, usage in zip(watch.ends_s, watch.usages, strict=True):
        shown = (shown_s >= begin_s) & (shown_s < end_s)
        periods.append(
            Period(
                painted=int(np.sum((painted_s >= begin_s) & (painted_s < end_s))),
                shown=int(shown.sum()),
                latency=_percentiles(latencies[shown]),
                usage=usage,
            )
        )
        begin_s = end_s
    return periods


def _percentiles(seconds: npt.NDArray[np.float64]) -> Percentiles:
    if not len(seconds):
        return Percentiles(p50_ms=0.0, p95_ms=0.0, p99_ms=0.0)
    p50, p95, p99 = (round(1e3 * float(value), 2) for value in np.percentile(seconds, (50, 95, 99)))
    return Percentiles(p50_ms=p50, p95_ms=p95, p99_ms=p99)


class TimecodeCapture:
    """Paints the time into dark pictures, at their pace; see `realtime.live.capture.Capture`.

    Attributes:
        painted_s: When each picture was painted, by `time.perf_counter`.
    """

    sound = None
    is_live = True

    def __init__(self, size_wh: tuple[int, int], fps: float) -> None:
        width, height = size_wh
        rng = np.random.default_rng(0)
        self._scenes = [_dark_scene(width, height, rng) for _ in range(_SCENES)]
        self._fps = fps
        self._pacer = Pacer()
        self.painted_s = array("d")

    def read(self) -> av.VideoFrame | None:
        """Paint the next picture when it is due."""
        index = len(self.painted_s)
        self._pacer.wait_for(index / self._fps)
        now = time.perf_counter()
        self.painted_s.append(now)
        scene = self._scenes[index % _SCENES].copy()
        paint(scene, round(1e6 * now))
        frame = av.VideoFrame.from_ndarray(scene, "yuv420p")
        frame.color_range = 1
        return frame

    def close(self) -> None:
        """Do nothing."""


class TimecodeSink:
    """Reads the time from each picture; see `realtime.live.sink.Sink`.

    Attributes:
        name: What it is called.
        painted_s: When each picture that arrived was painted, by `time.perf_counter`.
        latency_s: How long it took to arrive.
    """

    def __init__(self) -> None:
        self.name = "time code"
        self.painted_s = array("d")  # for half an hour of pictures, half a megabyte
        self.latency_s = array("d")

    def show(self, frame: EnhancedFrame) -> None:
        """Read the time from the samples."""
        now = time.perf_counter()
        plane = frame.enhanced.planes[0]
        luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
        painted_s = read(luma) / 1e6
        self.painted_s.append(painted_s)
        self.latency_s.append(now - painted_s)

    def close(self) -> None:
        """Do nothing."""


def _dark_scene(width: int, height: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Return a dark picture with noise, as the rows of 4:2:0 one below the other."""
    luma = 20 + 60 * np.linspace(0, 1, width) * np.linspace(0, 1, height)[:, None]
    luma = luma + rng.normal(0, 3, (height, width))
    chroma = np.full((height // 2, width), 128.0)
    samples: npt.NDArray[np.float64] = np.concatenate([luma, chroma])
    return np.clip(samples, 16, 235).astype(np.uint8)
