"""Training with references: the enhanced image is compared with what the dark one was made from."""

from __future__ import annotations

import keras
from keras import ops

from .model import ZeroDCE
from .options import ReferenceLossOptions

# Of the structural similarity: windows, how far apart they are, and the usual constants for values in [0, 1].
_WINDOW, _STRIDE = 7, 4
_LUMINANCE_FLOOR, _CONTRAST_FLOOR = 0.01**2, 0.03**2


class SupervisedDCE(ZeroDCE):
    """A curve network that is fitted to pairs: its batches are (dark image, reference)."""

    loss_names = ("total_loss", "pixel_loss", "coarse_loss", "structure_loss", "map_variation_loss")

    def __init__(
        self, network: keras.Model | None = None, losses: ReferenceLossOptions | None = None
    ) -> None:
        super().__init__(network)
        self._reference_losses = ReferenceLossOptions() if losses is None else losses

    def compute_losses(
        self, pair: tuple[keras.KerasTensor, keras.KerasTensor]
    ) -> dict[str, keras.KerasTensor]:
        """Enhance images and compare them with their references.

        Args:
            pair: Twice (N, H, W, 3) float32 in [0, 1], RGB: dark images and references.

        Returns:
            A scalar for each of `loss_names`, already weighted: the first is the sum of the others.
        """
        image, reference = pair
        curves = self.network(image)
        enhanced = self.get_enhanced_image(image, curves)
        options = self._reference_losses
        losses = {
            "pixel_loss": ops.mean(ops.abs(enhanced - reference)),
            "coarse_loss": options.coarse * ops.mean(ops.abs(_means(enhanced, 4) - _means(reference, 4))),
            "structure_loss": options.structure * structural_dissimilarity(enhanced, reference),
            "map_variation_loss": options.variation * map_variation(curves),
        }
        return {"total_loss": sum(losses.values()), **losses}


def structural_dissimilarity(image: keras.KerasTensor, reference: keras.KerasTensor) -> keras.KerasTensor:
    """Return 1 less the mean structural similarity, over 7×7 windows at every fourth pixel.

    Args:
        image: (N, H, W, 3) float32 in [0, 1], at least 7 pixels high and wide.
        reference: The same.

    Source: Wang et al., Image quality assessment: from error visibility to structural similarity, 2004.
    """
    mean, other_mean = (_means(one, _WINDOW, _STRIDE) for one in (image, reference))
    variances = _means(ops.square(image) + ops.square(reference), _WINDOW, _STRIDE)
    variances = variances - ops.square(mean) - ops.square(other_mean)
    covariance = _means(image * reference, _WINDOW, _STRIDE) - mean * other_mean
    similarity = (2 * mean * other_mean + _LUMINANCE_FLOOR) * (2 * covariance + _CONTRAST_FLOOR)
    similarity /= ops.square(mean) + ops.square(other_mean) + _LUMINANCE_FLOOR
    return 1 - ops.mean(similarity / (variances + _CONTRAST_FLOOR))


def map_variation(curves: keras.KerasTensor) -> keras.KerasTensor:
    """Return how much curve maps (N, h, w, C) change from cell to cell, in the mean, down plus across."""
    down = ops.mean(ops.abs(curves[:, 1:] - curves[:, :-1]))
    across = ops.mean(ops.abs(curves[:, :, 1:] - curves[:, :, :-1]))
    return down + across


def _means(image: keras.KerasTensor, side: int, stride: int | None = None) -> keras.KerasTensor:
    return ops.average_pool(image, side, stride, data_format="channels_last")
