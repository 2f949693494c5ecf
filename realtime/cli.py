"""The command `zerodce-enhance`.

Everything heavy is imported when there is work to do, so that help is instant.
"""

from __future__ import annotations

import math
import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from zerodce.command_line import run

from .errors import EnhanceError
from .live.address import is_live, without_secrets
from .live.options import CaptureOptions, size_from_text
from .misplaced_options import refuse_for_files, refuse_for_live
from .options import (
    Backend,
    BatchOptions,
    Codec,
    Decoder,
    EncoderOptions,
    EnhancerOptions,
    FileOptions,
    SmoothingOptions,
    estimate_every_from_text,
)
from .printing import print_live_report, print_plan, print_report

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_ENHANCER, _ENCODER, _BATCH = EnhancerOptions(), EncoderOptions(), BatchOptions()
_FILES = FileOptions()
_FOLDERS = "Folders and patterns"
_LIVE = "Live inputs"


@app.command(no_args_is_help=True, context_settings={"allow_extra_args": True})
def enhance(
    context: typer.Context,
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
            help="A file, or a folder/ to put it into; live, also display://, http://:8080, "
            "v4l2://DEVICE, rtsp://…, null://.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME", help="A shipped model, or the path of an .onnx file.")
    ] = _ENHANCER.model,
    strength: Annotated[
        float, typer.Option(help="How much: 0 changes nothing, 1 is the model's full enhancement.")
    ] = _ENHANCER.strength,
    headroom: Annotated[
        float,
        typer.Option(metavar="SHARE", help="Of the range, kept for what is bright, as a sky; 0: off."),
    ] = _ENHANCER.headroom,
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
        typer.Option(metavar="LUMA", help="Under this, colour may be noise: that around counts; 0: off."),
    ] = _ENHANCER.shadow_floor,
    denoise: Annotated[
        bool, typer.Option("--denoise", help="Average noise away before it is made brighter, on the CPU.")
    ] = False,
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
    decoder: Annotated[
        Decoder, typer.Option(help="What decodes video; nvdec leaves frames on the GPU, for tensorrt.")
    ] = _FILES.decoder,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
    jobs: Annotated[
        int, typer.Option(help="Files to work on at once.", rich_help_panel=_FOLDERS)
    ] = _BATCH.jobs,
    recursive: Annotated[
        bool, typer.Option(help="Look into subfolders, too.", rich_help_panel=_FOLDERS)
    ] = _BATCH.recursive,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be done.", rich_help_panel=_FOLDERS)
    ] = False,
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
    sound: Annotated[
        bool,
        typer.Option(
            "--sound/--no-sound", help="Record and publish the input's sound, too.", rich_help_panel=_LIVE
        ),
    ] = True,
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
    if context.args:  # as a shell puts them in place of a pattern
        raise typer.BadParameter(
            f"there are {len(context.args)} names behind INPUT and OUTPUT; for several files, give their "
            "folder, or a pattern in quotes: 'holiday/*.jpg'"
        )
    outputs = [*([] if target is None else [target]), *(output or [])]
    if "" in (source, *outputs):  # which would stand for the folder one is in
        raise typer.BadParameter("the name of an input or an output is empty")
    live = is_live(source, outputs)
    try:
        enhancer_options = EnhancerOptions(
            model=model,
            strength=strength,
            map_size=map_size,
            estimate_every=estimate_every_from_text(estimate_every or ("auto" if live else "1")),
            smoothing=SmoothingOptions(seconds=smoothing),
            headroom=headroom,
            shadow_floor=shadow_floor,
            denoise=denoise,
            threads=threads,
            backend=backend,
        )
        batch_options = BatchOptions(jobs=jobs, recursive=recursive)
        encoder_options = EncoderOptions(codec=codec, crf=crf, preset=preset)
        capture_options = CaptureOptions(
            size_wh=None if size is None else size_from_text(size), fps=fps, tonemap=tonemap, sound=sound
        )
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc
    file_options = FileOptions(
        overwrite=overwrite, keep_partial=keep_partial, tonemap=tonemap, decoder=decoder
    )
    if duration is not None and not 0 < duration < math.inf:
        raise typer.BadParameter(f"the duration must be a number of seconds above 0, not {duration:g}")
    if live:
        refuse_for_live(
            *(source, outputs, encoder_options, file_options, batch_options, capture_options),
            dry_run=dry_run,
            feedback=feedback,
        )
        from .backend import choose_backend
        from .live.command import enhance_live

        _clean_up_after_ctrl_c()
        snapshot = enhance_live(
            *(source, outputs, enhancer_options, encoder_options, file_options, capture_options),
            duration_s=duration,
            feedback=feedback,
        )
        reason = choose_backend(backend).reason
        print_live_report(without_secrets(source), snapshot, reason, as_json=as_json)
        return
    refuse_for_files(
        *(source, batch_options, capture_options),
        further_outputs=output or [],
        duration_s=duration,
        feedback=feedback,
    )
    if target is None:
        raise typer.BadParameter("say where to write", param_hint="OUTPUT")
    from .batch.jobs import target_path
    from .progress import progress_display
    from .run import enhance_all, plan_all

    _clean_up_after_ctrl_c()
    paths = Path(source), target_path(Path(source), target)
    work = (*paths, enhancer_options, encoder_options, file_options, batch_options)
    if dry_run:
        print_plan(plan_all(*work), as_json=as_json)
    else:
        print_report(enhance_all(*work, show=progress_display), as_json=as_json)


def _clean_up_after_ctrl_c() -> None:
    """Let Ctrl-C raise an exception from here on, see `__main__`; before, some imports would swallow it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def main() -> None:
    """Run the command line."""
    os.environ.setdefault("SVT_LOG", "1")  # the AV1 encoder's own log: errors only
    run(app, "zerodce-enhance", EnhanceError)
