"""The options that several commands of `zerodce-bench` have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[str, typer.Option("--model", metavar="NAME", help="The model to run.")]
Chart = Annotated[Path | None, typer.Option("--chart", metavar="PNG", help="Draw what was measured, too.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]
