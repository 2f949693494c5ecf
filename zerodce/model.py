"""DCE-Net, which estimates curve maps, and the Keras model that trains it without references."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from .curves import applying, interpolate_curves, map_stride
from .losses import SpatialConsistencyLoss, colour_constancy_loss, exposure_loss, illumination_smoothness_loss
from .options import LossOptions

LOSS_NAMES = (
    "total_loss",
    "colour_constancy_loss",
    "exposure_loss",
    "illumination_smoothness_loss",
    "spatial_consistency_loss",
)


def dce_net(filters: int = 32, iterations: int = 8) -> keras.Model:
    """Build DCE-Net: seven 3×3 convolutions with symmetric skip connections.

    Args:
        filters: Channels of the hidden layers.
        iterations: Times that the curve is applied.

    Returns:
        A functional model from (N, H, W, 3) float32 in [0, 1], RGB, to (N, H, W, 3·iterations) float32 in
        [−1, 1], the curve maps as `zerodce.curves.apply_curves` takes them. With the defaults it has
        79,416 parameters.

    Source: Guo et al., Zero-DCE, CVPR 2020 (arXiv 2001.06826), section 3.2.
    """
    image = keras.Input((None, None, 3), name="image")
    conv1 = _conv(filters, "conv1")(image)
    conv2 = _conv(filters, "conv2")(conv1)
    conv3 = _conv(filters, "conv3")(conv2)
    conv4 = _conv(filters, "conv4")(conv3)
    conv5 = _conv(filters, "conv5")(keras.layers.Concatenate(name="concat4_3")([conv4, conv3]))
    conv6 = _conv(filters, "conv6")(keras.layers.Concatenate(name="concat5_2")([conv5, conv2]))
    joined = keras.layers.Concatenate(name="concat6_1")([conv6, conv1])
    curves = _conv(3 * iterations, "conv7", activation="tanh")(joined)
    return keras.Model(image, curves, name="dce_net")


def _conv(filters: int, name: str, activation: str = "relu") -> keras.layers.Conv2D:
    return keras.layers.Conv2D(
        filters, 3, padding="same", data_format="channels_last", activation=activation, name=name
    )


class ZeroDCE(keras.Model):  # type: ignore[misc]  # Keras publishes no types
    """A curve network with its losses: maps an image to the enhanced image, and can be fitted to dark images.

    Attributes:
        network: The curve network, the part that is saved and exported.
        loss_names: What the losses are called in a history, their sum first.

    Training needs the TensorFlow backend; calling the model works on any.
    """

    loss_names: tuple[str, ...] = LOSS_NAMES

    def __init__(self, network: keras.Model | None = None, losses: LossOptions | None = None) -> None:
        super().__init__(name="zero_dce")
        self.network = dce_net() if network is None else network
        self._options = LossOptions() if losses is None else losses
        self._spatial_consistency_loss = SpatialConsistencyLoss()
        self._map_stride, self._apply_curves = map_stride(self.network), applying(self.network)
        self._means = {name: keras.metrics.Mean(name=name) for name in self.loss_names}
        self.build((None, None, None, 3))

    def compile(
        self, learning_rate: float | keras.optimizers.schedules.LearningRateSchedule = 1e-4, **kwargs: Any
    ) -> None:
        """Choose Adam with this learning rate; the losses are the model's own."""
        super().compile(optimizer=keras.optimizers.Adam(learning_rate), **kwargs)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The running means of the losses, which Keras resets at the start of every epoch."""
        return list(self._means.values())

    def get_enhanced_image(self, image: keras.KerasTensor, curves: keras.KerasTensor) -> keras.KerasTensor:
        """Apply curve maps, interpolated if they are coarse, as the network means them."""
        if self._map_stride > 1:
            curves = interpolate_curves(curves, *ops.shape(image)[1:3])
        return self._apply_curves(image, curves)

    def call(self, image: keras.KerasTensor) -> keras.KerasTensor:
        """Enhance images.

        Args:
            image: (N, H, W, 3) float32 in [0, 1], RGB.

        Returns:
            The enhanced images, of the same shape and range.
        """
        return self.get_enhanced_image(image, self.network(image))

    def compute_losses(self, image: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
        """Enhance images and judge the result.

        Args:
            image: (N, H, W, 3) float32 in [0, 1], RGB.

        Returns:
            A scalar for each of `loss_names`, already weighted: the first is the sum of the others.
        """
        curves = self.network(image)
        enhanced = self.get_enhanced_image(image, curves)
        options = self._options
        exposure = exposure_loss(enhanced, options.exposure_level, options.exposure_patch)
        losses = {
            "colour_constancy_loss": options.colour * colour_constancy_loss(enhanced),
            "exposure_loss": options.exposure * exposure,
            "illumination_smoothness_loss": options.smoothness * illumination_smoothness_loss(curves),
            "spatial_consistency_loss": options.spatial
            * ops.mean(self._spatial_consistency_loss(image, enhanced)),
        }
        return {"total_loss": sum(losses.values()), **losses}

    def train_step(self, image: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
        """Improve the network on one batch; returns the means of the losses so far in this epoch."""
        import tensorflow as tf  # noqa: PLC0415 - the rest of this module runs on any backend

        with tf.GradientTape() as tape:
            losses = self.compute_losses(image)
        gradients = tape.gradient(losses["total_loss"], self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return self._updated_means(losses)

    def test_step(self, image: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
        """Judge one batch; returns the means of the losses so far in this pass."""
        return self._updated_means(self.compute_losses(image))

    def _updated_means(self, losses: dict[str, keras.KerasTensor]) -> dict[str, keras.KerasTensor]:
        for name, mean in self._means.items():
            mean.update_state(losses[name])
        return {name: mean.result() for name, mean in self._means.items()}
