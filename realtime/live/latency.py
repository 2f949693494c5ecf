"""Percentiles of a time that is measured again and again, in memory that never grows."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

# Bins a hundredth apart from 10 µs to 100 s: what is read off is within half a percent.
_STEP = np.log(1.01)
_LEAST_S = 1e-5
_BINS = int(np.log(100 / _LEAST_S) / _STEP) + 1
_RECENT = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """Percentiles of a time, in milliseconds; 0 where nothing was measured."""

    p50_ms: float
    p95_ms: float
    p99_ms: float


class LatencyHistogram:
    """Counts times by their size. One thread at a time."""

    def __init__(self) -> None:
        self._counts = np.zeros(_BINS, np.int64)
        self._recent: deque[float] = deque(maxlen=_RECENT)

    def add(self, seconds: float) -> None:
        """Count a time."""
        position = int(np.log(max(seconds, _LEAST_S) / _LEAST_S) / _STEP)
        self._counts[min(position, _BINS - 1)] += 1
        self._recent.append(seconds)

    def overall(self) -> Percentiles:
        """Return the percentiles of all times."""
        total = int(self._counts.sum())
        if not total:
            return Percentiles(p50_ms=0.0, p95_ms=0.0, p99_ms=0.0)
        reached = np.searchsorted(np.cumsum(self._counts), np.ceil(np.array([0.5, 0.95, 0.99]) * total))
        return _percentiles(_LEAST_S * np.exp((reached + 0.5) * _STEP))

    def recent(self) -> Percentiles:
        """Return the percentiles of the last few seconds."""
        times = list(self._recent) or [0.0]
        return _percentiles(np.percentile(times, (50, 95, 99)))


def _percentiles(seconds: np.typing.NDArray[np.float64]) -> Percentiles:
    p50, p95, p99 = (round(1e3 * float(value), 2) for value in seconds)
    return Percentiles(p50_ms=p50, p95_ms=p95, p99_ms=p99)
