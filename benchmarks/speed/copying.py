"""The full-size pass against copying the same frame, by format and number of threads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from export.manifest import COLOURS, Manifest
from realtime.curves.applier import CurveApplier, curve_factors
from realtime.curves.colours import TINTS
from realtime.curves.small_picture import cell_size
from realtime.estimator import find_model
from realtime.frames.picture import picture_of
from realtime.options import EnhancerOptions

from .clips import DarkFrames

FORMATS = ("yuv420p", "yuv420p10le", "bgr24")
_WARM_UP = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PassAgainstCopy:
    """One format on so many threads.

    Attributes:
        format: FFmpeg's name of the pixel format.
        pixels: Of the frame.
        threads: Of the pass; the copy has one.
        pass_ms: The median of the full-size pass.
        copy_ms: That of `np.copyto` of every plane, in the same run.
        ratio: The median of pass / copy over neighbouring frames.
    """

    format: str
    pixels: int
    threads: int
    pass_ms: float
    copy_ms: float
    ratio: float


def measure_passes(
    dark: DarkFrames, options: EnhancerOptions, threads: Sequence[int], frames: int
) -> list[PassAgainstCopy]:
    """Let the pass and the copy take turns over frames of every format."""
    return [
        _pass_against_copy(converted, name, options, count, frames)
        for name in FORMATS
        for converted in [_converted(dark, name)]
        for count in threads
    ]


def _converted(dark: DarkFrames, name: str) -> DarkFrames:
    frames = [frame.reformat(format=name) for frame in dark.frames]
    pictures = [picture_of(frame) for frame in frames]
    originals = [tuple(plane.copy() for plane in picture.planes) for picture in pictures]
    return DarkFrames(pictures, originals, frames)


def _pass_against_copy(
    dark: DarkFrames, name: str, options: EnhancerOptions, threads: int, frames: int
) -> PassAgainstCopy:
    first = dark.picture(0)
    model = Manifest.read(find_model(options.model))
    cell = model.map_stride * cell_size(first.width, first.height, options.map_size)
    cells = -(-first.height // cell), -(-first.width // cell)
    random = np.random.default_rng(1)
    maps = random.uniform(-0.5, 0, (*cells, COLOURS * model.maps)).astype(np.float32)
    factors = curve_factors(maps, 1, model.curve)
    tints = random.uniform(-0.2, 0.2, (*cells, TINTS)).astype(np.float32)
    applier, passes, copies = CurveApplier(threads=threads, curve=model.curve), [], []
    for index in range(frames + _WARM_UP):
        start = time.perf_counter()
        # A frame that is not enhanced before half of the others were: none is still in the cache.
        dark.restore(index + len(dark.pictures) // 2)
        copied = time.perf_counter()
        applier.apply(dark.picture(index), factors, cell, options.shadow_floor, tints)
        passes.append(time.perf_counter() - copied)
        copies.append(copied - start)
    applier.close()
    passes, copies = passes[_WARM_UP:], copies[_WARM_UP:]
    return PassAgainstCopy(
        format=name,
        pixels=first.width * first.height,
        threads=threads,
        pass_ms=round(1e3 * float(np.median(passes)), 3),
        copy_ms=round(1e3 * float(np.median(copies)), 3),
        ratio=round(float(np.median(np.divide(passes, copies))), 2),
    )
