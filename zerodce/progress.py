"""Progress on stderr: a bar with the time left where a person watches, plain lines where none does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .options import TrainingOptions


def progress_bar(console: Console) -> Progress:
    """Return a bar that is drawn only on a terminal, and goes away when it is done."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


@contextlib.contextmanager
def training_progress(
    options: TrainingOptions, train_count: int
) -> Iterator[tuple[Callable[[int], None], Callable[[int, dict[str, float]], None]]]:
    """Show how far a run is: yields what to call after each step, and after each epoch."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    with progress_bar(console) as bar:
        task = bar.add_task("training", total=options.epochs * (train_count // options.batch_size))

        def on_step(steps: int) -> None:
            bar.update(task, completed=steps)

        def on_epoch(epoch: int, losses: dict[str, float]) -> None:
            shown = {"loss": "total_loss", "validation loss": "val_total_loss"}
            values = [f"{label} {losses[name]:.4f}" for label, name in shown.items() if name in losses]
            console.print(f"epoch {epoch}/{options.epochs}: {', '.join(values)}")

        yield on_step, on_epoch
