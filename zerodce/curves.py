"""The light-enhancement curve: what the network's maps mean."""

from __future__ import annotations

import keras
from keras import ops


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
