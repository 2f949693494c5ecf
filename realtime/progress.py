"""Progress on stderr, where it is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from zerodce.command_line import in_one_line

from .batch.jobs import Job
from .compiling import is_compiling
from .video.pipeline import Progress as FrameCallback

# Opens a display of one file; to be left when the file is done with.
ShowFile = Callable[[Job], AbstractContextManager[FrameCallback]]


class _Done(ProgressColumn):
    """Frames done of those expected, and the recent speed; of a batch, its files."""

    def render(self, task: Task) -> Text:
        if "files" in task.fields:
            return Text(f"{task.fields['files']}/{task.fields['of']} files")
        if not task.fields["frames"] and is_compiling():
            return Text("compiling (first run)")
        expected = task.fields["expected"] or "?"
        return Text(f"{task.fields['frames']}/{expected} {task.speed or 0.0:5.1f} FPS")


@contextmanager
def progress_display(jobs: Sequence[Job]) -> Iterator[ShowFile]:
    """Show the files that are worked on, and of several the whole; give what opens the display of one.

    The time left of the whole goes by the sizes of the inputs.

    Args:
        jobs: All files that will be worked on.
    """
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), _Done(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        whole = None
        if len(jobs) > 1:
            total = sum(_size(job) for job in jobs)
            whole = bar.add_task("in all", total=total, files=0, of=len(jobs))

        @contextmanager
        def show(job: Job) -> Iterator[FrameCallback]:
            size, shown = _size(job), 0.0
            task = bar.add_task(in_one_line(job.source.name), total=None, frames=0, expected=None)

            def advance(to: float) -> None:
                nonlocal shown
                if whole is not None:
                    bar.advance(whole, to - shown)
                shown = to

            def tell(done: int, expected: int | None) -> None:
                total = max(done, expected) if expected else None
                bar.update(task, completed=done, total=total, frames=done, expected=total)
                if total:
                    advance(size * done / total)

            try:
                yield tell
            finally:
                advance(size)
                bar.remove_task(task)
                if whole is not None:
                    bar.update(whole, files=bar.tasks[0].fields["files"] + 1)

        yield show


def _size(job: Job) -> int:
    try:
        return max(job.source.stat().st_size, 1)
    except OSError:  # it is gone, as working on it will say
        return 1
