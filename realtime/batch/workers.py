"""Share work among threads, so that it ends cleanly at an interruption."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Tool = TypeVar("Tool")


class Stopped(BaseException):
    """Raised within an item that another thread's error or an interruption ends."""


def run_in_threads(
    items: Sequence[Item],
    tools: Sequence[Tool],
    work: Callable[[Item, Tool, Callable[[], None]], bool],
) -> list[Item]:
    """Work on items in order, as many at once as there are tools; with one tool, in the calling thread.

    An error in one thread, Ctrl-C and SIGTERM end all of them, and are raised when they have ended.

    Args:
        items: What to work on.
        tools: What to work with, one for each thread.
        work: Works on an item, and tells whether to go on with others. It is given a function to call now and
            then, which raises `Stopped` where the work is to end.

    Returns:
        The items that were not begun.
    """
    waiting = deque(items)
    stopped, enough = threading.Event(), threading.Event()

    def check() -> None:
        if stopped.is_set():
            raise Stopped

    def go_through(tool: Tool) -> None:
        while not (stopped.is_set() or enough.is_set()):
            try:
                item = waiting.popleft()
            except IndexError:
                return
            if not work(item, tool, check):
                enough.set()

    if len(tools) == 1:
        go_through(tools[0])
    elif tools:
        with ThreadPoolExecutor(len(tools), thread_name_prefix="file") as pool:
            futures = [pool.submit(go_through, tool) for tool in tools]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:  # all are done, or one is not to be waited for
                stopped.set()
        errors = [error for future in futures if (error := future.exception()) is not None]
        for error in sorted(errors, key=lambda error: isinstance(error, Stopped)):
            raise error
    return list(waiting)
