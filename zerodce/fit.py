"""A whole training run: pictures in, a network with its card, history and contact sheet out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from .card import Card, rounded, write_card
from .contact_sheet import scored_sheet
from .data import Split
from .evaluation import judge, model_name
from .history_plot import plot_history
from .model import ZeroDCE
from .model_files import save_network
from .options import About, TrainingOptions
from .pair_synthesis import Pairing
from .pairs import Pair
from .pictures import save_picture
from .run_folder import History, RunFolder
from .scores import Score
from .synthesis import Darkening
from .training import OnEpoch, OnStep, train


def fit(
    split: Split,
    options: TrainingOptions,
    run: RunFolder,
    *,
    pairs: Sequence[Pair] = (),
    about: About | None = None,
    resume: bool = False,
    on_step: OnStep = lambda steps: None,
    on_epoch: OnEpoch = lambda epoch, losses: None,
) -> dict[str, Score]:
    """Train a network and write everything that a run folder holds.

    Args:
        split: The pictures.
        options: The recipe.
        run: Where results go: started, or checked to be resumable.
        pairs: Test pictures with their references, to score the network on.
        about: What else the card should say.
        resume: Whether to go on from the checkpoint.
        on_step: As for `zerodce.training.train`.
        on_epoch: As for `zerodce.training.train`.

    Returns:
        The average score on the pairs by method; empty without pairs.

    Raises:
        DataError: A picture cannot be read, or differs from its reference in size.
        DivergenceError: Losses or weights are no longer finite.
        OutOfMemoryError: A batch takes more memory than there is.
        OutputError: A result cannot be written.
    """
    model, history = train(split, options, run, resume=resume, on_step=on_step, on_epoch=on_epoch)
    save_network(model.network, run.weights)
    plot_history(history, run.history_plot)
    card = _card(model, split, options, history, about or About())
    scores: dict[str, Score] = {}
    if pairs:
        scores, sheet = scored_sheet(judge(pairs, model), model_name())
        save_picture(sheet, run.contact_sheet)
        card["scores"] = {"test pictures": rounded(scores)}
    write_card(run.weights, card)
    return scores


def _card(model: ZeroDCE, split: Split, options: TrainingOptions, history: History, about: About) -> Card:
    """Say what a network is and where it comes from."""
    folders = sorted({path.parent.name for path in split.train})
    return {
        "network": model.network.name,
        "parameters": model.network.count_params(),
        "licence": about.licence,
        "note": about.note,
        "data": {
            "folders": folders,
            "train": len(split.train),
            "validation": len(split.validation),
            "test": len(split.test),
            "darkening": _darkening(options),
        },
        "options": asdict(options),
        "losses": {name: round(values[-1], 6) for name, values in history.items()},
    }


def _darkening(options: TrainingOptions) -> Card | None:
    if options.supervised:
        return asdict(Pairing())
    return asdict(Darkening()) if options.darken else None
