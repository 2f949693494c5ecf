"""Print what was measured: as tables, or as the JSON object that benchmarks/results keeps."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def print_report(benchmark: str, report: DataclassInstance, *tables: Table, as_json: bool) -> None:
    """Print a report as its tables or, with what it was measured on, as JSON."""
    if not as_json:
        Console().print(*tables)
        return
    from .machine import machine  # noqa: PLC0415 - asks many packages for their versions

    typer.echo(json.dumps({"benchmark": benchmark, "machine": machine(), **asdict(report)}, indent=2))
