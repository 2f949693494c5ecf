"""Frames per second of the product on this machine: enhancing alone, and from file to file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from realtime.backend import open_enhancer
from realtime.options import EncoderOptions, EnhancerOptions, EstimateEvery, FileOptions
from realtime.video.pipeline import enhance_video

from .clips import SIZES_WH, SYNTHETIC, DarkFrames, load_frames, make_clip
from .power import PowerMeter
from .process import run_enhance
from .timing import Percentiles, StageSamples, percentiles, time_each

WARM_UP_FRAMES = 5
# Frames of the clips that are made, at most: encoding takes far longer than enhancing.
_FRAMES_IN_FILE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class FpsRun:
    """What was measured with one setting.

    Attributes:
        size: Name of the size, or `WIDTHxHEIGHT`.
        width: In pixels.
        height: In pixels.
        model: The model.
        backend: What ran it.
        estimate_every: How often the network was to run.
        estimated: On which share of the frames it did.
        copy: Copying a frame on one thread, in the same run: what any pass over a frame costs at least.
        enhance: Enhancing a decoded frame in memory, nothing else running.
        stages: Each stage of that, and of `decode` and `encode` in the run from file to file; over the
            frames that went through it.
        enhance_fps: Frames enhanced per second, decoding and encoding left out.
        streams: How many streams of 30 FPS that is.
        file_fps: Frames per second from file to file.
        transcode_fps: The same of the enhanced file, with enhancing turned off.
        startup_s: Seconds of a `zerodce-enhance` process that did not go into frames.
        peak_memory_mib: The most memory that it held.
        watts: Mean power of the GPU, or of a Jetson's module, while enhancing; None where nothing tells it.
    """

    size: str
    width: int
    height: int
    model: str
    backend: str
    estimate_every: EstimateEvery
    estimated: float
    copy: Percentiles
    enhance: Percentiles
    stages: dict[str, Percentiles]
    enhance_fps: float
    streams: int
    file_fps: float
    transcode_fps: float
    startup_s: float
    peak_memory_mib: float
    watts: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FpsReport:
    """All that was measured.

    Attributes:
        clip: Name of the clip, or `synthetic`.
        frames: Frames enhanced in memory for each setting.
        warm_up_frames: Frames enhanced before those, and not counted.
        threads: Threads of the enhancer.
        runs: One for each size, model and `estimate_every`.
    """

    clip: str
    frames: int
    warm_up_frames: int
    threads: int
    runs: list[FpsRun]


def measure_fps(
    clip: Path | None,
    sizes: Sequence[str],
    models: Sequence[str],
    every: Sequence[EstimateEvery],
    options: EnhancerOptions,
    frames: int,
    track: Callable[[Sequence[tuple[str, EnhancerOptions]]], Iterable[tuple[str, EnhancerOptions]]],
) -> FpsReport:
    """Measure the speed of every combination.

    Args:
        clip: A dark video, or None to draw one.
        sizes: Names of sizes to scale it to; none for the clip's own.
        models: Names of shipped models, or paths of ONNX files.
        every: Values of `estimate_every`.
        options: What else to enhance with.
        frames: Frames to enhance in memory; a clip's first ones are used again and again.
        track: Wraps what is iterated, to show progress.

    Raises:
        EnhanceError: The clip or a model cannot be used.
    """
    settings = [replace(options, model=model, estimate_every=n) for model in models for n in every]
    with TemporaryDirectory(prefix="zerodce-bench-") as name:
        folder = Path(name)
        runs: list[FpsRun] = []
        clips: dict[str, Path] = {}
        loaded: dict[str, DarkFrames] = {}
        for size, setting in track(list(product(sizes or [""], settings))):
            if size not in loaded:
                loaded.clear()
                clips[size] = _clip_of_size(clip, size, frames, folder)
                loaded[size] = load_frames(clips[size])
            runs.append(_measure(clips[size], size, loaded[size], setting, frames, folder))
    return FpsReport(
        clip=SYNTHETIC if clip is None else clip.name,
        frames=frames,
        warm_up_frames=WARM_UP_FRAMES,
        threads=options.threads,
        runs=runs,
    )


def _clip_of_size(clip: Path | None, size: str, frames: int, folder: Path) -> Path:
    if clip is not None and not size:
        return clip
    target = folder / f"{size or '1080p'}.mp4"
    make_clip(clip, SIZES_WH[size or "1080p"], min(frames, _FRAMES_IN_FILE), target)
    return target


def _measure(
    clip: Path, size: str, frames: DarkFrames, options: EnhancerOptions, count: int, folder: Path
) -> FpsRun:
    picture = frames.picture(0)
    copying = time_each(frames.restore, count)
    seconds, times, backend, watts = enhance_in_memory(frames, options, count)
    enhanced, again = folder / "enhanced.mkv", folder / "again.mkv"
    file_fps, in_file = _file_fps(clip, enhanced, options)
    transcode_fps, _ = _file_fps(enhanced, again, replace(options, strength=0))
    process = run_enhance(clip, again, options)
    stages = times.percentiles()
    stages |= {stage: spread for stage, spread in in_file.percentiles().items() if stage not in stages}
    fps = 1 / float(np.mean(seconds))
    return FpsRun(
        size=size or f"{picture.width}x{picture.height}",
        width=picture.width,
        height=picture.height,
        model=options.model,
        backend=backend,
        estimate_every=options.estimate_every,
        estimated=round(times.count("estimate") / count, 3),
        copy=percentiles(copying),
        enhance=percentiles(seconds),
        stages=stages,
        enhance_fps=round(fps, 2),
        streams=int(fps / 30),
        file_fps=file_fps,
        transcode_fps=transcode_fps,
        startup_s=process.startup_s,
        peak_memory_mib=process.peak_memory_mib,
        watts=watts,
    )


def enhance_in_memory(
    frames: DarkFrames, options: EnhancerOptions, count: int
) -> tuple[list[float], StageSamples, str, float | None]:
    """Enhance frames one after the other, after a warm-up.

    Returns:
        The seconds of each, the times of the stages, the backend, and the mean power in watts, if known.
    """
    times = StageSamples()
    with closing(open_enhancer(options, times=times)) as enhancer:

        def enhance(index: int) -> None:
            enhancer.enhance(frames.picture(index), index / 30)

        for index in range(-WARM_UP_FRAMES, 0):
            frames.restore(index)
            enhance(index)
        times.clear()
        with PowerMeter() as power:
            seconds = time_each(enhance, count, before=frames.restore)
        backend = enhancer.backend
    for index in range(len(frames.pictures)):
        frames.restore(index)
    return seconds, times, backend, power.watts


def _file_fps(source: Path, target: Path, options: EnhancerOptions) -> tuple[float, StageSamples]:
    """Return the frames per second from file to file, loading the model left out, and the stages."""
    times = StageSamples()
    with closing(open_enhancer(options, times=times)) as enhancer:
        start = time.perf_counter()
        files = FileOptions(overwrite=True)
        frames = enhance_video(source, target, enhancer, EncoderOptions(), files, times=times)
        return round(frames / (time.perf_counter() - start), 2), times
