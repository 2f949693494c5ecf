"""The chart of a shadow report: figures, and what they look like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from .chart_file import save_chart
from .shadows import Crop, ShadowReport


def draw_shadows(report: ShadowReport, crops: Sequence[Crop], path: Path) -> None:
    """Show a crop of every clip, as it is and enhanced by each rule, with its figures, and write a PNG.

    Raises:
        OutputError: The file cannot be written.
    """
    columns = len(crops[0].images)
    figure = Figure(figsize=(3 * columns, 3.2 * len(crops)), layout="constrained")
    rows = figure.subplots(len(crops), columns, squeeze=False)
    for axes, crop, clip in zip(rows, crops, report.clips, strict=True):
        for axis, (name, image) in zip(axes, crop.images.items(), strict=True):
            axis.imshow(image, interpolation="nearest")
            axis.set_axis_off()
            growth = clip.get(name)
            figures = (
                f": colour x {growth.chroma_growth:.1f}, luma x {growth.luma_growth:.1f}" if growth else ""
            )
            axis.set_title(f"{name}{figures}", fontsize=8)
    save_chart(figure, path)
