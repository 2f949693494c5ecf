"""The progress of an engine's build, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from .engine_callbacks import BuildProgress


class _Bars:
    """A bar for each phase that is under way; phases lie within each other."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, list[TaskID]] = {}

    def start(self, phase: str, steps: int) -> None:
        """See `BuildProgress`."""
        self._tasks.setdefault(phase, []).append(self._progress.add_task(phase, total=steps))

    def advance(self, phase: str) -> None:
        """See `BuildProgress`."""
        self._progress.advance(self._tasks[phase][-1])

    def finish(self, phase: str) -> None:
        """See `BuildProgress`."""
        self._progress.remove_task(self._tasks[phase].pop())


@contextmanager
def show_build() -> Iterator[BuildProgress]:
    """Show the phases of a build on stderr while the body runs; nothing where that is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Bars(progress)
