"""Streams of a GPU that is none, events in them, and the kernels that are put on them.

Work on a stream is done as late as possible: when someone waits for it, and then no more than that needs.
What reads too early, or does not order its streams, gets garbage.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..cuda import host

if TYPE_CHECKING:
    from .fake_cuda import FakeCuda


class Event:
    """A point in a stream; recorded again, it is the later one."""

    def __init__(self, cuda: FakeCuda) -> None:
        self._cuda = cuda
        self.done = True  # as one that was never recorded
        self.stream: Stream | None = None

    def record(self, stream: Stream | None = None) -> None:
        self._cuda.called("record")
        stream = stream or self._cuda.default_stream
        mark = Mark(stream)
        self.mark = mark
        self.stream = stream
        stream.put(mark.reach)

    def synchronize(self) -> None:
        self._cuda.called("synchronize")
        self.mark.wait()

    def time_till(self, later: Event) -> float:
        """Take a thousandth of a second for what lies between."""
        assert later.mark._reached
        return 1.0


class Mark:
    """One recording of an event."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._reached = False

    def reach(self) -> None:
        self._reached = True

    def wait(self) -> None:
        while not self._reached:
            self._stream.step()


class Stream:
    """Work in order, which waits until it is asked for."""

    def __init__(self, cuda: FakeCuda, handle: int) -> None:
        self._cuda = cuda
        self.handle = handle
        self._work: deque[Callable[[], object]] = deque()
        self.captured: list[Callable[[], object]] | None = None

    def put(self, work: Callable[[], object]) -> None:
        """Add something to be done."""
        (self._work if self.captured is None else self.captured).append(work)

    def step(self) -> None:
        """Do the next thing."""
        self._work.popleft()()

    def wait_for_event(self, event: Event) -> None:
        self._cuda.called("wait_for_event")
        self.put(event.mark.wait)

    def synchronize(self) -> None:
        self._cuda.called("synchronize")
        assert self.captured is None, "work that is captured cannot be waited for"
        while self._work:
            self.step()


class Function:
    """A kernel."""

    def __init__(self, cuda: FakeCuda, launch: Any) -> None:
        self._cuda, self._launch = cuda, launch

    def prepare(self, formats: list[str]) -> None:
        (self._format,) = formats

    def prepared_async_call(self, grid: tuple, block: tuple, stream: Stream, arguments: bytes) -> None:
        self._cuda.called("launch")
        assert self._format == f"{len(arguments)}s"
        stream.put(lambda: self._launch(arguments, host.Index(*grid), host.Index(*block)))
