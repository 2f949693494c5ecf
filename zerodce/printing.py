"""Print scores: as a table, or as a JSON object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from .scores import Score


def print_scores(scores: dict[str, Score], pairs: int, *, as_json: bool = False) -> None:
    """Print the average scores by method, over so many pairs of pictures."""
    if as_json:
        values = {name: {"psnr_db": score.psnr_db, "ssim": score.ssim} for name, score in scores.items()}
        typer.echo(json.dumps({"pairs": pairs, "scores": values}, indent=2))
        return
    table = Table("method", "PSNR, dB", "SSIM", title=f"average over {pairs} pairs")
    for name, score in scores.items():
        table.add_row(name, f"{score.psnr_db:.2f}", f"{score.ssim:.3f}")
    Console().print(table)
