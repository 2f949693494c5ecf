"""The command `zerodce-bench`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from realtime.errors import EnhanceError
from realtime.options import Backend, EnhancerOptions
from zerodce.command_line import run
from zerodce.errors import ZeroDCEError
from zerodce.progress import progress_bar

from .chart_file import check_chart
from .command_options import AsJson, Chart, Model, finite
from .printing import print_report
from .speed.cli import app as speed_app
from .tables import (
    corpus_table,
    flicker_tables,
    noise_table,
    quality_table,
    shadow_table,
)

app = typer.Typer(
    help="Measure the product on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(speed_app)

_DEFAULTS = EnhancerOptions()


def _suffix(value: str | None) -> str | None:
    """Refuse what no file name ends in."""
    if value is not None and not (value.startswith(".") and Path(f"name{value}").suffix == value != "."):
        raise typer.BadParameter(f"{value!r} is no suffix; write it like .mkv")
    return value


@app.command()
def quality(
    low: Annotated[Path, typer.Argument(metavar="LOW_DIR", help="Dark pictures.", show_default=False)],
    high: Annotated[
        Path, typer.Argument(metavar="HIGH_DIR", help="References of the same names.", show_default=False)
    ],
    normal: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Well-exposed pictures, to see what harm is done.")
    ] = None,
    dark: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Dark pictures, to see how much contrast what is bright there keeps."
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A model; may be repeated.", show_default="all that ship"),
    ] = None,
    map_size: Annotated[
        list[int] | None,
        typer.Option(
            min=16,
            max=4096,
            metavar="PIXELS",
            help="As for zerodce-enhance; may be repeated.",
            show_default=str(_DEFAULTS.map_size),
        ),
    ] = None,
    headroom: Annotated[
        list[float] | None,
        typer.Option(
            metavar="SHARE",
            help="As for zerodce-enhance; may be repeated.",
            show_default=f"{_DEFAULTS.headroom:g}",
        ),
    ] = None,
    denoise: Annotated[bool, typer.Option("--denoise", help="Score each with --denoise, too.")] = False,
    chart: Chart = None,
    as_json: AsJson = False,
) -> None:
    """Score the models on pairs of pictures, run as zerodce-enhance runs them, beside plain gamma curves."""
    check_chart(chart)
    from realtime.estimator import shipped_models

    from .quality import measure_quality
    from .quality_chart import draw_quality

    try:
        options = [
            EnhancerOptions(model=name, map_size=side, headroom=share, denoise=denoises, backend=Backend.CPU)
            for name in model or shipped_models()
            for side in map_size or [_DEFAULTS.map_size]
            for share in headroom or [_DEFAULTS.headroom]
            for denoises in (False, True)[: 1 + denoise]
        ]
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from None
    with progress_bar(Console(stderr=True)) as bar:
        report = measure_quality(low, high, normal, dark, options, bar.track)
    print_report("quality", report, quality_table(report), as_json=as_json)
    if chart is not None:
        draw_quality(report, chart)


@app.command()
def flicker(
    clips: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[CLIP]...", help="Bright videos: darkened, with their originals as references."
        ),
    ] = None,
    tripod: Annotated[
        list[Path] | None,
        typer.Option(metavar="CLIP", help="A dark video in which little moves; may be repeated."),
    ] = None,
    model: Model = _DEFAULTS.model,
    frames: Annotated[int, typer.Option(min=45, help="Frames to use of each clip.")] = 150,
    chart: Chart = None,
    as_json: AsJson = False,
) -> None:
    """Measure flicker, and what it costs to smooth it: maps by frame, averaged pixels, smoothed maps."""
    if not clips and not tripod:
        raise typer.BadParameter("give a bright video, or a dark one with --tripod", param_hint="CLIP")
    check_chart(chart)
    from .flicker import measure_flicker

    with progress_bar(Console(stderr=True)) as bar:
        report = measure_flicker(clips or [], tripod or [], model, frames, bar.track)
    print_report("flicker", report, *flicker_tables(report), as_json=as_json)
    if chart is not None:
        from .flicker_chart import draw_flicker

        draw_flicker(report, chart)


@app.command()
def corpus(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Videos and images of any kind.", show_default=False)
    ],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- OPTIONS]", help="Options for zerodce-enhance.", show_default=False),
    ] = None,
    suffix: Annotated[
        str | None,
        typer.Option(
            callback=_suffix, metavar=".mkv", help="Suffix of enhanced videos.", show_default="the input's"
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Files to work on at once.")] = 1,
    timeout: Annotated[
        float, typer.Option(min=1, callback=finite, metavar="SECONDS", help="How long a file may take.")
    ] = 300.0,
    command: Annotated[
        str | None,
        typer.Option(help="What to judge instead, with its arguments.", show_default="zerodce-enhance"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Enhance every file of a folder and judge: right, refused in one line, or wrong; status 1 if any is."""
    try:
        words = shlex.split(command or "")
    except ValueError as exc:
        raise typer.BadParameter(f"{exc} in {command!r}", param_hint="--command") from exc
    from .corpus import COMMAND, judge_corpus

    with progress_bar(Console(stderr=True)) as bar:
        task = bar.add_task("judging", total=None)
        report = judge_corpus(
            folder,
            command=words or COMMAND,
            arguments=arguments or [],
            suffix=suffix,
            jobs=jobs,
            timeout_s=timeout,
            done=lambda done, total: bar.update(task, completed=done, total=total),
        )
    print_report("corpus", report, corpus_table(report), as_json=as_json)
    if report.counts["wrong"]:
        raise typer.Exit(1)


@app.command()
def noise(
    clips: Annotated[
        list[Path],
        typer.Argument(metavar="CLIP...", help="Bright videos, to be darkened.", show_default=False),
    ],
    model: Model = _DEFAULTS.model,
    frames: Annotated[int, typer.Option(min=11, help="Frames to use of each clip.")] = 60,
    as_json: AsJson = False,
) -> None:
    """Measure what --denoise brings to dark, noisy video, as it is and encoded."""
    from .noise import measure_noise

    with progress_bar(Console(stderr=True)) as bar:
        report = measure_noise(clips, model, frames, bar.track)
    print_report("noise", report, noise_table(report), as_json=as_json)


@app.command()
def shadows(
    clips: Annotated[list[Path], typer.Argument(metavar="CLIP...", help="Dark videos.", show_default=False)],
    model: Model = _DEFAULTS.model,
    frames: Annotated[int, typer.Option(min=1, help="Frames to use of each clip, one in ten.")] = 20,
    chart: Chart = None,
    as_json: AsJson = False,
) -> None:
    """Measure how uneven colour becomes in the shadows, with --shadow-floor and without."""
    check_chart(chart)
    from .shadows import measure_shadows

    with progress_bar(Console(stderr=True)) as bar:
        report, crops = measure_shadows(clips, model, frames, bar.track)
    print_report("shadows", report, shadow_table(clips, report), as_json=as_json)
    if chart is not None:
        from .shadows_chart import draw_shadows

        draw_shadows(report, crops, chart)


@app.command()
def readme() -> None:
    """Draw the README's tables anew, from what lies in benchmarks/results."""
    from .readme import ROOT, with_tables

    path = ROOT / "README.md"
    path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")


def main() -> None:
    """Run the command line."""
    run(app, "zerodce-bench", EnhanceError, ZeroDCEError)
