"""A film to enhance, options and ways to enhance it, and how far two results are apart."""

from __future__ import annotations

import numpy as np

from realtime.enhancer import Enhancer
from realtime.frames.colour import PixelLayout
from realtime.frames.picture import Picture
from realtime.options import EnhancerOptions

OPTIONS = EnhancerOptions(threads=1, map_size=32)
SIZE_WH = (90, 52)

LAYOUTS = {
    "yuv420p": PixelLayout(kind="yuv", chroma_shift_wh=(1, 1)),
    "yuv422p10": PixelLayout(kind="yuv", bits=10, chroma_shift_wh=(1, 0)),
    "grey": PixelLayout(kind="grey", full_range=True),
    "bgr": PixelLayout(kind="bgr"),
}


def scene(
    index: int, size_wh: tuple[int, int] = SIZE_WH, layout: PixelLayout = LAYOUTS["yuv420p"]
) -> Picture:
    """Return a frame of a film: dark, something moves, a cut after the fifth, padding at the ends of rows."""
    width, height = size_wh
    random = np.random.default_rng(index // 5)
    y, x = np.mgrid[0:height, 0:width]
    base = (
        20
        + 30 * random.random()
        + 25 * np.sin((x + 3 * index) / 9) ** 2
        + 60 * (index // 5) * (y > height / 2)
    )
    scale = layout.peak / 255
    dtype = np.uint8 if layout.bits == 8 else np.uint16
    if layout.kind in ("rgb", "bgr"):
        packed = np.stack([base, base + 9, base + 5], -1).astype(dtype)
        return Picture.from_packed(np.ascontiguousarray(packed), layout.kind)
    luma = np.pad(base, ((0, 0), (0, 6)), constant_values=77) * scale
    planes = [luma.astype(dtype)]
    if layout.kind == "yuv":
        shift_x, shift_y = layout.chroma_shift_wh
        shape = -(-height // (1 << shift_y)), -(-width // (1 << shift_x)) + 3
        planes += [(random.integers(120, 136, shape) * scale).astype(dtype) for _ in range(2)]
    return Picture(tuple(planes), width, height, layout)


def film(frames: int = 8, **choices: object) -> list[Picture]:
    return [scene(index, **choices) for index in range(frames)]  # type: ignore[arg-type]


def enhanced(enhancer: Enhancer, pictures: list[Picture]) -> list[Picture]:
    for index, picture in enumerate(pictures):
        enhancer.enhance(picture, index / 25)
    return pictures


def at_once(enhancer: Enhancer, pictures: list[Picture]) -> list[Picture]:
    """Enhance with as many frames under way as may be."""
    for index, picture in enumerate(pictures):
        if index >= enhancer.depth:
            enhancer.finish()
        enhancer.begin(picture, index / 25)
    for _ in range(min(len(pictures), enhancer.depth)):
        enhancer.finish()
    return pictures


def largest_difference(first: list[Picture], second: list[Picture]) -> int:
    return max(
        int(np.abs(a.astype(int) - b.astype(int)).max())
        for one, other in zip(first, second, strict=True)
        for a, b in zip(one.planes, other.planes, strict=True)
    )
