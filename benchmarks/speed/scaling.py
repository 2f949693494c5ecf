"""How the cost of a frame grows with its pixels, the maps, the threads and N, and the floor under it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numba import njit

from export.manifest import COLOURS, Manifest
from realtime.estimator import find_model
from realtime.frames.colour import FloatArray
from realtime.options import EnhancerOptions

from .clips import SIZES_WH, SYNTHETIC, DarkFrames, load_frames, make_clip
from .copying import PassAgainstCopy, measure_passes
from .fps import enhance_in_memory
from .timing import Percentiles, percentiles, time_each

MAP_SIZES = (64, 128, 256, 512)
EVERY = (1, 2, 4, 8)
_SIZE = "1080p"  # where the size is not what varies

_CHAIN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One place on a curve.

    Attributes:
        value: Pixels, map size, threads or N.
        label: What to call it.
        enhance: Enhancing a frame in memory.
        mean_ms: The mean of that.
        stages: Each stage of it, over the frames that went through it.
    """

    value: int
    label: str
    enhance: Percentiles
    mean_ms: float
    stages: dict[str, Percentiles]


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What a frame cannot take less than.

    Attributes:
        pixels: Of the frame.
        copy_ms: Copying it on one thread.
        arithmetic_ms: The multiply-adds of the full-size pass at the peak of this machine.
    """

    pixels: int
    copy_ms: float
    arithmetic_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingReport:
    """The four curves.

    Attributes:
        clip: Name of the clip that was scaled, or `synthetic`.
        model: The model.
        frames: Frames measured for each point, after a warm-up.
        threads: Threads where they are not what varies.
        multiply_adds_per_s: The most that this machine did, with as many threads.
        pixels: By the size of the frame.
        floor: For each of those.
        passes: The full-size pass of each format against a copy, at 1080p and 4K.
        map_size: By the long side of what the network sees, at 1080p as all that follow.
        by_threads: By the number of threads.
        estimate_every: By N.
    """

    clip: str
    model: str
    frames: int
    threads: int
    multiply_adds_per_s: float
    pixels: list[Point]
    floor: list[Floor]
    passes: list[PassAgainstCopy]
    map_size: list[Point]
    by_threads: list[Point]
    estimate_every: list[Point]


def measure_scaling(
    clip: Path | None,
    sizes: Sequence[str],
    options: EnhancerOptions,
    frames: int,
    track: Callable[[Sequence[str]], Iterable[str]],
) -> ScalingReport:
    """Measure the curves.

    Args:
        clip: A dark video, or None to draw one.
        sizes: Names of sizes; the last is where all but the size varies, unless 1080p is among them.
        options: What to enhance with; one thing at a time is changed.
        frames: Frames for each point.
        track: Wraps what is iterated, to show progress.

    Raises:
        EnhanceError: The clip or the model cannot be used.
    """
    peak = _multiply_adds_per_s(options.threads)
    threads = sorted({1, *(n for n in (2, 4, 8, 16) if n < options.threads), options.threads})
    pixels, floor, passes, curves = [], [], [], {}
    for size in track(sizes):
        with TemporaryDirectory(prefix="zerodce-bench-") as folder:
            scaled = Path(folder, "clip.mp4")
            make_clip(clip, SIZES_WH[size], min(frames, 48), scaled)
            dark = load_frames(scaled)
        count = dark.picture(0).width * dark.picture(0).height
        pixels.append(_point(count, size, dark, options, frames))
        copying = np.median(time_each(dark.restore, frames))
        floor.append(
            Floor(
                pixels=count,
                copy_ms=round(1e3 * float(copying), 3),
                arithmetic_ms=round(1e3 * count * _multiply_adds_a_pixel(options.model) / peak, 3),
            )
        )
        varied_here = size == (_SIZE if _SIZE in sizes else sizes[-1])
        if varied_here or size == "4k":
            passes += measure_passes(dark, options, threads, frames)
        if varied_here:
            varied = {
                "map_size": [(n, replace(options, map_size=n)) for n in MAP_SIZES],
                "by_threads": [(n, replace(options, threads=n)) for n in threads],
                "estimate_every": [(n, replace(options, estimate_every=n)) for n in EVERY],
            }
            curves = {
                name: [_point(n, str(n), dark, changed, frames) for n, changed in settings]
                for name, settings in varied.items()
            }
    return ScalingReport(
        clip=SYNTHETIC if clip is None else clip.name,
        model=options.model,
        frames=frames,
        threads=options.threads,
        multiply_adds_per_s=float(f"{peak:.3g}"),
        pixels=pixels,
        floor=floor,
        passes=passes,
        **curves,
    )


def _point(value: int, label: str, dark: DarkFrames, options: EnhancerOptions, frames: int) -> Point:
    seconds, times, _, _ = enhance_in_memory(dark, options, frames)
    return Point(
        value=value,
        label=label,
        enhance=percentiles(seconds),
        mean_ms=round(1e3 * float(np.mean(seconds)), 3),
        stages=times.percentiles(),
    )


def _multiply_adds_a_pixel(model: str) -> float:
    """Return what the full-size pass of 4:2:0 cannot do without.

    Each map takes two for each of three colours (and a rational curve a division besides), and a quarter of
    one for its interpolation, which four rows share; turning codes into colours takes 3, what luma gains 4.
    Four pixels share the trust in their colour, which takes 13, and what chroma gains, 6.
    """
    return COLOURS * 2.25 * Manifest.read(find_model(model)).maps + 3 + 4 + (13 + 6) / 4


def _multiply_adds_per_s(threads: int) -> float:
    """Return the most multiply-adds of float32 a second that compiled code reaches on so many threads."""
    repeats, best = 20_000, 0.0
    lanes = [np.full((3, 512), 0.5, np.float32) for _ in range(threads)]
    _multiply_and_add(lanes[0], np.float32(0.5), 1)
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(5):
            start = time.perf_counter()
            list(pool.map(lambda values: _multiply_and_add(values, np.float32(0.5), repeats), lanes))
            best = max(best, threads * lanes[0].size * _CHAIN * repeats / (time.perf_counter() - start))
    return best


@njit(cache=True, nogil=True, fastmath={"contract"})
def _multiply_and_add(values: FloatArray, factor: float, repeats: int) -> None:
    # Three at once: fewer chains would wait for one another's results.
    for _ in range(repeats):
        for x in range(values.shape[1]):
            first, second, third = values[0, x], values[1, x], values[2, x]
            for _ in range(_CHAIN):
                first = first * factor + factor
                second = second * factor + factor
                third = third * factor + factor
            values[0, x], values[1, x], values[2, x] = first, second, third
