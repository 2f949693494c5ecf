"""A chart as a file: whether it can be drawn, said before what it shows is measured; and writing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from realtime.errors import EnhanceError
from zerodce.files import check_place, replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def check_chart(chart: Path | None) -> None:
    """Say before measuring, not after, that a chart cannot be drawn.

    Raises:
        EnhanceError: Matplotlib is missing.
        OutputError: No file can be written there.
    """
    if chart is None:
        return
    try:
        import matplotlib  # noqa: F401, PLC0415 - most runs draw none
    except ImportError as exc:
        raise EnhanceError("--chart needs matplotlib, which is missing; install '.[train]'") from exc
    check_place(chart)


def save_chart(figure: Figure, chart: Path) -> None:
    """Write a chart as PNG, whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    with replacing(chart) as partial:
        figure.savefig(partial, dpi=120, format="png")
