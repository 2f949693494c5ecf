"""Time spent in each stage of the work."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class StageTimes:
    """Adds up host time by the name of a stage; stages may run in different threads."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Add the time that the body takes to a stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            elapsed = time.perf_counter() - start
            with self._lock:
                self._seconds[stage] += elapsed

    def clear(self) -> None:
        """Forget the times so far, such as those of a warm-up."""
        with self._lock:
            self._seconds.clear()

    def mean_ms(self, frames: int) -> dict[str, float]:
        """Return the mean time of each stage per frame, in milliseconds."""
        with self._lock:
            return {stage: 1e3 * seconds / max(frames, 1) for stage, seconds in self._seconds.items()}
