"""The colour of the shadows around each cell of the maps, which takes the place of colours that may be noise.

In the dark, a sample of chroma is mostly noise and the error of a codec; the mean of its surroundings is much
less so. Dark pixels count most in it, so that a lamp does not colour the wall that it stands before.
"""

from __future__ import annotations

import numpy as np

from export.manifest import COLOURS, Curve

from ..compiling import compiled
from ..frames.colour import FloatArray

# A pixel of this luma counts a quarter of a black one.
SHADOW = 0.02
# Cells around one that count, in each direction, with the weights 1 4 6 4 1.
REACH = 2
_BINOMIALS = np.array([1, 4, 6, 4, 1], np.float32)
# Below this a gain of grey is none that colours could be told by.
LEAST_GAIN = 1e-4
# Of a primary colour alone, red gains up to 3.7 times as much more than grey; no shadow is as colourful.
MOST = 4.0


def shadow_tints(
    small: FloatArray, factors: FloatArray, stride: int, weights: FloatArray, curve: Curve = "quadratic"
) -> FloatArray:
    """Tell how much more than grey blue and red gain by the curves, in the colour of the shadows around.

    Args:
        small: (3, h, w) float32 RGB in [0, 1], the small copy of the frame.
        factors: (ceil(h / stride), ceil(w / stride), 3·maps) float32, channel 3·map + colour, see
            `realtime.curves.applier.curve_factors`.
        stride: Side of a map cell, in small pixels.
        weights: (3,) float32 of R, G and B in luma.
        curve: What maps do to a picture.

    Returns:
        (ceil(h / stride), ceil(w / stride), 2) float32: of blue and of red, as a multiple of what grey gains.
    """
    light = np.empty((*factors.shape[:2], 4), np.float32)
    tints = np.empty((*factors.shape[:2], 2), np.float32)
    _sum_light(small, stride, weights, light)
    _tint(light, factors, weights, curve == "rational", tints)
    return tints


@compiled(reorders=True)
def _sum_light(small: FloatArray, stride: int, weights: FloatArray, light: FloatArray) -> None:
    """Sum the small pixels of each cell, dark ones counting most: (h, w, 4), the count, R, G and B."""
    height, width = small.shape[1:]
    shadow, sums = np.float32(SHADOW), np.empty((4, width), np.float32)
    for row in range(light.shape[0]):
        sums[:] = 0
        for y in range(row * stride, min((row + 1) * stride, height)):
            reds, greens, blues = small[0, y], small[1, y], small[2, y]
            for x in range(width):
                luma = weights[0] * reds[x] + weights[1] * greens[x] + weights[2] * blues[x]
                share = np.float32(1) / ((luma + shadow) * (luma + shadow))
                sums[0, x] += share
                sums[1, x] += share * reds[x]
                sums[2, x] += share * greens[x]
                sums[3, x] += share * blues[x]
        for column in range(light.shape[1]):
            for channel in range(4):
                total = np.float32(0)
                for x in range(column * stride, min((column + 1) * stride, width)):
                    total += sums[channel, x]
                light[row, column, channel] = total


@compiled(reorders=True, is_inlined=True)
def _curved(value: np.float32, factor: np.float32, is_rational: bool) -> np.float32:
    if is_rational:
        changed: np.float32 = value / (value + factor * factor * (np.float32(1) - value))
    else:
        changed = value + factor * (value * value - value)
    return changed


@compiled(reorders=True)
def _tint(
    light: FloatArray, factors: FloatArray, weights: FloatArray, is_rational: bool, tints: FloatArray
) -> None:
    """Average around each cell, apply its curves, and compare the gains of blue and red with that of grey."""
    height, width = factors.shape[:2]
    beside, around = np.empty((height, width, 4), np.float32), np.empty(4, np.float32)
    for y in range(height):
        for x in range(width):
            beside[y, x] = 0
            for i in range(max(x - REACH, 0), min(x + REACH + 1, width)):
                for channel in range(4):
                    beside[y, x, channel] += _BINOMIALS[i - x + REACH] * light[y, i, channel]
    for y in range(height):
        for x in range(width):
            around[:] = 0
            for j in range(max(y - REACH, 0), min(y + REACH + 1, height)):
                for channel in range(4):
                    around[channel] += _BINOMIALS[j - y + REACH] * beside[j, x, channel]
            red, green, blue = around[1] / around[0], around[2] / around[0], around[3] / around[0]
            r, g, b = red, green, blue
            for place in range(0, factors.shape[2], COLOURS):
                r = _curved(r, factors[y, x, place], is_rational)
                g = _curved(g, factors[y, x, place + 1], is_rational)
                b = _curved(b, factors[y, x, place + 2], is_rational)
            r, g, b = r - red, g - green, b - blue
            grey = weights[0] * r + weights[1] * g + weights[2] * b
            if abs(grey) < LEAST_GAIN:
                tints[y, x] = 0
            else:
                tints[y, x, 0] = min(max(b / grey - 1, -1.0), MOST)
                tints[y, x, 1] = min(max(r / grey - 1, -1.0), MOST)
