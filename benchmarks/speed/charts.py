"""The charts of the speed reports, as PNG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..chart_file import save_chart
from .fps import FpsReport
from .peers import PeersReport
from .scaling import Point, ScalingReport

_OURS, _OTHERS, _FLOOR = "#4477aa", "#bbbbbb", "#cc6677"


def draw_fps(report: FpsReport, path: Path) -> None:
    """Draw the median time of a frame of every run as a bar, and a line to the 95th percentile.

    Raises:
        OutputError: The file cannot be written.
    """
    names = [f"{run.size}, {run.model}, network every {run.estimate_every}" for run in report.runs]
    figure, axes = _bars(names, "enhancing a frame, ms: median, and to the 95th percentile")
    medians = [run.enhance.p50_ms for run in report.runs]
    rest = [run.enhance.p95_ms - run.enhance.p50_ms for run in report.runs]
    bars = axes.barh(names, medians, xerr=[[0.0] * len(rest), rest], color=_OURS, ecolor=_FLOOR, capsize=2)
    axes.bar_label(bars, [f"{run.enhance_fps:.0f} FPS" for run in report.runs], padding=4, fontsize=8)
    axes.margins(x=0.15)
    axes.invert_yaxis()
    save_chart(figure, path)


def draw_peers(report: PeersReport, path: Path) -> None:
    """Draw the mean time of a frame of every method as a bar, on a logarithmic scale.

    Raises:
        OutputError: The file cannot be written.
    """
    names = [run.method for run in report.runs]
    title = f"a frame of {report.clip}, {report.width}×{report.height}, {report.threads} threads, ms (mean)"
    figure, axes = _bars(names, title)
    means = [1e3 / run.fps for run in report.runs]
    bars = axes.barh(names, means, color=[_OURS if run.ours else _OTHERS for run in report.runs])
    axes.bar_label(bars, [f"{ms:,.3g}" if ms < 100 else f"{ms:,.0f}" for ms in means], padding=3, fontsize=8)
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.invert_yaxis()
    save_chart(figure, path)


def draw_scaling(report: ScalingReport, path: Path) -> None:
    """Draw the four curves, with the floor under the first.

    Raises:
        OutputError: The file cannot be written.
    """
    figure = Figure(figsize=(10, 7), layout="constrained")
    panels = figure.subplots(2, 2)
    megapixels = [point.value / 1e6 for point in report.pixels]
    _draw_curve(panels[0, 0], megapixels, report.pixels, "megapixels of the frame")
    for name, values, style in (
        ("copy of the frame", [floor.copy_ms for floor in report.floor], ":"),
        ("arithmetic at its peak", [floor.arithmetic_ms for floor in report.floor], "--"),
    ):
        panels[0, 0].plot(megapixels, values, style, color=_FLOOR, label=name)
    for axes, points, name in (
        (panels[0, 1], report.map_size, "long side of what the network sees, pixels"),
        (panels[1, 0], report.by_threads, "threads"),
        (panels[1, 1], report.estimate_every, "network on every N-th frame"),
    ):
        _draw_curve(axes, [point.value for point in points], points, name)
        axes.set_xticks([point.value for point in points])
    panels[0, 0].legend(fontsize=8)
    figure.suptitle(f"{report.model}, {report.clip}: ms a frame", fontsize=10)
    save_chart(figure, path)


def _draw_curve(axes: Axes, positions: Sequence[float], points: Sequence[Point], name: str) -> None:
    """Draw the mean time of a frame, and the median of the stages that take most of it."""
    axes.plot(positions, [point.mean_ms for point in points], "o-", color=_OURS, label="a frame, mean")
    for stage, colour in (("apply", "#228833"), ("estimate", "#aa3377"), ("shrink", "#ccbb44")):
        medians = [point.stages[stage].p50_ms for point in points]
        axes.plot(positions, medians, ".-", color=colour, linewidth=1, label=stage)
    axes.set_xlabel(name, fontsize=9)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)


def _bars(names: Sequence[str], title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(9, 0.4 * len(names) + 1.2), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, fontsize=9)
    return figure, axes
