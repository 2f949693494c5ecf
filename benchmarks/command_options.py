"""Options that several commands of `zerodce-bench` take."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[str, typer.Option("--model", metavar="NAME", help="The model to run.")]
Chart = Annotated[Path | None, typer.Option("--chart", metavar="PNG", help="Draw what was measured, too.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]


def finite(value: float) -> float:
    """Refuse what passes every limit: nan, and infinities."""
    if not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no number to measure by")
    return value
