"""The commands of `zerodce-bench` that measure speed."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from realtime.errors import EnhanceError
from realtime.live.options import size_from_text
from realtime.options import MOST_THREADS, Backend, EnhancerOptions, EstimateEvery, estimate_every_from_text
from zerodce.progress import progress_bar

from ..chart_file import check_chart
from ..command_options import AsJson, Chart, Model, finite
from ..printing import print_report
from ..tables import gpu_table, latency_table

app = typer.Typer()

_DEFAULTS = EnhancerOptions()


class Size(str, Enum):
    """Sizes that a clip can be scaled to."""

    P480 = "480p"
    P720 = "720p"
    P1080 = "1080p"
    P1440 = "1440p"
    UHD = "4k"


Clip = Annotated[
    Path | None,
    typer.Argument(metavar="[CLIP]", help="A dark video; without one, a tiled wall at night is drawn."),
]
Sizes = Annotated[list[Size] | None, typer.Option("--size", help="Scale the clip; may be repeated.")]
Models = Annotated[list[str] | None, typer.Option("--model", metavar="NAME", help="May be repeated.")]
Every = Annotated[
    list[str] | None,
    typer.Option("--estimate-every", metavar="N|auto", help="As for zerodce-enhance; may be repeated."),
]
Threads = Annotated[
    int, typer.Option(min=1, max=MOST_THREADS, help="Threads of the CPU backend.", show_default="all cores")
]


@app.command()
def fps(
    clip: Clip = None,
    size: Sizes = None,
    model: Models = None,
    estimate_every: Every = None,
    backend: Annotated[Backend, typer.Option(help="What runs the network and the curves.")] = Backend.AUTO,
    threads: Threads = _DEFAULTS.threads,
    frames: Annotated[int, typer.Option(min=1, help="Frames to enhance in memory.")] = 100,
    chart: Chart = None,
    as_json: AsJson = False,
) -> None:
    """Measure frames per second: enhancing alone and from file to file, stage by stage."""
    check_chart(chart)
    from .fps import measure_fps
    from .tables import fps_tables

    options = EnhancerOptions(backend=backend, threads=threads)
    every = _every(estimate_every, [1, 4, "auto"])
    models, sizes = model or [options.model], [chosen.value for chosen in size or []]
    with progress_bar(Console(stderr=True)) as bar:
        report = measure_fps(clip, sizes, models, every, options, frames, bar.track)
    print_report("fps", report, *fps_tables(report), as_json=as_json)
    if chart is not None:
        from .charts import draw_fps

        draw_fps(report, chart)


@app.command()
def peers(
    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="A dark video in 8-bit 4:2:0.")],
    model: Models = None,
    estimate_every: Every = None,
    threads: Threads = _DEFAULTS.threads,
    frames: Annotated[int, typer.Option(min=2, help="Frames for each method.")] = 48,
    chart: Chart = None,
    as_json: AsJson = False,
) -> None:
    """Compare with what people use today: FFmpeg's filters, CLAHE, the network at full size."""
    check_chart(chart)
    from realtime.estimator import shipped_models

    from .peers import measure_peers
    from .tables import peers_table

    options = EnhancerOptions(threads=threads)
    models, every = model or shipped_models(), _every(estimate_every, [1, 4])
    with progress_bar(Console(stderr=True)) as bar:
        report = measure_peers(clip, models, every, options, frames, bar.track)
    print_report("peers", report, peers_table(report), as_json=as_json)
    if chart is not None:
        from .charts import draw_peers

        draw_peers(report, chart)


@app.command()
def scaling(
    clip: Clip = None,
    size: Sizes = None,
    model: Model = _DEFAULTS.model,
    threads: Threads = _DEFAULTS.threads,
    frames: Annotated[int, typer.Option(min=8, help="Frames for each point.")] = 40,
    chart: Chart = None,
    as_json: AsJson = False,
) -> None:
    """Measure how the cost grows with pixels, maps, threads and N, and what it cannot fall below."""
    check_chart(chart)
    from .scaling import measure_scaling
    from .tables import scaling_tables

    options = EnhancerOptions(model=model, threads=threads)
    sizes = [chosen.value for chosen in size or Size]
    with progress_bar(Console(stderr=True)) as bar:
        report = measure_scaling(clip, sizes, options, frames, bar.track)
    print_report("scaling", report, *scaling_tables(report), as_json=as_json)
    if chart is not None:
        from .charts import draw_scaling

        draw_scaling(report, chart)


@app.command()
def latency(
    size: Annotated[str, typer.Option(metavar="WxH", help="Size of the pictures.")] = "1280x720",
    fps: Annotated[float, typer.Option(min=1, callback=finite, help="Pictures per second.")] = 30,
    seconds: Annotated[
        float, typer.Option(min=1, callback=finite, help="How long to measure, after two to warm up.")
    ] = 20,
    model: Model = _DEFAULTS.model,
    estimate_every: Annotated[str, typer.Option(metavar="N|auto", help="As for zerodce-enhance.")] = "auto",
    as_json: AsJson = False,
) -> None:
    """Measure how late live video is: the time is painted into each picture, and read where it is shown."""
    from ..latency import measure_latency

    try:
        size_wh = size_from_text(size)
        options = EnhancerOptions(model=model, estimate_every=estimate_every_from_text(estimate_every))
        report = measure_latency(options, size_wh=size_wh, fps=fps, seconds=seconds)
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc
    print_report("latency", report, latency_table(report), as_json=as_json)


@app.command()
def gpu(
    model: Model = _DEFAULTS.model,
    size: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WxH", help="Size of frames; may be repeated.", show_default="1920x1080, 3840x2160"
        ),
    ] = None,
    frames: Annotated[int, typer.Option(min=1, help="Frames to enhance.")] = 300,
    as_json: AsJson = False,
) -> None:
    """Measure frames per second on an NVIDIA GPU, and its full-size pass against a plain copy."""
    try:
        sizes_wh = [size_from_text(text) for text in size or ("1920x1080", "3840x2160")]
    except ValueError as exc:
        raise typer.BadParameter(str(exc), param_hint="--size") from exc
    from realtime.backend import require_gpu

    from ..gpu_packages import missing_packages

    require_gpu()
    if missing := missing_packages():
        raise EnhanceError(f"not installed: {', '.join(missing)}; see docs/gpu.md")
    from ..gpu import measure_gpu

    report = measure_gpu(model, sizes_wh, frames)
    print_report("gpu", report, gpu_table(report), as_json=as_json)


def _every(texts: list[str] | None, default: list[EstimateEvery]) -> list[EstimateEvery]:
    try:
        every = [estimate_every_from_text(text) for text in texts] if texts else default
        for n in every:
            EnhancerOptions(estimate_every=n)
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc
    return every
