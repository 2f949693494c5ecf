"""The chart of a quality report."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from .chart_file import save_chart
from .quality import QualityReport


def draw_quality(report: QualityReport, path: Path) -> None:
    """Draw PSNR, SSIM, do-no-harm and kept contrast of every method as bars, and write a PNG.

    Raises:
        OutputError: The file cannot be written.
    """
    names = list(report.scores)
    panels = {
        f"PSNR of {report.pairs} pairs, dB": [report.scores[name].psnr_db for name in names],
        "SSIM": [report.scores[name].ssim for name in names],
    }
    if report.unharmed_db:
        panels[f"do no harm: PSNR of {report.normal} normal pictures, dB"] = [
            report.unharmed_db.get(name, float("nan")) for name in names
        ]
    if report.kept_contrast:
        panels[f"contrast that bright places of {report.dark} dark pictures keep"] = [
            report.kept_contrast.get(name, float("nan")) for name in names
        ]
    figure = Figure(figsize=(4 * len(panels), 0.5 * len(names) + 1.2), layout="constrained")
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axis, (title, values) in zip(axes, panels.items(), strict=True):
        bars = axis.barh(names, values, color="#4477aa")
        axis.bar_label(bars, fmt="%.3g", padding=3)
        axis.set_title(title, fontsize=9)
        axis.margins(x=0.15)
    axes[0].invert_yaxis()
    save_chart(figure, path)
