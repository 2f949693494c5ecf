"""What `zerodce-train fit` does; to be imported once TensorFlow is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from .data import list_split
from .fit import fit
from .memory import check_memory
from .options import About, TrainingOptions
from .pairs import check_pairs, pair_with
from .printing import print_scores
from .progress import training_progress
from .run_folder import RunFolder


def fit_folders(
    low_dirs: Sequence[Path],
    options: TrainingOptions,
    out: Path,
    *,
    high: Path | None,
    about: About,
    resume: bool,
    overwrite: bool,
) -> None:
    """Train a network on folders of pictures once all that can be is checked, and say how far it is.

    Args:
        low_dirs: Folders of dark pictures, or of those that dark ones are made from.
        options: The recipe.
        out: Where the run keeps its files.
        high: References of the test pictures, to score the network on; None for no scores.
        about: What else the card should say.
        resume: Go on from the last epoch of the run in `out`.
        overwrite: Replace the run in `out`.

    Raises:
        DataError: Pictures are missing, cannot be read, or differ from their references in size.
        DivergenceError: Losses or weights are no longer finite.
        OutOfMemoryError: A batch takes more memory than there is.
        OutputError: `out` holds a run that may not be overwritten, or a result cannot be written.
        ResumeError: There is no run to go on with, or it is another.
    """
    check_memory(options)
    split = list_split(low_dirs, options)
    pairs = [] if high is None else pair_with(split.test, high)
    check_pairs(pairs)
    typer.echo(
        f"pictures: {len(split.test)} to test, {len(split.train)} to train, "
        f"{len(split.validation)} to validate"
    )
    run = RunFolder(out, options.network)
    if resume:
        run.check_resumable(options, split)
    else:
        run.start(options, split, overwrite=overwrite)
    with training_progress(options, len(split.train)) as (on_step, on_epoch):
        scores = fit(
            split, options, run, pairs=pairs, about=about, resume=resume, on_step=on_step, on_epoch=on_epoch
        )
    if scores:
        print_scores(scores, len(pairs))
    typer.echo(f"wrote {run.weights}")
