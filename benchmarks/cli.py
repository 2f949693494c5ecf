"""The command `zerodce-bench`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from realtime.errors import EnhanceError
from realtime.options import EnhancerOptions
from zerodce.command_line import run

if TYPE_CHECKING:
    from .fps import FpsReport

app = typer.Typer(
    help="Measure the product on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def fps(
    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="A video.", show_default=False)],
    model: Annotated[str, typer.Option(metavar="NAME", help="The model to run.")] = EnhancerOptions().model,
    estimate_every: Annotated[
        list[int] | None,
        typer.Option(min=1, metavar="N", help="As for zerodce-enhance; may be repeated. [1, 2, 4]"),
    ] = None,
    frames: Annotated[int, typer.Option(min=1, help="Frames to enhance in memory.")] = 100,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Measure frames per second on the CPU: enhancing alone, and from file to file."""
    from .fps import measure_fps
    from .machine import machine

    report = measure_fps(clip, model, estimate_every or [1, 2, 4], frames)
    if as_json:
        typer.echo(json.dumps({"benchmark": "fps", "machine": machine(), **asdict(report)}, indent=2))
    else:
        Console().print(_table(report))


@app.command()
def readme() -> None:
    """Draw the README's tables anew, from benchmarks/results and the card of the weights."""
    from .readme import ROOT, with_tables

    path = ROOT / "README.md"
    path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")


def _table(report: FpsReport) -> Table:
    table = Table(
        "network every", "enhance p50", "p95", "p99", "enhance only", "file to file", "transcode alone",
        title=f"{report.clip}, {report.width}x{report.height}, {report.model}, {report.threads} threads",
        caption=f"copying one frame: {report.copy.p50_ms:.2f} ms",
    )  # fmt: skip
    for result in report.results:
        table.add_row(
            f"{result.estimate_every}. frame",
            *(f"{ms:.1f} ms" for ms in asdict(result.enhance).values()),
            *(f"{value:.1f} FPS" for value in (result.enhance_fps, result.file_fps, result.transcode_fps)),
        )
    return table


def main() -> None:
    """Run the command line."""
    run(app, "zerodce-bench", EnhanceError)
