"""Frames per second of the CPU backend on a clip: enhancing alone, and from file to file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from realtime.enhancer import CpuEnhancer
from realtime.errors import InputError
from realtime.frames import CodeArray, Picture, picture_of
from realtime.options import EncoderOptions, EnhancerOptions, EstimateEvery, FileOptions
from realtime.stage_times import StageTimes
from realtime.video import enhance_video
from realtime.video_reader import VideoReader

# Enough frames that at 1080p neither they nor their copies stay in a processor's last-level cache.
_FRAMES_IN_MEMORY = 24
_WARM_UP_FRAMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """Times of one thing done again and again, in milliseconds."""

    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FpsResult:
    """What was measured with one value of `estimate_every`.

    Attributes:
        estimate_every: The network ran on every N-th frame.
        enhance: Time to enhance one decoded frame, nothing else running.
        stages_ms: Mean time of each stage of that.
        enhance_fps: Frames enhanced per second, decoding and encoding left out.
        file_fps: Frames per second from file to file.
        transcode_fps: Frames per second of decoding and encoding the enhanced file alone, in the same run.
    """

    estimate_every: EstimateEvery
    enhance: Percentiles
    stages_ms: dict[str, float]
    enhance_fps: float
    file_fps: float
    transcode_fps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FpsReport:
    """All that was measured on one clip.

    Attributes:
        clip: Name of the clip.
        width: In pixels.
        height: In pixels.
        frames: Frames measured each time; the warm-up is left out.
        model: Name of the model.
        threads: Threads of the enhancer.
        copy: Time to copy one frame with NumPy, in the same run: what any pass over a frame costs at least.
        results: One for each value of `estimate_every`.
    """

    clip: str
    width: int
    height: int
    frames: int
    model: str
    threads: int
    copy: Percentiles
    results: list[FpsResult]


def measure_fps(clip: Path, model: str, every: Sequence[EstimateEvery], frames: int) -> FpsReport:
    """Measure the speed on a clip.

    Args:
        clip: A video in a pixel format that is enhanced without conversion, such as 4:2:0.
        model: Name of a shipped model, or path of an ONNX file.
        every: Values of `estimate_every` to measure.
        frames: Frames to measure in memory; the clip's first ones are used again and again.

    Raises:
        EnhanceError: The clip or the model cannot be used.
    """
    decoded = _decode(clip)
    pictures = [picture_of(frame) for frame in decoded]
    options = [EnhancerOptions(model=model, estimate_every=n) for n in every]
    return FpsReport(
        clip=clip.name,
        width=pictures[0].width,
        height=pictures[0].height,
        frames=frames,
        model=model,
        threads=options[0].threads,
        copy=_time_copies(pictures, frames),
        results=[_measure(clip, pictures, option, frames) for option in options],
    )


def _measure(clip: Path, pictures: Sequence[Picture], options: EnhancerOptions, frames: int) -> FpsResult:
    originals = [tuple(plane.copy() for plane in picture.planes) for picture in pictures]
    times = StageTimes()
    with CpuEnhancer(options, times=times) as enhancer:

        def enhance(index: int) -> None:
            enhancer.enhance(pictures[index % len(pictures)], index / 30)

        for index in range(_WARM_UP_FRAMES):
            enhance(index)
        times.clear()
        enhancing = _time_each(enhance, frames, before=lambda index: _restore(pictures, originals, index))
    with TemporaryDirectory(prefix="zerodce-bench-") as folder:
        enhanced = Path(folder, "enhanced.mkv")
        file_fps = _file_fps(clip, enhanced, options)
        transcode_fps = _file_fps(enhanced, Path(folder, "again.mkv"), replace(options, strength=0))
    return FpsResult(
        estimate_every=options.estimate_every,
        enhance=_percentiles(enhancing),
        stages_ms={stage: round(ms, 3) for stage, ms in times.mean_ms(frames).items()},
        enhance_fps=round(1 / float(np.mean(enhancing)), 2),
        file_fps=file_fps,
        transcode_fps=transcode_fps,
    )


def _decode(clip: Path) -> list[av.VideoFrame]:
    """Decode the first frames of a clip, to be written to."""
    with VideoReader(clip) as reader:
        frames = list(islice((item for item in reader if isinstance(item, av.VideoFrame)), _FRAMES_IN_MEMORY))
    for frame in frames:
        frame.make_writable()
    if len(frames) < 2:
        raise InputError(f"{clip} has only one frame; give a longer clip")
    return frames


def _restore(pictures: Sequence[Picture], originals: Sequence[tuple[CodeArray, ...]], index: int) -> None:
    """Put the samples back as they were decoded: enhanced twice, a picture would not be dark."""
    index %= len(pictures)
    for plane, original in zip(pictures[index].planes, originals[index], strict=True):
        np.copyto(plane, original)


def _time_copies(pictures: Sequence[Picture], frames: int) -> Percentiles:
    copies = [tuple(plane.copy() for plane in picture.planes) for picture in pictures]
    return _percentiles(_time_each(lambda index: _restore(pictures, copies, index), frames))


def _file_fps(source: Path, target: Path, options: EnhancerOptions) -> float:
    """Return the frames per second from file to file, loading the model left out."""
    with CpuEnhancer(options) as enhancer:
        start = time.perf_counter()
        frames = enhance_video(source, target, enhancer, EncoderOptions(), FileOptions())
        return round(frames / (time.perf_counter() - start), 2)


def _time_each(
    work: Callable[[int], None], count: int, before: Callable[[int], None] = lambda index: None
) -> list[float]:
    """Return the seconds of each call; what is done before each is not counted."""
    seconds = []
    for index in range(count):
        before(index)
        start = time.perf_counter()
        work(index)
        seconds.append(time.perf_counter() - start)
    return seconds


def _percentiles(seconds: Sequence[float]) -> Percentiles:
    p50, p95, p99 = (round(1e3 * float(value), 3) for value in np.percentile(seconds, (50, 95, 99)))
    return Percentiles(p50_ms=p50, p95_ms=p95, p99_ms=p99)
