"""Times of things done again and again, and their percentiles."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from realtime.stage_times import StageTimes


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """Of times, in milliseconds."""

    p50_ms: float
    p95_ms: float
    p99_ms: float


def percentiles(seconds: Sequence[float]) -> Percentiles:
    """Return the percentiles of times in seconds."""
    p50, p95, p99 = (round(1e3 * float(value), 3) for value in np.percentile(seconds, (50, 95, 99)))
    return Percentiles(p50_ms=p50, p95_ms=p95, p99_ms=p99)


def time_each(
    work: Callable[[int], object], count: int, before: Callable[[int], object] = lambda index: None
) -> list[float]:
    """Return the seconds of each call; what is done before each is not counted."""
    seconds = []
    for index in range(count):
        before(index)
        start = time.perf_counter()
        work(index)
        seconds.append(time.perf_counter() - start)
    return seconds


class StageSamples(StageTimes):
    """Keeps every time of every stage, where the product itself only adds them up."""

    def __init__(self) -> None:
        super().__init__()
        self._samples: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Keep the time that the body takes."""
        start = time.perf_counter()
        with super().measure(stage):
            yield
        self._samples[stage].append(time.perf_counter() - start)

    def clear(self) -> None:
        """Forget the times so far."""
        super().clear()
        self._samples.clear()

    def count(self, stage: str) -> int:
        """Return how often a stage was gone through."""
        return len(self._samples[stage])

    def percentiles(self) -> dict[str, Percentiles]:
        """Return the percentiles of each stage, over the times that it was gone through."""
        return {stage: percentiles(seconds) for stage, seconds in self._samples.items() if seconds}
