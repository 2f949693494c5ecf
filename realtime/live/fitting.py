"""Frames that change their size, in what keeps its own."""

from __future__ import annotations

import av

from ..conversion import FilterChain, converted


def fitted(
    frame: av.VideoFrame, pixel_format: str, size_wh: tuple[int, int], *, limited_range: bool = False
) -> av.VideoFrame:
    """Convert a frame as `converted` does, but keep its proportions: what is left of the size is black.

    Args:
        frame: YUV or RGB.
        pixel_format: See `converted`.
        size_wh: See `converted`.
        limited_range: See `converted`.
    """
    width, height = size_wh
    scale = min(width / frame.width, height / frame.height)
    # Even, as the samples of chroma are; nearly the whole size is the whole of it.
    inner_wh = max(2, 2 * round(scale * frame.width / 2)), max(2, 2 * round(scale * frame.height / 2))
    if width - inner_wh[0] < 2 and height - inner_wh[1] < 2:
        return converted(frame, pixel_format, size_wh, limited_range=limited_range)
    return _padded(converted(frame, pixel_format, inner_wh, limited_range=limited_range), size_wh)


def _padded(frame: av.VideoFrame, size_wh: tuple[int, int]) -> av.VideoFrame:
    width, height = size_wh
    left, top = (width - frame.width) // 4 * 2, (height - frame.height) // 4 * 2
    return FilterChain(frame, [("pad", f"{width}:{height}:{left}:{top}:black")]).filtered(frame)
