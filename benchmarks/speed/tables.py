"""The speed reports as tables for a terminal."""

from __future__ import annotations

from rich.table import Table

from .fps import FpsReport
from .peers import PeersReport
from .scaling import ScalingReport
from .timing import Percentiles


def fps_tables(report: FpsReport) -> list[Table]:
    """Show every run: enhancing alone, all that a file takes, and the stages."""
    enhancing = Table(
        "size", "model", "every", "p50", "p95", "p99 ms", "FPS", "streams",
        title=f"enhancing alone, {report.threads} threads, {report.frames} frames after a warm-up",
        caption="every: the network runs on every N-th frame; streams: of 30 FPS",
    )  # fmt: skip
    files = Table(
        "size", "model", "every", "file to file", "transcode", "start-up", "memory", "power",
        title=f"from file to file, {report.clip}",
        caption="transcode: of the enhanced file, with enhancing turned off",
    )  # fmt: skip
    stages = Table("size", "model", "every", "stage", "p50", "p95", "p99 ms", title="stages")
    for run in report.runs:
        setting = (run.size, f"{run.model} ({run.backend})", f"{run.estimate_every}")
        enhancing.add_row(*setting, *_milliseconds(run.enhance), f"{run.enhance_fps:.1f}", f"{run.streams}")
        files.add_row(
            *setting,
            f"{run.file_fps:.1f} FPS",
            f"{run.transcode_fps:.1f} FPS",
            f"{run.startup_s:.1f} s",
            f"{run.peak_memory_mib:.0f} MiB",
            "" if run.watts is None else f"{run.watts:.1f} W",
        )
        for stage, spread in run.stages.items():
            stages.add_row(*setting, stage, *_milliseconds(spread))
            setting = ("", "", "")
    return [enhancing, files, stages]


def _milliseconds(spread: Percentiles) -> tuple[str, str, str]:
    return f"{spread.p50_ms:.2f}", f"{spread.p95_ms:.2f}", f"{spread.p99_ms:.2f}"


def peers_table(report: PeersReport) -> Table:
    """Show a row for every method."""
    table = Table(
        "method", "p50", "p95 ms", "FPS", "times ours", "frames",
        title=f"{report.clip}, {report.width}x{report.height}, {report.threads} threads",
        caption="; ".join(f"{method} left out: {why}" for method, why in report.left_out.items()) or None,
    )  # fmt: skip
    for run in report.runs:
        table.add_row(
            run.method,
            f"{run.time.p50_ms:.2f}",
            f"{run.time.p95_ms:.2f}",
            f"{run.fps:.4g}",
            f"{run.ratio:.3g}",
            str(run.frames),
            style="bold" if run.ours else None,
        )
    return table


def scaling_tables(report: ScalingReport) -> list[Table]:
    """Show a table for each of the curves, and the pass against a copy."""
    tables = []
    for title, points in (
        ("size", report.pixels),
        ("map size", report.map_size),
        ("threads", report.by_threads),
        ("network every", report.estimate_every),
    ):
        stages = list(points[0].stages)
        floor = ["copy", "arithmetic"] if points is report.pixels else []
        table = Table(title, "frame, mean ms", *stages, *floor)
        for index, point in enumerate(points):
            limits = (report.floor[index].copy_ms, report.floor[index].arithmetic_ms) if floor else ()
            medians = (point.stages[stage].p50_ms for stage in stages)
            table.add_row(point.label, *(f"{ms:.2f}" for ms in (point.mean_ms, *medians, *limits)))
        tables.append(table)
    table = Table("full-size pass", "pixels", "threads", "pass, ms", "copy, ms", "pass ÷ copy")
    for run in report.passes:
        figures = f"{run.pass_ms:.2f}", f"{run.copy_ms:.2f}", f"{run.ratio:.1f}"
        table.add_row(run.format, str(run.pixels), str(run.threads), *figures)
    return [*tables, table]
