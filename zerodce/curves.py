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
