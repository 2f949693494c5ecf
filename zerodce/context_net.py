"""A curve network that knows how bright the whole picture is, and works on a quarter of its size.

What DCE-Net cannot do: its view is 15 pixels wide, so it cannot tell a dark object from a dark picture. Here,
statistics of all features, taken over the whole picture, decide how each feature is scaled and shifted.

Its curves are rational: one map of each colour and a division a sample, where quadratic ones take eight maps.
Networks trained with those made them alike.

Only layers that every Keras backend knows are used, so a saved network needs no code of this package.
"""

from __future__ import annotations

import math

import keras
from keras import layers, ops

from .curves import RATIONAL

# Convolutions at a quarter of the size, and how far apart the pixels are that each looks at.
DILATIONS = (1, 2, 4, 1)

# Dark values are spread out by log(1 + 63·x) / log(64), which maps [0, 1] to itself.
_LIFT = 63.0


def context_net(filters: int = 24) -> keras.Model:
    """Build the network.

    Args:
        filters: Channels of the hidden layers.

    Returns:
        A functional model from (N, H, W, 3) float32 in [0, 1], RGB, where H and W are multiples of 4, to
        (N, H / 4, W / 4, 3) float32 in [−1, 1], curve maps as `zerodce.curves.apply_rational_curves` takes
        them once they are interpolated bilinearly. With the defaults it has 35,155 parameters.
    """
    image = keras.Input((None, None, 3), name="image")
    lifted = ops.log(layers.Rescaling(_LIFT, 1.0, name="lift")(image))
    lifted = layers.Rescaling(1 / math.log(1 + _LIFT), name="normalise")(lifted)
    both = layers.Concatenate(name="both")([image, lifted])
    halved = _conv(16, 2, "halve", strides=2)(both)  # (N, H / 2, W / 2, 16)
    features = _conv(filters, 2, "quarter", strides=2)(halved)  # (N, H / 4, W / 4, filters)
    features = _with_context(features, filters, "context1")
    for index, dilation in enumerate(DILATIONS, start=1):
        change = _conv(filters, 3, f"conv{index}", dilation_rate=dilation)(features)
        features = layers.Add(name=f"sum{index}")([features, change])
        if index == len(DILATIONS) // 2:
            features = _with_context(features, filters, "context2")
    near_zero = keras.initializers.RandomNormal(stddev=0.02)
    curves = _conv(3, 3, RATIONAL, activation="tanh", kernel_initializer=near_zero)(features)
    return keras.Model(image, curves, name="context_net")


def _with_context(features: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    """Scale and shift features (N, h, w, filters) by what they are like over the whole picture.

    That is each one's mean, its spread (half its mean absolute deviation) and its maximum.
    """
    mean = _global(layers.GlobalAveragePooling2D, f"{name}_mean")(features)  # (N, 1, 1, filters)
    above = layers.ReLU(name=f"{name}_above")(layers.Subtract(name=f"{name}_offset")([features, mean]))
    spread = _global(layers.GlobalAveragePooling2D, f"{name}_spread")(above)
    peak = _global(layers.GlobalMaxPooling2D, f"{name}_peak")(features)
    statistics = layers.Concatenate(name=f"{name}_statistics")([mean, spread, peak])
    hidden = _conv(2 * filters, 1, f"{name}_hidden")(statistics)
    scale = _conv(filters, 1, f"{name}_scale", activation="linear", bias_initializer="ones")(hidden)
    shift = _conv(filters, 1, f"{name}_shift", activation="linear")(hidden)
    scaled = layers.Multiply(name=f"{name}_scaled")([features, scale])
    return layers.Add(name=f"{name}_shifted")([scaled, shift])


def _conv(filters: int, side: int, name: str, activation: str = "relu", **options: object) -> layers.Conv2D:
    return layers.Conv2D(
        filters,
        side,
        padding="same",
        data_format="channels_last",
        activation=activation,
        name=name,
        **options,
    )


def _global(pooling: type[layers.Layer], name: str) -> layers.Layer:
    return pooling(keepdims=True, data_format="channels_last", name=name)
