"""The four zero-reference losses: what a well-lit picture is like, with no picture to compare it to.

Source of all four: Guo et al., Zero-DCE, CVPR 2020 (arXiv 2001.06826), section 3.3.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

# Keeps the gradient of a square root finite at zero; its root is far below the rounding of a mean.
_TINY = 1e-20


def colour_constancy_loss(image: keras.KerasTensor) -> keras.KerasTensor:
    """Penalise a colour cast: averaged over an image, the three colours should be equal.

    Args:
        image: (N, H, W, 3) float32 in [0, 1], the enhanced image.

    Returns:
        Scalar, the mean over images of sqrt(D_rg² + D_rb² + D_gb²), where D_rg is the squared
        difference of the mean red and the mean green.
    """
    red, green, blue = ops.unstack(ops.mean(image, axis=(1, 2)), num=3, axis=-1)  # (N,) each
    squares = [ops.square(one - other) for one, other in ((red, green), (red, blue), (green, blue))]
    total = ops.square(squares[0]) + ops.square(squares[1]) + ops.square(squares[2])
    return ops.mean(ops.sqrt(ops.maximum(total, _TINY)))


def exposure_loss(image: keras.KerasTensor, level: float = 0.6, patch: int = 16) -> keras.KerasTensor:
    """Penalise local brightness that differs from a well-exposed level.

    Args:
        image: (N, H, W, 3) float32 in [0, 1], the enhanced image, at least one patch high and wide.
        level: Target mean brightness, in [0, 1].
        patch: Side of the averaging window, in pixels.

    Returns:
        Scalar, the mean over patches of (brightness − level)².
    """
    brightness = ops.mean(image, axis=-1, keepdims=True)
    patches = ops.average_pool(
        brightness, patch, data_format="channels_last"
    )  # (N, H // patch, W // patch, 1)
    return ops.mean(ops.square(patches - level))


def illumination_smoothness_loss(curves: keras.KerasTensor) -> keras.KerasTensor:
    """Penalise curve maps that vary from pixel to pixel: their total variation.

    The squared differences are summed over all channels, and divided by the number of neighbouring
    pixel pairs of one channel: (H − 1)·W down and H·(W − 1) across. The usual weight of 200 belongs to
    this count, as in the authors' code.

    Args:
        curves: (N, H, W, C) float32, the curve maps, at least 2 pixels high and wide.

    Returns:
        Scalar, 2·(Σ down² / ((H − 1)·W) + Σ across² / (H·(W − 1))) / N.
    """
    batch, height, width, _ = ops.shape(curves)
    down = ops.sum(ops.square(curves[:, 1:] - curves[:, :-1]))
    across = ops.sum(ops.square(curves[:, :, 1:] - curves[:, :, :-1]))
    count_down = ops.cast((height - 1) * width, curves.dtype)
    count_across = ops.cast(height * (width - 1), curves.dtype)
    return 2 * (down / count_down + across / count_across) / ops.cast(batch, curves.dtype)


class SpatialConsistencyLoss(keras.losses.Loss):  # type: ignore[misc]  # Keras publishes no types
    """Penalise a changed contrast between neighbouring regions of an image.

    Regions are 4×4 pixels. A region at the border is compared with the neighbours that it has: comparing
    it with a black surround, as zero padding does, would penalise brightening itself.

    `call(y_true, y_pred)` takes the original and the enhanced image, both (N, H, W, 3) float32 in [0, 1],
    and returns (N, H // 4, W // 4): for each region, the sum over its left, right, upper and lower
    neighbour of the squared change of their difference in brightness. Nothing is reduced: the caller
    averages.
    """

    def __init__(self, name: str = "spatial_consistency_loss") -> None:
        super().__init__(name=name, reduction="none")

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Compare the contrast of the original and of the enhanced image, region by region."""
        change = _neighbour_differences(y_pred) - _neighbour_differences(y_true)  # (N, H // 4, W // 4, 4)
        return ops.sum(ops.square(change), axis=-1)


def _neighbour_differences(image: keras.KerasTensor) -> keras.KerasTensor:
    brightness = ops.mean(image, axis=-1, keepdims=True)
    regions = ops.average_pool(brightness, 4, data_format="channels_last")  # (N, H // 4, W // 4, 1)
    bordered = ops.pad(regions, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="symmetric")
    kernels = ops.convert_to_tensor(_neighbour_kernels(), regions.dtype)
    return ops.conv(bordered, kernels, data_format="channels_last")  # (N, H // 4, W // 4, 4)


def _neighbour_kernels() -> np.ndarray:
    """Return (3, 3, 1, 4) kernels: a region less its left, right, upper and lower neighbour."""
    kernels = np.zeros((3, 3, 1, 4))
    kernels[1, 1] = 1
    for index, (row, column) in enumerate(((1, 0), (1, 2), (0, 1), (2, 1))):
        kernels[row, column, 0, index] = -1
    return kernels
