"""Footage in memory to measure on: read from a clip, darkened with a known original, stilled, panned, cut."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from realtime.errors import InputError
from realtime.frames.conversion import converted
from zerodce.synthesis import Darkening, darken, linear_from_srgb

from .clip_reader import reading

Frame = npt.NDArray[Any]  # (H, W, 3) uint8 RGB

# What is made is shown at so many frames a second.
RATE = 30

# Three stops under, with the noise of a small sensor: what a phone films in a dim room.
_DIM = Darkening(
    exposure=(-3, -3),
    normal_share=0,
    gamma=(1.2, 1.2),
    white_balance=0,
    shot_noise=(2e-4, 2e-4),
    read_noise=(7e-4, 7e-4),
    jpeg_share=0,
)
_NOISELESS = replace(_DIM, shot_noise=(1e-30, 1e-30), read_noise=(1e-15, 1e-15))
# Brightness is compared block by block, and a pan leaves three quarters of a picture's sides.
_LEAST_SIDE = 16
# As cameras encode: nothing looked ahead at, no frame out of order, a keyframe every two seconds.
_CAMERA = {"preset": "veryfast", "tune": "zerolatency", "crf": "23", "g": str(2 * RATE)}


@dataclass(frozen=True, slots=True)
class Footage:
    """Frames and when they are shown.

    Attributes:
        frames: (H, W, 3) uint8 each, RGB, all of one size, both sides even.
        times_s: Their presentation times, in seconds.
    """

    frames: Sequence[Frame]
    times_s: Sequence[float]

    @classmethod
    def made(cls, frames: Sequence[Frame]) -> Footage:
        """Show frames at `RATE`."""
        return cls(frames, [index / RATE for index in range(len(frames))])

    def until(self, count: int) -> Footage:
        """Return the first frames."""
        return Footage(self.frames[:count], self.times_s[:count])


def read_footage(clip: Path, frames: int, long_side: int, size_wh: tuple[int, int] | None = None) -> Footage:
    """Read the first frames of a clip.

    Args:
        clip: A video.
        frames: How many at most.
        long_side: What larger frames are shrunk to, in pixels.
        size_wh: A size to give them instead, both even.

    Raises:
        InputError: The clip cannot be read, or has but one frame, or too few pixels to measure on.
    """
    with reading(clip) as reader:
        width, height = reader.first_frame.width, reader.first_frame.height
        scale = min(1.0, long_side / max(width, height))
        size_wh = size_wh or (max(2, int(width * scale) & ~1), max(2, int(height * scale) & ~1))
        decoded = islice((item for item in reader if isinstance(item, av.VideoFrame)), frames)
        shown = [(converted(frame, "rgb24", size_wh).to_ndarray(), frame.time or 0.0) for frame in decoded]
    if len(shown) < 2:
        raise InputError(f"{clip} has only one frame; give a longer clip")
    if min(size_wh) < _LEAST_SIDE:
        raise InputError(
            f"{clip} leaves {size_wh[0]}×{size_wh[1]} pixels to measure on; give a clip of at least "
            f"{_LEAST_SIDE}×{_LEAST_SIDE}"
        )
    return Footage([frame for frame, _ in shown], [time_s for _, time_s in shown])


def darkened(footage: Footage, *, noise: bool = True) -> Footage:
    """Film the same with too little light: one exposure for all frames, fresh noise in each."""
    generator = np.random.default_rng(0)
    settings = _DIM if noise else _NOISELESS
    dark = (
        darken(linear_from_srgb(frame / np.float32(255)), generator, settings) for frame in footage.frames
    )
    return Footage([np.rint(frame * 255).astype(np.uint8) for frame in dark], footage.times_s)


def still(frame: Frame, frames: int) -> Footage:
    """Film one picture from a tripod."""
    return Footage.made([frame] * frames)


def pan(frame: Frame, step_xy: tuple[int, int], frames: int) -> Footage:
    """Move over a picture by whole pixels, so that nothing is interpolated.

    The view is three quarters as wide and as high; it ends early where the picture does.
    """
    height, width = (length * 3 // 4 & ~1 for length in frame.shape[:2])
    rooms = ((frame.shape[1] - width, step_xy[0]), (frame.shape[0] - height, step_xy[1]))
    count = min([frames, *(room // step + 1 for room, step in rooms if step)])
    corners = ((step_xy[0] * index, step_xy[1] * index) for index in range(count))
    return Footage.made([frame[y : y + height, x : x + width].copy() for x, y in corners])


def joined(first: Footage, second: Footage) -> Footage:
    """Cut from one shot to another of the same size."""
    return Footage.made([*first.frames, *second.frames])


def compressed(footage: Footage) -> Footage:
    """Encode footage as a camera does, as H.264 4:2:0, and decode it."""
    file = io.BytesIO()
    height, width, _ = footage.frames[0].shape
    with av.open(file, "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=Fraction(RATE), options=_CAMERA)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in footage.frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return Footage(frames, footage.times_s)
