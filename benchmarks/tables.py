"""Results as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from .corpus import CorpusReport
    from .flicker import FlickerReport
    from .gpu import GpuReport
    from .latency import LatencyReport
    from .noise import NoiseReport
    from .quality import QualityReport
    from .shadows import ShadowReport


def corpus_table(report: CorpusReport) -> Table:
    """Lay out the verdict on every file."""
    total = ", ".join(f"{count} {verdict}" for verdict, count in report.counts.items())
    table = Table("file", "verdict", "why", title=escape(f"{report.folder}: {total}"))
    colours = {"right": "green", "refused": "yellow", "wrong": "red"}
    for result in report.files:
        verdict = result.verdict.value
        notes = [*result.why, *(f"announced: {text}" for text in result.announced)]
        table.add_row(Text(result.file), Text(verdict, colours[verdict]), Text("\n".join(notes)))
    return table


def latency_table(report: LatencyReport) -> Table:
    """Lay out how late live video was."""
    table = Table(
        title=f"{report.width}x{report.height} at {report.fps:g} FPS, {report.model}, {report.backend}",
        show_header=False,
    )
    table.add_row(
        "latency p50, p95, p99", ", ".join(f"{ms:.1f}" for ms in asdict(report.latency).values()) + " ms"
    )
    table.add_row("p95 in frames", f"{report.latency_in_frames:.2f}")
    table.add_row("growth", f"{report.growth_ms:+.1f} ms")
    table.add_row("shown, dropped", f"{report.shown}, {report.dropped}")
    table.add_row("network every", f"{report.estimate_every_at_end}. frame")
    begin, end = (asdict(report.periods[index].usage) for index in (0, -1))
    for name, what in (("memory, MiB", "memory_mib"), ("threads", "threads"), ("open files", "files")):
        table.add_row(name, f"{begin[what]}, at the end {end[what]}")
    return table


def quality_table(report: QualityReport) -> Table:
    """Lay out the scores of every method."""
    table = Table("method", "PSNR, dB", "SSIM", title=f"average over {report.pairs} pairs")
    if report.unharmed_db:
        table.add_column(f"do no harm, dB ({report.normal} pictures)")
    if report.kept_contrast:
        table.add_column(f"contrast that bright places keep ({report.dark} pictures)")
    for name, score in report.scores.items():
        further = [
            f"{values[name]:{digits}}" if name in values else ""
            for values, digits in ((report.unharmed_db, ".1f"), (report.kept_contrast, ".2f"))
            if values
        ]
        table.add_row(name, f"{score.psnr_db:.2f}", f"{score.ssim:.3f}", *further)
    return table


def flicker_tables(report: FlickerReport) -> list[Table]:
    """Lay out how steady every method is, and what it costs."""
    tables = []
    for title, steadiness in (
        (f"{report.clips} stills with noise", report.noisy),
        (f"{report.clips} stills with noise, encoded", report.encoded),
        (f"{report.tripod_clips} clips from a tripod", report.tripod),
    ):
        if steadiness:
            table = Table("deviation over time, of 255", "frames", "blocks", "wavering", title=title)
            for name, one in steadiness.items():
                table.add_row(name, f"{one.frame:.3f}", f"{one.block:.3f}", f"{one.wavering:.3f}")
            tables.append(table)
    if report.motion:
        table = Table(
            "method", "warping error", "PSNR, dB", "frames lost", title="pans, darkened clips, cuts"
        )
        for name, motion in report.motion.items():
            table.add_row(name, f"{motion.warping:.2e}", f"{motion.psnr_db:.2f}", f"{motion.frames_lost:.1f}")
        tables.append(table)
    return tables


def noise_table(report: NoiseReport) -> Table:
    """Lay out the scores of noisy footage, denoised and not."""
    table = Table("footage", "method", "PSNR, dB", "SSIM", title=f"{report.clips} clips, {report.model}")
    for name, scores in report.scores.items():
        for method, one in scores.items():
            table.add_row(name, method, f"{one.psnr_db:.2f}", f"{one.ssim:.3f}")
    return table


def shadow_table(clips: Sequence[Path], report: ShadowReport) -> Table:
    """Lay out how colour grows against luma in each clip."""
    table = Table(
        "clip",
        "luma grows",
        "colour grows: rule off",
        "rule on",
        "its unevenness: rule off",
        "rule on",
        title="the darkest fifth of the blocks",
    )
    for clip, one in zip(clips, report.clips, strict=True):
        off, on = one["rule off"], one["rule on"]
        growths = on.luma_growth, off.tint_growth, on.tint_growth, off.chroma_growth, on.chroma_growth
        table.add_row(escape(clip.name), *(f"x {growth:.1f}" for growth in growths))
    return table


def gpu_table(report: GpuReport) -> Table:
    """Lay out the speed at each size, PyTorch's at full size below."""
    table = Table(
        "size", "method", "p50", "p95", "FPS", "30 FPS streams", "device alone", "FPS", "full-size pass",
        "of a copy's speed", "of a large copy's",
        title=f"{report.gpu}, {report.model}, network by {report.network}",
    )  # fmt: skip
    for result in report.results:
        table.add_row(
            f"{result.width}x{result.height}",
            "zerodce-realtime",
            f"{result.p50_ms:.2f} ms",
            f"{result.p95_ms:.2f} ms",
            f"{result.fps:.0f}",
            str(result.streams_at_30_fps),
            f"{1e3 * result.device_ms:.0f} µs",
            f"{result.device_fps:.0f}",
            f"{1e3 * result.pass_ms:.1f} µs",
            f"{100 * result.share_of_copy:.0f} %",
            f"{100 * result.share_of_large_copy:.0f} %",
        )
    for file in report.files:
        table.add_row(
            f"{file.width}x{file.height}",
            f"file, {file.decoder} to {file.encoder}, {file.processor_ms:.1f} ms of processor each",
            *("", "", f"{file.fps:.0f}"),
        )
    for peer in report.peers:
        measured = (
            [peer.left_out, ""] if peer.frame_ms is None else [f"{peer.frame_ms:.2f} ms", f"{peer.fps:.0f}"]
        )
        table.add_row(f"{peer.width}x{peer.height}", peer.method, *[""] * 4, *measured)
    return table
