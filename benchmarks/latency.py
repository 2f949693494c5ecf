"""Latency of live video from the moment a picture exists until a sink has it, through the whole pipeline.

A source paints the time into each picture, and a sink reads it from the enhanced one: nothing in between is
asked how long it took.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import av
import numpy as np
import numpy.typing as npt

from realtime.backend import open_enhancer
from realtime.live.frame import EnhancedFrame
from realtime.live.latency import Percentiles
from realtime.live.pacing import Pacer
from realtime.live.pipeline import run_live, warm_up
from realtime.live.session import LiveSession
from realtime.live.settings import LiveSettings
from realtime.live.source import LiveSource
from realtime.options import EnhancerOptions, EstimateEvery

from .timecode import HEIGHT, WIDTH, paint, read

_WARM_UP_S = 2.0
_SCENES = 8  # prepared pictures, shown in turn


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
        EnhanceError: The model cannot be used.
        ValueError: The time code does not fit into pictures of that size.
    """
    if size_wh[0] % 2 or size_wh[1] % 2 or size_wh[0] < WIDTH or size_wh[1] < HEIGHT:
        raise ValueError(f"the time code takes an even size of {WIDTH}x{HEIGHT} or more")
    session = LiveSession(settings=LiveSettings(options))
    sink = TimecodeSink()
    with open_enhancer(options) as enhancer:
        warm_up(enhancer)
        capture = TimecodeCapture(size_wh, fps)
        with LiveSource("time code", lambda: capture, stats=session.stats) as source:
            run_live(source, enhancer, [sink], session, duration_s=_WARM_UP_S + seconds)
        backend, every = enhancer.backend, enhancer.estimate_every
    begin = sink.seen[0].painted_s + _WARM_UP_S if sink.seen else 0.0
    seen = [reading for reading in sink.seen if reading.painted_s >= begin]
    painted = sum(painted_s >= begin for painted_s in capture.painted_s)
    latencies = np.array([reading.latency_s for reading in seen])
    p50, p95, p99 = (round(1e3 * float(value), 2) for value in np.percentile(latencies, (50, 95, 99)))
    third = len(latencies) // 3
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
        shown=len(seen),
        dropped=painted - len(seen),
        latency=Percentiles(p50_ms=p50, p95_ms=p95, p99_ms=p99),
        latency_in_frames=round(p95 * fps / 1e3, 2),
        growth_ms=round(1e3 * growth_s, 2),
    )


class TimecodeCapture:
    """Paints the time into dark pictures, at their pace; see `realtime.live.capture.Capture`.

    Attributes:
        painted_s: When each picture was painted, by `time.perf_counter`.
    """

    sound = None

    def __init__(self, size_wh: tuple[int, int], fps: float) -> None:
        width, height = size_wh
        rng = np.random.default_rng(0)
        self._scenes = [_dark_scene(width, height, rng) for _ in range(_SCENES)]
        self._fps = fps
        self._pacer = Pacer()
        self.painted_s: list[float] = []

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


@dataclass(frozen=True, slots=True)
class Reading:
    """When a picture was painted, and how long it took to arrive, in seconds."""

    painted_s: float
    latency_s: float


class TimecodeSink:
    """Reads the time from each picture; see `realtime.live.sink.Sink`.

    Attributes:
        name: What it is called.
        seen: What it read.
    """

    def __init__(self) -> None:
        self.name = "time code"
        self.seen: list[Reading] = []

    def show(self, frame: EnhancedFrame) -> None:
        """Read the time from the samples."""
        now = time.perf_counter()
        plane = frame.enhanced.planes[0]
        luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
        painted_s = read(luma) / 1e6
        self.seen.append(Reading(painted_s, now - painted_s))

    def close(self) -> None:
        """Do nothing."""


def _dark_scene(width: int, height: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Return a dark picture with noise, as the rows of 4:2:0 one below the other."""
    luma = 20 + 60 * np.linspace(0, 1, width) * np.linspace(0, 1, height)[:, None]
    luma = luma + rng.normal(0, 3, (height, width))
    chroma = np.full((height // 2, width), 128.0)
    samples: npt.NDArray[np.float64] = np.concatenate([luma, chroma])
    return np.clip(samples, 16, 235).astype(np.uint8)
