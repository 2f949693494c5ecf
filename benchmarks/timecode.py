"""Paint a number into a frame, and read it again after the frame was enhanced."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BITS = 48
_CELL = 8  # side in pixels; a row of 24 cells is as wide as the narrowest picture
_COLUMNS = 24
_ROWS = BITS // _COLUMNS
# The least and the most that limited range can say: enhancing leaves black and white as they are.
_BLACK, _WHITE = 16, 235

WIDTH, HEIGHT = _COLUMNS * _CELL, _ROWS * _CELL


def paint(luma: npt.NDArray[np.uint8], number: int) -> None:
    """Paint a number into the upper left corner of a plane of luma.

    Args:
        luma: (H, W) uint8 in limited range; at least (HEIGHT, WIDTH).
        number: At least 0 and less than 2 ** BITS.
    """
    bits = (number >> np.arange(BITS)) & 1
    cells = np.where(bits.reshape(_ROWS, _COLUMNS), _WHITE, _BLACK).astype(np.uint8)
    luma[:HEIGHT, :WIDTH] = cells.repeat(_CELL, 0).repeat(_CELL, 1)


def read(luma: npt.NDArray[np.uint8]) -> int:
    """Return the number painted into a plane of luma, which may have been enhanced and encoded since."""
    cells = luma[:HEIGHT, :WIDTH].reshape(_ROWS, _CELL, _COLUMNS, _CELL).mean(axis=(1, 3))
    bits = (cells > (_BLACK + _WHITE) / 2).ravel()
    return int(sum(1 << int(index) for index in np.flatnonzero(bits)))
