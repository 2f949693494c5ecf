"""The command `zerodce-enhance`.

Everything heavy is imported when there is work to do, so that help is instant.
"""

from __future__ import annotations

import json
import logging
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zerodce.command_line import run

from .errors import EnhanceError
from .live.address import is_live, output_kind, without_secrets
from .live.options import CaptureOptions, size_from_text
from .options import (
    Backend,
    Codec,
    EncoderOptions,
    EnhancerOptions,
    FileOptions,
    SmoothingOptions,
    estimate_every_from_text,
)

if TYPE_CHECKING:
    from .live.stats import LiveSnapshot
    from .run import Report

log = logging.getLogger(__name__)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_ENHANCER, _ENCODER = EnhancerOptions(), EncoderOptions()
_LIVE = "Live inputs"


@app.command(no_args_is_help=True)
def enhance(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A video, an image, or a folder of them; live, a camera (0), rtsp://…, http://… or lavfi:….",
            show_default=False,
        ),
    ],
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="OUTPUT",
            help="A file, or a folder for a folder; live, also display://, http://:8080, v4l2://DEVICE, "
            "rtsp://…, null://.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME", help="A shipped model, or the path of an .onnx file.")
    ] = _ENHANCER.model,
    strength: Annotated[
        float, typer.Option(help="How much: 0 changes nothing, 1 is the model's full enhancement.")
    ] = _ENHANCER.strength,
    smoothing: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="Time over which brightness may change where nothing moves."),
    ] = _ENHANCER.smoothing.seconds,
    estimate_every: Annotated[
        str,
        typer.Option(
            metavar="N|auto",
            help="Run the network on every N-th frame, or when the picture has changed; all are enhanced.",
            show_default=f"{_ENHANCER.estimate_every}, live auto",
        ),
    ] = "",
    map_size: Annotated[
        int, typer.Option(metavar="PIXELS", help="Long side of the small copy that the network sees.")
    ] = _ENHANCER.map_size,
    shadow_floor: Annotated[
        float,
        typer.Option(metavar="LUMA", help="Under this, colour may be noise and is brightened less; 0: off."),
    ] = _ENHANCER.shadow_floor,
    threads: Annotated[
        int, typer.Option(help="Threads for the network and the full-size pass.", show_default="all cores")
    ] = _ENHANCER.threads,
    backend: Annotated[
        Backend, typer.Option(help="What runs the network and the curves; auto takes a GPU that can be used.")
    ] = _ENHANCER.backend,
    codec: Annotated[Codec, typer.Option(help="Video codec; auto keeps the input's kind.")] = _ENCODER.codec,
    crf: Annotated[
        float | None,
        typer.Option(help="Quality of the encoding, lower is better.", show_default="the codec's"),
    ] = _ENCODER.crf,
    preset: Annotated[
        str | None, typer.Option(help="Speed of the encoder, in its own words.", show_default="the codec's")
    ] = _ENCODER.preset,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
    keep_partial: Annotated[
        bool, typer.Option("--keep-partial", help="Keep what decodes of a damaged video.")
    ] = False,
    tonemap: Annotated[
        bool, typer.Option("--tonemap", help="Turn HDR video (PQ, HLG) into SDR, which can be enhanced.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
    output: Annotated[
        list[str] | None,
        typer.Option(metavar="OUTPUT", help="A further output; may be repeated.", rich_help_panel=_LIVE),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="WxH",
            help="Size to ask a camera for.",
            show_default="the largest that is fast",
            rich_help_panel=_LIVE,
        ),
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(help="Frame rate to ask a camera for.", show_default="30", rich_help_panel=_LIVE),
    ] = None,
    duration: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", help="End after so long.", show_default="never", rich_help_panel=_LIVE
        ),
    ] = None,
    feedback: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Ask the viewers of a browser preview for their opinion, and keep it here.",
            rich_help_panel=_LIVE,
        ),
    ] = None,
) -> None:
    """Brighten low-light video, images and cameras; sound, timing and colours are kept."""
    outputs = [*([] if target is None else [target]), *(output or [])]
    live = is_live(source, outputs)
    try:
        enhancer_options = EnhancerOptions(
            model=model,
            strength=strength,
            map_size=map_size,
            estimate_every=estimate_every_from_text(estimate_every or ("auto" if live else "1")),
            smoothing=SmoothingOptions(seconds=smoothing),
            shadow_floor=shadow_floor,
            threads=threads,
            backend=backend,
        )
        encoder_options = EncoderOptions(codec=codec, crf=crf, preset=preset)
        capture_options = CaptureOptions(
            size_wh=None if size is None else size_from_text(size), fps=fps, tonemap=tonemap
        )
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc
    file_options = FileOptions(overwrite=overwrite, keep_partial=keep_partial, tonemap=tonemap)
    if live:
        from .backend import choose_backend
        from .live.command import enhance_live

        _clean_up_after_ctrl_c()
        if feedback and "browser" not in map(output_kind, outputs):
            raise typer.BadParameter("--feedback is for a browser preview: give http://:8080 as an output")
        snapshot = enhance_live(
            *(source, outputs, enhancer_options, encoder_options, file_options, capture_options),
            duration_s=duration,
            feedback=feedback,
        )
        reason = choose_backend(backend).reason
        _print_live_report(without_secrets(source), snapshot, reason, as_json=as_json)
        return
    if output or size or fps or duration or feedback:
        raise typer.BadParameter("--output, --size, --fps, --duration and --feedback are for live inputs")
    if target is None:
        raise typer.BadParameter("say where to write", param_hint="OUTPUT")
    from .progress import frame_progress
    from .run import enhance_all

    _clean_up_after_ctrl_c()
    report = enhance_all(
        Path(source), Path(target), enhancer_options, encoder_options, file_options, show=frame_progress
    )
    _print_report(report, as_json=as_json)


def _clean_up_after_ctrl_c() -> None:
    """Let Ctrl-C raise an exception from here on, see `__main__`; before, some imports would swallow it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _print_live_report(source: str, snapshot: LiveSnapshot, reason: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"source": source, "backend_reason": reason} | snapshot.as_dict()))
        return
    latency = next(iter(snapshot.sinks.values())).latency
    typer.echo(
        f"{source}: {snapshot.enhanced} frames in {snapshot.seconds:.1f} s, {snapshot.dropped} dropped, "
        f"latency {latency.p50_ms:.0f}/{latency.p95_ms:.0f}/{latency.p99_ms:.0f} ms (p50/p95/p99) "
        f"({_with_reason(snapshot.backend, reason)})"
    )


def _print_report(report: Report, *, as_json: bool) -> None:
    """Print the result on stdout, and what failed on stderr; end with status 1 if anything did."""
    for source, reason in report.failed.items():
        log.error("%s", reason if source in reason else f"{source}: {reason}")
    backend = _with_reason(report.backend, report.backend_reason)
    skipped = f", {report.skipped} already there" if report.skipped else ""
    failed = f", {len(report.failed)} failed" if report.failed else ""
    if as_json:
        typer.echo(json.dumps(report.as_dict()))
    else:
        typer.echo(
            f"{report.output}: {report.frames} frames in {report.seconds:.1f} s, {report.fps:.1f} FPS "
            f"({backend}, {report.threads} threads){skipped}{failed}"
        )
    if report.failed:
        raise typer.Exit(1)


def _with_reason(backend: str, reason: str) -> str:
    return f"{backend}: {reason}" if reason else backend


def main() -> None:
    """Run the command line."""
    os.environ.setdefault("SVT_LOG", "1")  # the AV1 encoder's own log: errors only
    run(app, "zerodce-enhance", EnhanceError)
