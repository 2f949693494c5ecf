"""Hand the newest of something from one thread to another."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds one item, which a newer one replaces. One thread puts, one takes; putting never waits."""

    def __init__(self) -> None:
        self._item: T | None = None
        self._closed = False
        self._changed = threading.Condition()

    @property
    def closed(self) -> bool:
        """Whether nothing more will come: it was closed, and the last item was taken."""
        with self._changed:
            return self._closed and self._item is None

    def put(self, item: T) -> bool:
        """Leave an item; return whether one that nobody took was dropped for it."""
        with self._changed:
            dropped = self._item is not None
            self._item = item
            self._changed.notify()
            return dropped

    def take(self, timeout_s: float) -> T | None:
        """Wait for an item and take it; None if there is none in time, or none will come any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed, timeout_s)
            item, self._item = self._item, None
            return item

    def close(self) -> None:
        """Say that nothing more will come; an item that was left can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify()
