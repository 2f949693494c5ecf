"""Refuse options on the command line that are for other inputs or outputs than those that are given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import typer

from .live.address import input_kind, output_kind
from .live.options import CaptureOptions
from .options import BatchOptions, EncoderOptions, FileOptions


def refuse_for_live(
    source: str,
    outputs: Sequence[str],
    encoder: EncoderOptions,
    files: FileOptions,
    batch: BatchOptions,
    capture: CaptureOptions,
    *,
    dry_run: bool,
    feedback: Path | None,
) -> None:
    """Refuse what a live run from an input to outputs has no use for.

    Raises:
        typer.BadParameter: Something of that kind was chosen.
    """
    usual = FileOptions()
    if dry_run or files.keep_partial or files.decoder != usual.decoder or batch != BatchOptions():
        raise typer.BadParameter(
            "--dry-run, --jobs, --no-recursive, --keep-partial and --decoder are for files, not for live runs"
        )
    kinds = [output_kind(output) for output in outputs]
    asks_for_a_mode = capture.size_wh is not None or capture.fps is not None
    if asks_for_a_mode and input_kind(source) in ("stream", "synthetic", "file"):
        raise typer.BadParameter("--size and --fps ask a camera for a mode, and the input is none")
    if encoder != EncoderOptions() and "file" not in kinds:
        raise typer.BadParameter(
            "--codec, --crf and --preset are for recordings: give a file such as live.mkv as an output"
        )
    if feedback and "browser" not in kinds:
        raise typer.BadParameter("--feedback is for a browser preview: give http://:8080 as an output")


def refuse_for_files(
    source: str,
    batch: BatchOptions,
    capture: CaptureOptions,
    *,
    further_outputs: Sequence[str],
    duration_s: float | None,
    feedback: Path | None,
) -> None:
    """Refuse what a run over a file, a folder or a pattern has no use for.

    Raises:
        typer.BadParameter: Something of that kind was chosen.
    """
    for_live = (further_outputs, capture.size_wh, capture.fps, duration_s, feedback, not capture.sound)
    if any(for_live):
        raise typer.BadParameter(
            "--output, --size, --fps, --duration, --no-sound and --feedback are for live inputs"
        )
    if batch != BatchOptions() and os.path.isfile(source):  # noqa: PTH113 - raises nothing
        raise typer.BadParameter("--jobs and --no-recursive are for folders, not for a single file")
    if not batch.recursive and "**" in Path(source).parts:
        raise typer.BadParameter(
            "'**' stands for subfolders, and --no-recursive leaves them out; drop one of them"
        )
