"""Room at the top of the range for what is bright, so that skies, lamps and what they light keep contrast.

A curve that lifts the dark far presses what is bright together below white: of a sky it leaves a white
sheet. So the brighter a cell of the maps is already, the less far its curves may go.
"""

from __future__ import annotations

import numpy as np

from ..frames.colour import FloatArray
from .small_picture import block_means

# Keeps ratios finite where all of the range is headroom and nothing is bright.
_TINY = np.float32(1e-6)


def with_headroom(factors: FloatArray, small: FloatArray, stride: int, headroom: float) -> FloatArray:
    """Hold rational curves back where they would lift a cell into the range that is kept for brighter ones.

    A cell is as bright as the brightest colour of its pixels is on average, p. It is lifted to
    1 − headroom·(1 − p⁴) at most: what is dark to just below the headroom, and white stays white. As that
    grows with p, what is brighter stays brighter.

    Args:
        factors: (ceil(h / stride), ceil(w / stride), C) float32, roots of ratios, see
            `realtime.curves.applier.curve_factors`.
        small: (3, h, w) float32 RGB in [0, 1], the small copy of the frame.
        stride: Side of a map cell, in small pixels.
        headroom: Share of the range, from 0, which leaves curves as they are, to 1, which lifts nothing.

    Returns:
        float32 of the shape of the factors: none is smaller, and none that was at most 1 is larger than that.
    """
    if headroom == 0:
        return factors
    peaks = block_means(small.max(axis=0), stride)
    squares = peaks * peaks
    highest = 1 - headroom * (1 - squares * squares)
    # The ratio that takes p to its highest y: p·(1 − y) / (y·(1 − p)).
    ratio = headroom * peaks * (1 + peaks) * (1 + squares) / np.maximum(highest, _TINY)
    least: FloatArray = np.sqrt(np.minimum(ratio, np.float32(1)))
    return np.asarray(np.maximum(factors, least[..., np.newaxis]), np.float32)
