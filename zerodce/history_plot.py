"""The losses of a run, drawn over its epochs."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from .files import replacing
from .run_folder import History


def plot_history(history: History, path: Path) -> None:
    """Draw each loss in a panel of its own, training beside validation, as a PNG file.

    Args:
        history: A list of values, one for each epoch, by the loss's name; `val_…` are those of validation.
        path: The file to write.

    Raises:
        OutputError: It cannot be written.
    """
    names = [name for name in history if not name.startswith("val_")]
    figure = Figure(figsize=(3.2 * len(names), 3), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names)), names, strict=True):
        for key, label in ((name, "training"), (f"val_{name}", "validation")):
            if key in history:
                axes.plot(range(1, len(history[key]) + 1), history[key], label=label)
        axes.set_title(name.replace("_", " "))
        axes.set_xlabel("epoch")
        axes.legend()
    with replacing(path) as partial:
        figure.savefig(partial, dpi=100)
