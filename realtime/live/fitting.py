"""Frames that change their size, in what keeps its own."""

from __future__ import annotations

import av

from ..frames.conversion import FilterChain, converted


class Fitter:
    """Fits the frames of one stream into a size."""

    def __init__(self, size_wh: tuple[int, int]) -> None:
        """Fit frames into a width and a height, in pixels."""
        self._size_wh = size_wh
        self._kind: object = None
        self._chain: FilterChain | None = None

    def fitted(
        self, frame: av.VideoFrame, pixel_format: str, *, limited_range: bool = False
    ) -> av.VideoFrame:
        """Convert a frame as `converted` does, but keep its proportions: what is left of the size is black.

        Args:
            frame: YUV or RGB.
            pixel_format: See `converted`.
            limited_range: See `converted`.
        """
        width, height = self._size_wh
        scale = min(width / frame.width, height / frame.height)
        # Even, as the samples of chroma are; nearly the whole size is the whole of it.
        inner_wh = max(2, 2 * round(scale * frame.width / 2)), max(2, 2 * round(scale * frame.height / 2))
        if width - inner_wh[0] < 2 and height - inner_wh[1] < 2:
            return converted(frame, pixel_format, self._size_wh, limited_range=limited_range)
        return self._padded(converted(frame, pixel_format, inner_wh, limited_range=limited_range))

    def _padded(self, frame: av.VideoFrame) -> av.VideoFrame:
        colours = frame.format.name, frame.colorspace, frame.color_range
        kind = frame.width, frame.height, frame.time_base, colours
        if self._chain is None or kind != self._kind:
            width, height = self._size_wh
            left, top = (width - frame.width) // 4 * 2, (height - frame.height) // 4 * 2
            self._chain = FilterChain(frame, [("pad", f"{width}:{height}:{left}:{top}:black")])
            self._kind = kind
        return self._chain.filtered(frame)
