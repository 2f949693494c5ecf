"""Enhancing one picture with a trained network."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops
from PIL import Image

from .curves import apply_curves
from .model import ZeroDCE


def enhance(image: np.ndarray, model: keras.Model, map_size: int | None = None) -> np.ndarray:
    """Enhance one image.

    Args:
        image: (H, W, 3) float32 in [0, 1], RGB.
        model: A curve network, as `zerodce.model.dce_net` builds, or a `ZeroDCE` that holds one.
        map_size: Long side of the copy that the curve maps are estimated on, in pixels, as for video: it is
            shrunk by area, and the maps are interpolated bilinearly. None estimates them at full size.

    Returns:
        (H, W, 3) float32 in [0, 1], RGB.
    """
    network = model.network if isinstance(model, ZeroDCE) else model
    height, width = image.shape[:2]
    small = image if map_size is None else shrink(image, map_size)
    maps = network(small[None])
    if small is not image:
        maps = ops.image.resize(maps, (height, width), interpolation="bilinear")
    enhanced = apply_curves(ops.convert_to_tensor(image[None], "float32"), maps)
    return np.asarray(ops.convert_to_numpy(ops.clip(enhanced, 0, 1))[0])


def shrink(image: np.ndarray, long_side: int) -> np.ndarray:
    """Shrink an image by area averaging; one that is small enough already is returned as it is.

    Args:
        image: (H, W, C) float32.
        long_side: Of the result, in pixels. The short side follows, rounded to a whole number.

    Returns:
        (h, w, C) float32.
    """
    height, width = image.shape[:2]
    scale = long_side / max(height, width)
    if scale >= 1:
        return image
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    channels = [Image.fromarray(image[..., channel]) for channel in range(image.shape[-1])]
    return np.stack([np.asarray(one.resize(size_wh, Image.Resampling.BOX)) for one in channels], axis=-1)


def perform_inference(image: Image.Image, model: keras.Model, map_size: int | None = None) -> Image.Image:
    """Enhance one picture.

    Args:
        image: A picture in any mode; it is converted to RGB.
        model: A curve network, or a `ZeroDCE`.
        map_size: As for `enhance`.

    Returns:
        An RGB picture of the same size.
    """
    enhanced = enhance(np.asarray(image.convert("RGB"), np.float32) / 255, model, map_size)
    return picture_from_image(enhanced)


def picture_from_image(image: np.ndarray) -> Image.Image:
    """Round (H, W, 3) float values in [0, 1] to an 8-bit picture."""
    return Image.fromarray(np.rint(image * 255).astype(np.uint8))
