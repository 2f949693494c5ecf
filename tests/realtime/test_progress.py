"""What is shown of the work on a file, where stderr is a terminal."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress

from realtime import progress
from realtime.batch.jobs import Job
from realtime.progress import _Done, progress_display


class Clock:
    """Tells the time that it was set to, in seconds."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def shown(bar: Progress) -> str:
    return _Done().render(bar.tasks[0]).plain


def test_the_first_run_says_that_it_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    bar = Progress(disable=True)
    task = bar.add_task("dark.mp4", total=None, frames=0, expected=None)
    assert shown(bar) == "0/?   0.0 FPS"
    monkeypatch.setattr(progress, "is_compiling", lambda: True)
    assert shown(bar) == "compiling (first run)"
    bar.update(task, completed=1, frames=1, expected=20)
    assert shown(bar).startswith("1/20")


def test_the_speed_is_that_of_frames_and_not_of_what_came_before_them() -> None:
    clock = Clock()
    bar = Progress(disable=True, get_time=clock)
    task = bar.add_task("dark.mp4", total=None, frames=0, expected=None)
    for frames in range(1, 12):
        clock.now_s = 10 + frames / 25
        bar.update(task, completed=frames, total=20, frames=frames, expected=20)
    assert shown(bar) == "11/20  25.0 FPS"


def test_names_are_shown_as_they_are_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    console = Console(file=StringIO(), force_terminal=True, width=120)
    monkeypatch.setattr(progress, "Console", lambda **_: console)
    jobs = [Job(Path("[bold]a\nb.mp4"), Path("out.mp4"))]
    with progress_display(jobs) as show, show(jobs[0]):
        pass
    assert "[bold]a\\nb.mp4 " in console.file.getvalue()
