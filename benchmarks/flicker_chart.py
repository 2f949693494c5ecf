"""The chart of a flicker report."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from .chart_file import save_chart
from .flicker import FlickerReport


def draw_flicker(report: FlickerReport, path: Path) -> None:
    """Draw what every method scores as bars, and write a PNG.

    Raises:
        OutputError: The file cannot be written.
    """
    panels: dict[str, dict[str, float]] = {}
    for title, steadiness in (
        ("noisy stills", report.noisy),
        ("encoded stills", report.encoded),
        ("tripod clips", report.tripod),
    ):
        if steadiness:
            panels[f"{title}: deviation of blocks"] = {name: one.block for name, one in steadiness.items()}
            panels[f"{title}: of that, wavering"] = {name: one.wavering for name, one in steadiness.items()}
    if report.motion:
        panels["pans: warping error × 10⁶"] = {name: 1e6 * one.warping for name, one in report.motion.items()}
        panels["moving clips: PSNR, dB"] = {name: one.psnr_db for name, one in report.motion.items()}
        panels["frames lost after a cut"] = {name: one.frames_lost for name, one in report.motion.items()}
    figure = Figure(figsize=(7, 1.7 * len(panels)), layout="constrained")
    rows = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axis, (title, values) in zip(rows, panels.items(), strict=True):
        bars = axis.barh(list(values), list(values.values()), color="#4477aa")
        axis.bar_label(bars, fmt="%.3g", padding=3)
        axis.set_title(title, fontsize=9)
        axis.margins(x=0.15)
        axis.invert_yaxis()
    save_chart(figure, path)
