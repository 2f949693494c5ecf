"""The command `zerodce-train`.

Each command imports the libraries that it needs by itself, so that help is instant.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .backend import load_tensorflow
from .command_line import run
from .errors import ZeroDCEError
from .options import About, LossOptions, NetworkName, ReferenceLossOptions, TrainingOptions, quick_options
from .printing import print_scores
from .progress import progress_bar

_TRAINING = TrainingOptions()
_LOSSES = LossOptions()
_REFERENCE_LOSSES = ReferenceLossOptions()

app = typer.Typer(
    help="Train a curve network, on dark pictures alone or on pairs, judge it, and try it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ModelArgument = Annotated[
    Path, typer.Argument(metavar="MODEL.keras", help="A trained network.", show_default=False)
]
MapSizeOption = Annotated[
    int | None,
    typer.Option(
        min=16,
        metavar="PIXELS",
        help="Estimate the curves on a copy with this long side, as for video; at full size if not given.",
    ),
]


@app.command()
def fit(
    low_dirs: Annotated[
        list[Path], typer.Argument(metavar="LOW_DIR...", help="Folders of dark pictures.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where the run keeps its files; runs/NETWORK if not given.",
            show_default=False,
        ),
    ] = None,
    network: Annotated[
        NetworkName,
        typer.Option(help="DCE-Net, or the faster one that goes by the brightness of the whole picture."),
    ] = _TRAINING.network,
    high: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Well-lit references of the same names, to score the test pictures."
        ),
    ] = None,
    darken: Annotated[
        bool,
        typer.Option(
            "--darken",
            help="The pictures are normally exposed (.hdr panoramas too): make dark ones from them.",
        ),
    ] = False,
    supervised: Annotated[
        bool,
        typer.Option(
            "--supervised",
            help="Compare with the pictures that --darken made dark, instead of judging without references.",
        ),
    ] = _TRAINING.supervised,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last epoch of this run.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run in DIR.")] = False,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Go through every stage in a minute, on ten small pictures, to see that all works: "
            "the options below down to --validation-count are set for that.",
        ),
    ] = False,
    epochs: Annotated[int, typer.Option(help="Passes over the pictures.")] = _TRAINING.epochs,
    batch_size: Annotated[int, typer.Option(help="Pictures in a step.")] = _TRAINING.batch_size,
    size: Annotated[int, typer.Option(help="Side of the training squares, in pixels.")] = _TRAINING.size,
    test_count: Annotated[
        int, typer.Option(help="Pictures set aside for testing: the first.")
    ] = _TRAINING.test_count,
    train_count: Annotated[int, typer.Option(help="Pictures to train on: the next.")] = _TRAINING.train_count,
    validation_count: Annotated[
        int | None, typer.Option(help="Pictures to validate on: the next; the rest if not given.")
    ] = _TRAINING.validation_count,
    learning_rate: Annotated[float, typer.Option(help="Of Adam.")] = _TRAINING.learning_rate,
    decay: Annotated[
        bool, typer.Option("--decay", help="Let the learning rate fall to zero along half a cosine.")
    ] = _TRAINING.decay,
    seed: Annotated[int, typer.Option(help="Of the weights, the order and the noise.")] = _TRAINING.seed,
    exposure_level: Annotated[
        float, typer.Option(help="How bright a picture should be, between 0 and 1.")
    ] = _LOSSES.exposure_level,
    exposure_weight: Annotated[float, typer.Option(help="Of the exposure loss.")] = _LOSSES.exposure,
    colour_weight: Annotated[float, typer.Option(help="Of the colour constancy loss.")] = _LOSSES.colour,
    smoothness_weight: Annotated[
        float, typer.Option(help="Of the illumination smoothness loss.")
    ] = _LOSSES.smoothness,
    spatial_weight: Annotated[float, typer.Option(help="Of the spatial consistency loss.")] = _LOSSES.spatial,
    coarse_weight: Annotated[
        float, typer.Option(help="Of the difference of 4×4 means from the reference, if supervised.")
    ] = _REFERENCE_LOSSES.coarse,
    structure_weight: Annotated[
        float, typer.Option(help="Of the structural dissimilarity, if supervised.")
    ] = _REFERENCE_LOSSES.structure,
    variation_weight: Annotated[
        float, typer.Option(help="Of the total variation of the maps, if supervised.")
    ] = _REFERENCE_LOSSES.variation,
    licence: Annotated[
        str | None, typer.Option(metavar="NAME", help="Licence of the weights, for their card.")
    ] = None,
    note: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Anything else that the card should say.")
    ] = None,
) -> None:
    """Train a network, and write it with its card, its history and, given --high, a contact sheet."""
    if resume and overwrite:
        raise typer.BadParameter("--resume goes on with the run in DIR, --overwrite replaces it: choose one")
    try:
        losses = LossOptions(
            colour=colour_weight,
            exposure=exposure_weight,
            smoothness=smoothness_weight,
            spatial=spatial_weight,
            exposure_level=exposure_level,
        )
        reference_losses = ReferenceLossOptions(
            coarse=coarse_weight, structure=structure_weight, variation=variation_weight
        )
        options = TrainingOptions(
            network=network,
            epochs=epochs,
            batch_size=batch_size,
            size=size,
            learning_rate=learning_rate,
            decay=decay,
            seed=seed,
            test_count=test_count,
            train_count=train_count,
            validation_count=validation_count,
            darken=darken,
            supervised=supervised,
            losses=losses,
            reference_losses=reference_losses,
        )
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc
    options = quick_options(options) if quick else options
    if high is not None and options.test_count == 0:
        raise typer.BadParameter("--high is for the test pictures, and --test-count 0 sets none aside")
    about = About(licence=licence, note=note)
    load_tensorflow()
    from .fit_command import fit_folders

    out = out or Path("runs", network)
    fit_folders(low_dirs, options, out, high=high, about=about, resume=resume, overwrite=overwrite)


@app.command()
def evaluate(
    model: ModelArgument,
    low_dir: Annotated[Path, typer.Argument(metavar="LOW_DIR", help="Dark pictures.", show_default=False)],
    high_dir: Annotated[
        Path,
        typer.Argument(metavar="HIGH_DIR", help="References of the same names.", show_default=False),
    ],
    map_size: MapSizeOption = None,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="PNG", help="Draw low, enhanced and reference side by side, with PSNR."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
    record: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Add the scores to the model's card, under this name of the data."),
    ] = None,
) -> None:
    """Score a network on pairs of pictures, beside plain gamma curves: PSNR and SSIM in floating point."""
    load_tensorflow()
    from .card import card_path, read_card, record_scores
    from .contact_sheet import scored_sheet
    from .evaluation import judge, model_name
    from .files import check_place
    from .model_files import load_network
    from .pairs import list_pairs
    from .pictures import check_picture_place, save_picture

    if sheet is not None:
        check_picture_place(sheet)
    network = load_network(model)
    if record is not None:
        read_card(model)
        check_place(card_path(model))
    pairs = list_pairs(low_dir, high_dir)
    with progress_bar(Console(stderr=True)) as bar:
        results = judge(bar.track(pairs, description="judging"), network, map_size)
        scores, drawn = scored_sheet(results, model_name(map_size))
    print_scores(scores, len(pairs), as_json=as_json)
    if sheet is not None:
        save_picture(drawn, sheet)
    if record is not None:
        record_scores(model, record, scores)


@app.command()
def infer(
    model: ModelArgument,
    picture: Annotated[Path, typer.Argument(metavar="PICTURE", help="A dark picture.", show_default=False)],
    output: Annotated[
        Path, typer.Argument(metavar="OUTPUT", help="The enhanced picture to write.", show_default=False)
    ],
    map_size: MapSizeOption = None,
) -> None:
    """Enhance one picture; for many, and for video, there is zerodce-enhance."""
    load_tensorflow()
    from .inference import perform_inference
    from .model_files import load_network
    from .pictures import check_picture_place, open_picture, save_picture

    check_picture_place(output)
    save_picture(perform_inference(open_picture(picture), load_network(model), map_size), output)


def main() -> None:
    """Run the command line."""
    run(app, "zerodce-train", ZeroDCEError)
