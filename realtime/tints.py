"""The colour of the shadows around each cell of the maps, which takes the place of colours that may be noise.

In the dark, a sample of chroma is mostly noise and the error of a codec; the mean of its surroundings is much
less so. Dark pixels count most in it, so that a lamp does not colour the wall that it stands before.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .colour import FloatArray
from .curve_blocks import COLOURS, ITERATIONS

# A pixel of this luma counts a quarter of a black one.
SHADOW = 0.02
# Weights of the cells around one, in each direction: of 5 in all, 1 4 6 4 1.
REACH = 2
# Below this a gain of grey is none that colours could be told by.
LEAST_GAIN = 1e-4
# Of a primary colour alone, red gains up to 3.7 times as much more than grey; no shadow is as colourful.
MOST = 4.0


def shadow_tints(small: FloatArray, maps: FloatArray, stride: int, weights: FloatArray) -> FloatArray:
    """Tell how much more than grey blue and red gain by the curves, in the colour of the shadows around.

    Args:
        small: (3, h, w) float32 RGB in [0, 1], the small copy of the frame.
        maps: (ceil(h / stride), ceil(w / stride), 24) float32 in [-1, 1], channel 3·iteration + colour.
        stride: Side of a map cell, in small pixels.
        weights: (3,) float32 of R, G and B in luma.

    Returns:
        (ceil(h / stride), ceil(w / stride), 2) float32: of blue and of red, as a multiple of what grey gains.
    """
    light = np.empty((*maps.shape[:2], 4), np.float32)
    tints = np.empty((*maps.shape[:2], 2), np.float32)
    _sum_light(small, stride, weights, light)
    _tint(light, maps, weights, tints)
    return tints


@njit(cache=True, nogil=True, error_model="numpy")
def _sum_light(small: FloatArray, stride: int, weights: FloatArray, light: FloatArray) -> None:
    """Sum the small pixels of each cell, dark ones counting most: (h, w, 4), the count, R, G and B."""
    for y in range(light.shape[0]):
        for x in range(light.shape[1]):
            light[y, x] = 0
            for j in range(y * stride, min((y + 1) * stride, small.shape[1])):
                for i in range(x * stride, min((x + 1) * stride, small.shape[2])):
                    r, g, b = small[0, j, i], small[1, j, i], small[2, j, i]
                    luma = weights[0] * r + weights[1] * g + weights[2] * b
                    share = 1 / ((luma + SHADOW) * (luma + SHADOW))
                    light[y, x, 0] += share
                    light[y, x, 1] += share * r
                    light[y, x, 2] += share * g
                    light[y, x, 3] += share * b


@njit(cache=True, nogil=True, error_model="numpy")
def _tint(light: FloatArray, maps: FloatArray, weights: FloatArray, tints: FloatArray) -> None:
    """Average around each cell, apply its curves, and compare the gains of blue and red with that of grey."""
    binomials = (1.0, 4.0, 6.0, 4.0, 1.0)
    height, width = maps.shape[:2]
    for y in range(height):
        for x in range(width):
            count, r, g, b = 0.0, 0.0, 0.0, 0.0
            for j in range(max(y - REACH, 0), min(y + REACH + 1, height)):
                for i in range(max(x - REACH, 0), min(x + REACH + 1, width)):
                    share = binomials[j - y + REACH] * binomials[i - x + REACH]
                    count += share * light[j, i, 0]
                    r += share * light[j, i, 1]
                    g += share * light[j, i, 2]
                    b += share * light[j, i, 3]
            r, g, b = r / count, g / count, b / count
            red, green, blue = r, g, b
            for iteration in range(ITERATIONS):
                place = COLOURS * iteration
                r += maps[y, x, place] * (r * r - r)
                g += maps[y, x, place + 1] * (g * g - g)
                b += maps[y, x, place + 2] * (b * b - b)
            r, g, b = r - red, g - green, b - blue
            grey = weights[0] * r + weights[1] * g + weights[2] * b
            if abs(grey) < LEAST_GAIN:
                tints[y, x] = 0
            else:
                tints[y, x, 0] = min(max(b / grey - 1, -1.0), MOST)
                tints[y, x, 1] = min(max(r / grey - 1, -1.0), MOST)
