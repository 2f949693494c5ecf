"""The light-enhancement curves: what the maps of a network mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import keras
from keras import ops

ApplyCurves: TypeAlias = Callable[[keras.KerasTensor, keras.KerasTensor], keras.KerasTensor]

# A network whose last layer has this name yields a map of each colour for `apply_rational_curves`.
RATIONAL = "rational_curves"
# How far maps reach: at −1, what is dark is brightened (1 − RATIONAL_REACH)⁻² times, a hundredfold.
RATIONAL_REACH = 0.9


def applying(network: keras.Model) -> ApplyCurves:
    """Return what applies the maps of a network to images: one of the two functions below."""
    names = getattr(network, "output_names", [])  # sequential models have none
    return apply_rational_curves if names == [RATIONAL] else apply_curves


def apply_curves(image: keras.KerasTensor, curves: keras.KerasTensor) -> keras.KerasTensor:
    """Brighten an image along its curves: x ← x + A·(x² − x), once for each iteration.

    Args:
        image: (N, H, W, 3) float32 in [0, 1], RGB.
        curves: (N, H, W, 3·iterations) float32 in [−1, 1]; channel 3·k + c holds iteration k of colour c.
            Negative values brighten, positive ones darken.

    Returns:
        (N, H, W, 3) float32 in [0, 1].

    Source: Guo et al., Zero-DCE, CVPR 2020 (arXiv 2001.06826), equation 4, in the sign of the authors' code.
    """
    iterations = curves.shape[-1] // 3
    for step in ops.split(curves, iterations, axis=-1):  # (N, H, W, 3)
        image = image + step * (ops.square(image) - image)
    return image


def apply_rational_curves(image: keras.KerasTensor, curves: keras.KerasTensor) -> keras.KerasTensor:
    """Brighten an image along rational curves: x ← x / (x + ratio·(1 − x)), ratio = (1 + RATIONAL_REACH·A)².

    The curve of `apply_curves` goes along the logistic equation in steps; this one does so exactly, however
    far: two of them, one after the other, are a third. So a single map of each colour serves, and what is
    dark gains by 1 / ratio, to which the square root lets neighbouring cells interpolate more evenly.

    Args:
        image: (N, H, W, 3) float32 in [0, 1], RGB.
        curves: (N, H, W, 3) float32 in [−1, 1], a map of each colour. Negative values brighten, positive ones
            darken.

    Returns:
        (N, H, W, 3) float32 in [0, 1].

    Source: Schlick, Quantization techniques for visualization of high dynamic range pictures, 1994.
    """
    return image / (image + ops.square(1 + RATIONAL_REACH * curves) * (1 - image))


def interpolate_curves(curves: keras.KerasTensor, height: int, width: int) -> keras.KerasTensor:
    """Bring curve maps from their grid to the size of a picture, bilinearly.

    Args:
        curves: (N, h, w, C) float32; a value is that of the centre of its cell.
        height: Of the picture, in pixels.
        width: Of the picture, in pixels.

    Returns:
        (N, height, width, C) float32, constant beyond the centres of the outermost cells.
    """
    return ops.image.resize(curves, (height, width), "bilinear", data_format="channels_last")


def map_stride(network: keras.Model) -> int:
    """Return the side in pixels of the cell that one value of a network's curve maps stands for.

    The sides of the pictures that the network takes must be multiples of it.
    """
    side = 64
    return side // int(network.compute_output_shape((1, side, side, 3))[1])
