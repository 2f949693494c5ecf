"""Horizontal bands of a picture, one for each thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

# Below this many pixels, handing bands to threads costs more than it saves.
_WORTH_SPLITTING = 1 << 16


class Bands:
    """Threads that do the rows of a picture side by side; what they run must release the GIL.

    The calling thread is one of them.
    """

    def __init__(self, *, threads: int, name: str) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(max(1, threads - 1), thread_name_prefix=name)

    def run(self, work: Callable[[int, int], None], rows: int, pixels: int, step: int = 1) -> None:
        """Call `work(begin, end)` over all rows, split among the threads, and wait.

        Args:
            work: Does the rows from `begin` on, up to `end`.
            rows: How many there are.
            pixels: How many there are in all; few are not split.
            step: Bands begin at multiples of so many rows.
        """
        if self._threads == 1 or pixels < _WORTH_SPLITTING:
            work(0, rows)
            return
        share = -(-rows // (self._threads * step)) * step
        others = [
            self._pool.submit(work, begin, min(begin + share, rows)) for begin in range(share, rows, share)
        ]
        work(0, min(share, rows))
        for band in others:
            band.result()

    def close(self) -> None:
        """Stop the threads."""
        self._pool.shutdown()
