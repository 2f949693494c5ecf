"""Run a stage of the work in a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")

_POLL_S = 0.1


class _End:
    """The last thing in the queue: how the producer ended.

    Whoever raises an error and keeps it, keeps himself and what he holds until garbage is collected, such as
    frames in the memory of a GPU; so nobody keeps it.
    """

    def __init__(self, error: BaseException | None) -> None:
        self._error = error

    def arrive(self) -> None:
        """Raise the error, if there was one; to be called once."""
        error, self._error = self._error, None
        try:
            if error is not None:
                raise error
        finally:
            del error


def overlapped(items: Iterable[T], *, depth: int, name: str) -> Generator[T, None, None]:
    """Iterate in a thread, at most `depth` items ahead of the consumer.

    The order is kept, an error in the thread is raised here after the items before it, and closing the
    generator stops the thread and waits for it. Nothing is started until the first item is asked for.

    Args:
        items: What to iterate; used by the thread alone from then on, and closed there if it can be.
        depth: Length of the queue.
        name: Name of the thread.
    """
    ahead: queue.Queue[T | _End] = queue.Queue(depth)
    stopped = threading.Event()

    def put(item: T | _End) -> None:
        while not stopped.is_set():
            try:
                return ahead.put(item, timeout=_POLL_S)
            except queue.Full:
                continue

    def produce() -> None:
        error = None
        try:
            for item in items:
                put(item)
                if stopped.is_set():
                    break
        except BaseException as exc:  # noqa: BLE001 - it is raised in the consumer
            error = exc
        finally:
            if isinstance(items, Generator):
                items.close()
        put(_End(error))
        error = None  # it holds this call

    thread = threading.Thread(target=copy_context().run, args=(produce,), name=name, daemon=True)
    thread.start()
    try:
        while True:
            item = ahead.get()
            if isinstance(item, _End):
                item.arrive()
                return
            yield item
    finally:
        stopped.set()
        thread.join()
