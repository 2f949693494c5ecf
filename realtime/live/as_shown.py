"""Frames as they are to be seen: the right way up, and of square pixels."""

from __future__ import annotations

from fractions import Fraction

import av

from ..frames.conversion import FilterChain
from ..frames.picture import set_times
from ..frames.side_data import display_matrix


class AsShown:
    """Turns, mirrors and scales the frames of one stream as it says they are to be shown."""

    def __init__(self, aspect: Fraction | None) -> None:
        """Take a stream's pixels to be so many times as wide as they are high; None for square ones."""
        self._aspect = aspect or Fraction(1)
        self._kind: object = None
        self._chain: FilterChain | None = None

    def of(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return a frame as it is to be seen; one that is already is returned itself."""
        # Not every frame is asked for its matrix: PyAV's frames and what is attached to them hold each other.
        colours = frame.format.name, frame.colorspace, frame.color_range
        kind = frame.width, frame.height, frame.rotation, colours
        if kind != self._kind:
            filters = _filters((frame.width, frame.height), self._aspect, display_matrix(frame))
            self._kind, self._chain = kind, FilterChain(frame, filters) if filters else None
        if self._chain is None:
            return frame
        result = self._chain.filtered(frame)
        set_times(result, frame)
        return result


def _filters(
    size_wh: tuple[int, int], aspect: Fraction, matrix: tuple[int, ...] | None
) -> list[tuple[str, str]]:
    """Name FFmpeg's filters, and their arguments.

    A matrix moves (x, y) to (a·x + c·y, b·x + d·y); only quarter turns and mirrors are heeded.
    """
    filters = []
    width, height = size_wh
    if aspect > 1:
        filters.append(("scale", f"{_even(width * aspect)}:{height}:flags=bicubic"))
    elif aspect < 1:
        filters.append(("scale", f"{width}:{_even(height / aspect)}:flags=bicubic"))
    a, b, _, c, d, *_ = matrix or (1, 0, 0, 0, 1)
    across, down = a, d
    if abs(b) > abs(a):
        filters.append(("transpose", "cclock_flip"))  # which swaps x and y
        across, down = c, b
    if across < 0:
        filters.append(("hflip", ""))
    if down < 0:
        filters.append(("vflip", ""))
    return filters


def _even(length: Fraction) -> int:
    return max(2, 2 * round(length / 2))
