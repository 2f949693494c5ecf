"""What a live run has done so far."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, field

from .latency import LatencyHistogram, Percentiles

_FPS_FRAMES = 60
_FPS_STALE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkSnapshot:
    """What one sink has shown.

    Attributes:
        shown: Frames shown.
        dropped: Frames it was too slow for.
        latency: From capture until it was shown, over the whole run.
        recent: The same over the last few seconds.
    """

    shown: int
    dropped: int
    latency: Percentiles
    recent: Percentiles


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSnapshot:
    """All figures at one moment.

    Attributes:
        seconds: Since the first frame was received.
        captured: Frames received.
        dropped: Frames replaced by newer ones before they were enhanced.
        enhanced: Frames enhanced.
        fps: Frames enhanced per second, of late.
        width: Of the newest frame, in pixels.
        height: The same.
        reconnects: How often the source came back after it was lost.
        connected: Whether the source delivers.
        backend: What runs the network and the curves.
        estimate_every: The network runs on every so many frames.
        latency: From capture until enhanced, over the whole run.
        recent: The same over the last few seconds.
        sinks: Each sink, by its name.
    """

    seconds: float
    captured: int
    dropped: int
    enhanced: int
    fps: float
    width: int
    height: int
    reconnects: int
    connected: bool
    backend: str
    estimate_every: int
    latency: Percentiles
    recent: Percentiles
    sinks: dict[str, SinkSnapshot]

    def as_dict(self) -> dict[str, object]:
        """Return the figures as what JSON holds."""
        return asdict(self)


@dataclass(slots=True)
class _SinkFigures:
    shown: int = 0
    dropped: int = 0
    latency: LatencyHistogram = field(default_factory=LatencyHistogram)


class LiveStats:
    """Counts what the threads of a live run tell it. Any thread may call anything."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began_s: float | None = None
        self._captured = self._dropped = self._enhanced = self._reconnects = 0
        self._connected = True
        self._size_wh = (0, 0)
        self._backend, self._estimate_every = "", 1
        self._enhanced_at: deque[float] = deque(maxlen=_FPS_FRAMES)
        self._latency = LatencyHistogram()
        self._sinks: dict[str, _SinkFigures] = {}

    def frame_captured(self, *, dropped: bool) -> None:
        """Count a frame, and whether an older one was dropped for it."""
        with self._lock:
            if self._began_s is None:
                self._began_s = time.perf_counter()
            self._captured += 1
            self._dropped += dropped

    def source_lost(self) -> None:
        """Note that the source delivers no more."""
        with self._lock:
            self._connected = False

    def source_back(self) -> None:
        """Note that the source delivers again."""
        with self._lock:
            self._connected = True
            self._reconnects += 1

    def frame_enhanced(
        self, latency_s: float, *, size_wh: tuple[int, int], backend: str, estimate_every: int
    ) -> None:
        """Count an enhanced frame, the time since its capture, and how it was done."""
        with self._lock:
            self._enhanced += 1
            self._enhanced_at.append(time.perf_counter())
            self._latency.add(latency_s)
            self._size_wh, self._backend, self._estimate_every = size_wh, backend, estimate_every

    def add_sink(self, name: str) -> None:
        """Count what this sink shows, from now on."""
        with self._lock:
            self._sinks.setdefault(name, _SinkFigures())

    def frame_shown(self, sink: str, latency_s: float) -> None:
        """Count a frame that a sink has shown, and the time since its capture."""
        with self._lock:
            self._sinks[sink].shown += 1
            self._sinks[sink].latency.add(latency_s)

    def frame_missed(self, sink: str) -> None:
        """Count a frame that a sink was too slow for, or could not show."""
        with self._lock:
            self._sinks[sink].dropped += 1

    def snapshot(self) -> LiveSnapshot:
        """Return all figures at this moment."""
        with self._lock:
            return LiveSnapshot(
                seconds=round(time.perf_counter() - self._began_s, 3) if self._began_s else 0.0,
                captured=self._captured,
                dropped=self._dropped,
                enhanced=self._enhanced,
                fps=round(self._recent_fps(), 2),
                width=self._size_wh[0],
                height=self._size_wh[1],
                reconnects=self._reconnects,
                connected=self._connected,
                backend=self._backend,
                estimate_every=self._estimate_every,
                latency=self._latency.overall(),
                recent=self._latency.recent(),
                sinks={
                    name: SinkSnapshot(
                        shown=sink.shown,
                        dropped=sink.dropped,
                        latency=sink.latency.overall(),
                        recent=sink.latency.recent(),
                    )
                    for name, sink in self._sinks.items()
                },
            )

    def _recent_fps(self) -> float:
        times = self._enhanced_at
        if len(times) < 2 or time.perf_counter() - times[-1] > _FPS_STALE_S:
            return 0.0
        return (len(times) - 1) / (times[-1] - times[0])
