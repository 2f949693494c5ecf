"""The product beside what people use today, on the same frames in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import av
import av.filter
import numpy as np

from realtime.backend import open_enhancer
from realtime.errors import EnhanceError, InputError
from realtime.estimator import CurveEstimator, find_model
from realtime.live.opencv import load_opencv
from realtime.options import EnhancerOptions, EstimateEvery

from .clips import DarkFrames, load_frames
from .timing import Percentiles, percentiles, time_each

Method = Callable[[int], object]

_WARM_UP_FRAMES = 3
_FULL_SIZE_FRAMES = 2  # seconds each
_FULL_SIZE_MODEL = "zero-dce"
_FILTERS = ("normalize", "histeq", "exposure")
_CLAHE = "OpenCV CLAHE of luma"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRun:
    """One method.

    Attributes:
        method: What it is.
        ours: Whether it is the product.
        time: What a frame took, in memory.
        fps: Frames per second of the mean time.
        ratio: Its mean time over that of the product as it comes.
        frames: Frames measured.
    """

    method: str
    ours: bool
    time: Percentiles
    fps: float
    ratio: float
    frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeersReport:
    """All methods on one clip.

    Attributes:
        clip: Name of the clip.
        width: In pixels.
        height: In pixels.
        threads: Threads of those methods that can be told.
        left_out: Methods that cannot run here, with the reason.
        runs: The methods.
    """

    clip: str
    width: int
    height: int
    threads: int
    left_out: dict[str, str]
    runs: list[PeerRun]


def measure_peers(
    clip: Path,
    models: Sequence[str],
    every: Sequence[EstimateEvery],
    options: EnhancerOptions,
    frames: int,
    track: Callable[[Sequence[int]], Iterable[int]],
) -> PeersReport:
    """Measure every method on the frames of a clip.

    Args:
        clip: A dark video in 8-bit 4:2:0.
        models: Models of ours to measure.
        every: Values of `estimate_every` to measure each with.
        options: What else to enhance with; the first model and value are the product as it comes.
        frames: Frames for each method; the slowest gets fewer.
        track: Wraps what is iterated, to show progress.

    Raises:
        EnhanceError: The clip or a model cannot be used.
    """
    dark = load_frames(clip)
    _require_plain(clip, dark.frames[0])
    settings = {
        f"zerodce-realtime, {model}, network every {'frame' if n == 1 else n}": replace(
            options, model=model, estimate_every=n
        )
        for model, n in product(models, every)
    }
    filters = {f"FFmpeg {name}": name for name in _FILTERS}
    names = ["copy", "plain transcode", *filters, _CLAHE]
    left_out = {
        name: "this build of FFmpeg has no such filter"
        for name, filter_name in filters.items()
        if filter_name not in av.filter.filters_available
    }
    try:
        load_opencv()
    except EnhanceError as exc:
        left_out[_CLAHE] = str(exc)
    fast = [name for name in [*names, *settings] if name not in left_out]
    with ExitStack() as stack:
        works = {name: stack.enter_context(_method(name, clip, dark, settings)) for name in fast}
        seconds: dict[str, list[float]] = {name: [] for name in works}
        # In turn, so that what else the machine does meets them all alike.
        for index in track(range(-_WARM_UP_FRAMES, frames)):
            for name, work in works.items():
                dark.restore(index)
                start = time.perf_counter()
                work(index)
                if index >= 0:
                    seconds[name].append(time.perf_counter() - start)
    with closing(CurveEstimator(find_model(_FULL_SIZE_MODEL), threads=options.threads)) as estimator:
        at_full_size = _enhanced_at_full_size(dark, estimator)
        seconds[f"{_FULL_SIZE_MODEL} at full size, every frame"] = time_each(at_full_size, _FULL_SIZE_FRAMES)
    reference = float(np.mean(seconds[next(iter(settings))]))
    picture = dark.picture(0)
    return PeersReport(
        clip=clip.name,
        width=picture.width,
        height=picture.height,
        threads=options.threads,
        left_out=left_out,
        runs=[
            PeerRun(
                method=name,
                ours=name in settings,
                time=percentiles(times),
                fps=round(1 / float(np.mean(times)), 2),
                ratio=round(float(np.mean(times)) / reference, 3),
                frames=len(times),
            )
            for name, times in seconds.items()
        ],
    )


@contextmanager
def _method(
    name: str, clip: Path, frames: DarkFrames, settings: dict[str, EnhancerOptions]
) -> Iterator[Method]:
    """Make what works on the frame of an index."""
    with ExitStack() as stack:
        if name in settings:
            enhancer = stack.enter_context(closing(open_enhancer(settings[name])))
            yield lambda index: enhancer.enhance(frames.picture(index), index / 30)
        elif name.startswith("FFmpeg"):
            yield _filtered(frames, name.removeprefix("FFmpeg "))
        elif name == _CLAHE:
            yield _equalised(frames)
        elif name == "plain transcode":
            yield _transcoded(clip, stack)
        else:
            yield frames.restore


def _filtered(frames: DarkFrames, filter_name: str) -> Method:
    """Run a filter of FFmpeg's, the conversions it asks for included."""
    first = frames.frame(0)
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=first.width, height=first.height, format=first.format, time_base=first.time_base
    )
    steps = [source, graph.add(filter_name), graph.add("format", "yuv420p"), graph.add("buffersink")]
    graph.link_nodes(*steps).configure()

    def work(index: int) -> object:
        frame = frames.frame(index)
        frame.pts = index
        graph.push(frame)
        return graph.pull()

    return work


def _equalised(frames: DarkFrames) -> Method:
    """Equalise the plane of luma alone: the least that CLAHE can take."""
    clahe = load_opencv().createCLAHE(clipLimit=2.0, tileGridSize=(8, 8))

    def work(index: int) -> object:
        luma = frames.picture(index).planes[0]
        return clahe.apply(luma, luma)

    return work


def _require_plain(clip: Path, frame: av.VideoFrame) -> None:
    """Refuse what some of the methods cannot take."""
    plain = frame.format.name in ("yuv420p", "yuvj420p") and not (frame.width % 2 or frame.height % 2)
    if not plain:
        raise InputError(
            f"{clip} is {frame.format.name} of {frame.width}×{frame.height} pixels, and some methods take "
            "8-bit 4:2:0 of even sizes alone; give such a clip"
        )


def _transcoded(clip: Path, stack: ExitStack) -> Method:
    """Decode and encode the next frame, as plain PyAV does it, with the product's settings."""
    source = stack.enter_context(av.open(str(clip)))
    video = source.streams.video[0]
    video.thread_type = "AUTO"
    sink = stack.enter_context(av.open("/dev/null", "w", format="matroska"))
    stream = sink.add_stream("libx264", rate=video.average_rate, options={"crf": "20", "preset": "veryfast"})
    stream.width, stream.height, stream.pix_fmt = video.width, video.height, "yuv420p"
    decoded = source.decode(video)

    def work(index: int) -> object:
        nonlocal decoded
        frame = next(decoded, None)
        if frame is None:
            source.seek(0)
            decoded = source.decode(video)
            frame = next(decoded)
        frame.pts, frame.time_base, frame.pict_type = index + _WARM_UP_FRAMES, 1 / video.average_rate, 0
        return sink.mux(stream.encode(frame))

    return work


def _enhanced_at_full_size(frames: DarkFrames, estimator: CurveEstimator) -> Method:
    """Run the network on the whole frame and apply the curves with NumPy: the usual deployment."""

    def work(index: int) -> object:
        rgb = frames.frame(index).to_ndarray(format="rgb24").astype(np.float32) / 255
        curves = estimator.estimate(np.ascontiguousarray(rgb.transpose(2, 0, 1)))
        for iteration in range(0, curves.shape[2], 3):
            rgb += curves[..., iteration : iteration + 3] * (rgb * rgb - rgb)
        codes = np.rint(rgb.clip(0, 1) * 255).astype(np.uint8)
        return av.VideoFrame.from_ndarray(codes, format="rgb24").reformat(format="yuv420p")

    return work
