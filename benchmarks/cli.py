"""The command `zerodce-bench`."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from realtime.errors import EnhanceError
from realtime.live.options import size_from_text
from realtime.options import EnhancerOptions, estimate_every_from_text
from zerodce.backend import load_tensorflow
from zerodce.command_line import run
from zerodce.errors import ZeroDCEError
from zerodce.progress import progress_bar

from .speed.cli import app as speed_app

if TYPE_CHECKING:
    from .corpus import CorpusReport
    from .flicker import FlickerReport
    from .latency import LatencyReport
    from .quality import QualityReport
    from .shadows import ShadowReport

app = typer.Typer(
    help="Measure the product on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


app.add_typer(speed_app)


@app.command()
def quality(
    low: Annotated[Path, typer.Argument(metavar="LOW_DIR", help="Dark pictures.", show_default=False)],
    high: Annotated[
        Path, typer.Argument(metavar="HIGH_DIR", help="References of the same names.", show_default=False)
    ],
    normal: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Well-exposed pictures, to see what harm is done.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A model; may be repeated. [all that ship]")
    ] = None,
    map_size: Annotated[
        list[int] | None,
        typer.Option(min=16, max=4096, metavar="PIXELS", help="As for zerodce-enhance; may be repeated."),
    ] = None,
    chart: Annotated[Path | None, typer.Option(metavar="PNG", help="Draw the scores as bars.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Score the models on pairs of pictures, run as zerodce-enhance runs them, beside plain gamma curves."""
    load_tensorflow()  # the scores come from zerodce.evaluation, which needs what training needs
    from realtime.estimator import shipped_models

    from .machine import machine
    from .quality import measure_quality
    from .quality_chart import draw_quality

    with progress_bar(Console(stderr=True)) as bar:
        sizes = map_size or [EnhancerOptions().map_size]
        report = measure_quality(low, high, normal, model or shipped_models(), sizes, bar.track)
    if as_json:
        typer.echo(json.dumps({"benchmark": "quality", "machine": machine(), **asdict(report)}, indent=2))
    else:
        Console().print(_quality_table(report))
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
    model: Annotated[str, typer.Option(metavar="NAME", help="The model to run.")] = EnhancerOptions().model,
    frames: Annotated[int, typer.Option(min=45, help="Frames to use of each clip.")] = 150,
    chart: Annotated[Path | None, typer.Option(metavar="PNG", help="Draw the figures as bars.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Measure flicker, and what it costs to smooth it: maps by frame, averaged pixels, smoothed maps."""
    if not clips and not tripod:
        raise typer.BadParameter("give a bright video, or a dark one with --tripod", param_hint="CLIP")
    from .flicker import measure_flicker
    from .machine import machine

    with progress_bar(Console(stderr=True)) as bar:
        report = measure_flicker(clips or [], tripod or [], model, frames, bar.track)
    if as_json:
        typer.echo(json.dumps({"benchmark": "flicker", "machine": machine(), **asdict(report)}, indent=2))
    else:
        Console().print(*_flicker_tables(report))
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
        str | None, typer.Option(metavar=".mkv", help="Suffix of enhanced videos. [the input's]")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Files to work on at once.")] = 1,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="How long a file may take.")] = 300.0,
    command: Annotated[
        str | None, typer.Option(help="What to judge instead, with its arguments. [zerodce-enhance]")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Enhance every file of a folder and judge: right, refused in one line, or wrong; status 1 if any is."""
    from .corpus import COMMAND, judge_corpus
    from .machine import machine

    with progress_bar(Console(stderr=True)) as bar:
        task = bar.add_task("judging", total=None)
        report = judge_corpus(
            folder,
            command=shlex.split(command) if command else COMMAND,
            arguments=arguments or [],
            suffix=suffix,
            jobs=jobs,
            timeout_s=timeout,
            done=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        typer.echo(json.dumps({"benchmark": "corpus", "machine": machine(), **asdict(report)}, indent=2))
    else:
        Console().print(_corpus_table(report))
    if report.counts["wrong"]:
        raise typer.Exit(1)


@app.command()
def shadows(
    clips: Annotated[list[Path], typer.Argument(metavar="CLIP...", help="Dark videos.", show_default=False)],
    model: Annotated[str, typer.Option(metavar="NAME", help="The model to run.")] = EnhancerOptions().model,
    frames: Annotated[int, typer.Option(min=1, help="Frames to use of each clip, one in ten.")] = 20,
    chart: Annotated[Path | None, typer.Option(metavar="PNG", help="Show where the rule matters.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Measure how uneven colour becomes in the shadows, with --shadow-floor and without."""
    from .machine import machine
    from .shadows import measure_shadows

    with progress_bar(Console(stderr=True)) as bar:
        report, crops = measure_shadows(clips, model, frames, bar.track)
    if as_json:
        typer.echo(json.dumps({"benchmark": "shadows", "machine": machine(), **asdict(report)}, indent=2))
    else:
        Console().print(_shadow_table(clips, report))
    if chart is not None:
        from .shadows_chart import draw_shadows

        draw_shadows(report, crops, chart)


@app.command()
def latency(
    size: Annotated[str, typer.Option(metavar="WxH", help="Size of the pictures.")] = "1280x720",
    fps: Annotated[float, typer.Option(min=1, help="Pictures per second.")] = 30,
    seconds: Annotated[float, typer.Option(min=1, help="How long to measure, after two to warm up.")] = 20,
    model: Annotated[str, typer.Option(metavar="NAME", help="The model to run.")] = EnhancerOptions().model,
    estimate_every: Annotated[str, typer.Option(metavar="N|auto", help="As for zerodce-enhance.")] = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Measure how late live video is: the time is painted into each picture, and read where it is shown."""
    from .latency import measure_latency
    from .machine import machine

    try:
        size_wh = size_from_text(size)
        options = EnhancerOptions(model=model, estimate_every=estimate_every_from_text(estimate_every))
        report = measure_latency(options, size_wh=size_wh, fps=fps, seconds=seconds)
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc
    if as_json:
        typer.echo(json.dumps({"benchmark": "latency", "machine": machine(), **asdict(report)}, indent=2))
    else:
        Console().print(_latency_table(report))


@app.command()
def gpu(
    model: Annotated[str, typer.Option(metavar="NAME", help="The model to run.")] = EnhancerOptions().model,
    size: Annotated[
        list[str] | None,
        typer.Option(metavar="WxH", help="Size of frames; may be repeated. [1920x1080, 3840x2160]"),
    ] = None,
    frames: Annotated[int, typer.Option(min=1, help="Frames to enhance.")] = 300,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Measure frames per second on an NVIDIA GPU, and its full-size pass against a plain copy."""
    try:
        sizes_wh = [size_from_text(text) for text in size or ("1920x1080", "3840x2160")]
    except ValueError as exc:
        raise typer.BadParameter(str(exc), param_hint="--size") from exc
    from realtime.backend import require_gpu

    from .machine import machine

    require_gpu()
    from .gpu import measure_gpu

    report = measure_gpu(model, sizes_wh, frames)
    if as_json:
        typer.echo(json.dumps({"benchmark": "gpu", "machine": machine(), **asdict(report)}, indent=2))
        return
    table = Table(
        "size", "p50", "p95", "FPS", "streams at 30 FPS", "full-size pass", "of a copy's speed",
        title=f"{report.gpu}, {report.model}, network by {report.network}",
    )  # fmt: skip
    for result in report.results:
        table.add_row(
            f"{result.width}x{result.height}",
            f"{result.p50_ms:.2f} ms",
            f"{result.p95_ms:.2f} ms",
            f"{result.fps:.0f}",
            str(result.streams_at_30_fps),
            f"{1e3 * result.pass_ms:.0f} µs",
            f"{100 * result.share_of_copy:.0f} %",
        )
    Console().print(table)


@app.command()
def readme() -> None:
    """Draw the README's tables anew, from what lies in benchmarks/results."""
    from .readme import ROOT, with_tables

    path = ROOT / "README.md"
    path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")


def _corpus_table(report: CorpusReport) -> Table:
    total = ", ".join(f"{count} {verdict}" for verdict, count in report.counts.items())
    table = Table("file", "verdict", "why", title=f"{report.folder}: {total}")
    colours = {"right": "green", "refused": "yellow", "wrong": "red"}
    for result in report.files:
        verdict = result.verdict.value
        notes = [*result.why, *(f"announced: {text}" for text in result.announced)]
        table.add_row(Text(result.file), Text(verdict, colours[verdict]), Text("\n".join(notes)))
    return table


def _latency_table(report: LatencyReport) -> Table:
    table = Table(
        "latency p50", "p95", "p99", "p95 in frames", "growth", "shown", "dropped", "network every",
        title=f"{report.width}x{report.height} at {report.fps:g} FPS, {report.model}, {report.backend}",
    )  # fmt: skip
    table.add_row(
        *(f"{ms:.1f} ms" for ms in asdict(report.latency).values()),
        f"{report.latency_in_frames:.2f}",
        f"{report.growth_ms:+.1f} ms",
        str(report.shown),
        str(report.dropped),
        f"{report.estimate_every_at_end}. frame",
    )
    return table


def _quality_table(report: QualityReport) -> Table:
    table = Table("method", "PSNR, dB", "SSIM", title=f"average over {report.pairs} pairs")
    if report.unharmed_db:
        table.add_column(f"do no harm, dB ({report.normal} pictures)")
    for name, score in report.scores.items():
        unharmed = [f"{report.unharmed_db[name]:.1f}"] if name in report.unharmed_db else []
        table.add_row(name, f"{score.psnr_db:.2f}", f"{score.ssim:.3f}", *unharmed)
    return table


def _flicker_tables(report: FlickerReport) -> list[Table]:
    tables = []
    for title, steadiness in (
        (f"{report.clips} stills with noise", report.noisy),
        (f"{report.clips} stills with noise, encoded", report.encoded),
        (f"{report.tripod_clips} clips from a tripod", report.tripod),
    ):
        if steadiness:
            table = Table("deviation over time, of 255", "frames", "blocks", "wavering", title=title)
            for name, one in steadiness.items():
                table.add_row(name, f"{one.frame:.3f}", f"{one.block:.3f}", f"{one.wavering:.3f}")
            tables.append(table)
    if report.motion:
        table = Table(
            "method", "warping error", "PSNR, dB", "frames lost", title="pans, darkened clips, cuts"
        )
        for name, motion in report.motion.items():
            table.add_row(name, f"{motion.warping:.2e}", f"{motion.psnr_db:.2f}", f"{motion.frames_lost:.1f}")
        tables.append(table)
    return tables


def _shadow_table(clips: list[Path], report: ShadowReport) -> Table:
    table = Table(
        "clip",
        "luma grows",
        "colour's unevenness: rule off",
        "rule on",
        title="the darkest fifth of the blocks",
    )
    for clip, one in zip(clips, report.clips, strict=True):
        off, on = one["rule off"], one["rule on"]
        table.add_row(
            clip.name, f"x {on.luma_growth:.1f}", f"x {off.chroma_growth:.1f}", f"x {on.chroma_growth:.1f}"
        )
    return table


def main() -> None:
    """Run the command line."""
    run(app, "zerodce-bench", EnhanceError, ZeroDCEError)
