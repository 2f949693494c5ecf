"""Print what was done, or would be: results on stdout, what failed on stderr."""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from zerodce.command_line import in_one_line

from .errors import OutputError

if TYPE_CHECKING:
    from .batch.plan import Step
    from .live.stats import LiveSnapshot
    from .report import Report

log = logging.getLogger(__name__)


def print_report(report: Report, *, as_json: bool) -> None:
    """Print the result, and what failed; end with status 1 if anything did."""
    for source, reason in report.failed.items():
        _complain(source, reason)
    backend = _with_reason(report.backend, report.backend_reason)
    skipped = f", {report.skipped} already there" if report.skipped else ""
    failed = f", {len(report.failed)} failed" if report.failed else ""
    if as_json:
        _echo(json.dumps(report.as_dict()))
    else:
        _echo(
            f"{report.output}: {_number(report.frames, 'frame')} in {report.seconds:.1f} s, "
            f"{report.fps:.1f} FPS ({backend}, {_number(report.threads, 'thread')}){skipped}{failed}"
        )
    if report.failed:
        raise typer.Exit(1)


def print_plan(steps: Sequence[Step], *, as_json: bool) -> None:
    """Print what would be done to each file; end with status 1 if anything could not be."""
    if as_json:
        lines = [
            {
                "source": str(step.job.source),
                "output": str(step.job.target),
                "action": step.action.value,
                "reason": step.reason,
            }
            for step in steps
        ]
        _echo(json.dumps({"dry_run": lines}))
    refused = [step for step in steps if step.action.value == "refuse"]
    for step in steps:
        if step in refused:
            _complain(str(step.job.source), step.reason)
        elif not as_json:
            reason = f" ({step.reason})" if step.reason else ""
            _echo(f"{step.action.value} {step.job.source} -> {step.job.target}{reason}")
    if refused:
        raise typer.Exit(1)


def print_live_report(source: str, snapshot: LiveSnapshot, reason: str, *, as_json: bool) -> None:
    """Print the figures of a live run."""
    if as_json:
        _echo(json.dumps({"source": source, "backend_reason": reason} | snapshot.as_dict()))
        return
    latency = next(iter(snapshot.sinks.values())).latency
    _echo(
        f"{source}: {_number(snapshot.enhanced, 'frame')} in {snapshot.seconds:.1f} s, "
        f"{snapshot.dropped} dropped, latency "
        f"{latency.p50_ms:.0f}/{latency.p95_ms:.0f}/{latency.p99_ms:.0f} ms (p50/p95/p99) "
        f"({_with_reason(snapshot.backend, reason)})"
    )


def _echo(text: str) -> None:
    try:
        typer.echo(in_one_line(text))
    except OSError as exc:
        if exc.errno == errno.EPIPE:  # nobody reads on, which Typer ends quietly
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else it is tried again at the end
        raise OutputError(
            f"the result cannot be printed ({exc.strerror}); make room where stdout goes"
        ) from exc


def _complain(source: str, reason: str) -> None:
    log.error("%s", reason if source in reason else f"{source}: {reason}")


def _with_reason(backend: str, reason: str) -> str:
    return f"{backend}: {reason}" if reason else backend


def _number(count: int, of: str) -> str:
    """Return a number of something, as in "1 frame" and "2 frames"."""
    return f"{count} {of}" if count == 1 else f"{count} {of}s"
