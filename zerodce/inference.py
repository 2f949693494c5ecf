"""Enhancing one picture with a trained network."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops
from PIL import Image

from .curves import applying, interpolate_curves, map_stride
from .model import ZeroDCE
from .pictures import rgb_from_picture


def enhance(image: np.ndarray, model: keras.Model, map_size: int | None = None) -> np.ndarray:
    """Enhance one image.

    Args:
        image: (H, W, 3) float32 in [0, 1], RGB.
        model: A curve network, as `zerodce.model.dce_net` builds, or a `ZeroDCE` that holds one.
        map_size: Long side of the copy that the curve maps are estimated on, in pixels, as for video: it is
            shrunk by area, and the maps are interpolated bilinearly. None estimates them at full size.

    Returns:
        (H, W, 3) float32 in [0, 1], RGB.

    Raises:
        ValueError: The image is no such array, or has no pixels.
    """
    if image.dtype.kind != "f" or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(f"expected an (H, W, 3) image in floating point, not {image.dtype} {image.shape}")
    network = model.network if isinstance(model, ZeroDCE) else model
    height, width = image.shape[:2]
    small = image if map_size is None else shrink(image, map_size)
    maps = _curves(network, small)
    if small is not image:
        maps = interpolate_curves(maps, height, width)
    enhanced = applying(network)(ops.convert_to_tensor(image[None], "float32"), maps)
    return np.asarray(ops.convert_to_numpy(ops.clip(enhanced, 0, 1))[0])


def _curves(network: keras.Model, image: np.ndarray) -> keras.KerasTensor:
    """Estimate curve maps (1, H, W, 3·maps) of an image (H, W, 3), mirrored to whole cells."""
    height, width = image.shape[:2]
    stride = map_stride(network)
    if stride == 1:
        return network(image[None])
    whole = np.pad(image, ((0, -height % stride), (0, -width % stride), (0, 0)), mode="reflect")
    return interpolate_curves(network(whole[None]), *whole.shape[:2])[:, :height, :width]


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
    rows = _area_weights(height, max(1, round(height * scale)))
    columns = _area_weights(width, max(1, round(width * scale)))
    return np.asarray(np.einsum("yh,xw,hwc->yxc", rows, columns, image, optimize=True))


def _area_weights(length: int, shrunk: int) -> np.ndarray:
    """Return (shrunk, length) float32: the share that each old pixel has in each new one."""
    edges = np.arange(shrunk + 1) * (length / shrunk)
    old = np.arange(length)
    overlap = np.minimum(edges[1:, None], old + 1) - np.maximum(edges[:-1, None], old)
    return np.asarray(np.clip(overlap, 0, None) * (shrunk / length), np.float32)


def perform_inference(image: Image.Image, model: keras.Model, map_size: int | None = None) -> Image.Image:
    """Enhance one picture.

    Args:
        image: A picture in any mode but floating point; it is converted to RGB.
        model: A curve network, or a `ZeroDCE`.
        map_size: As for `enhance`.

    Returns:
        An RGB picture of the same size.

    Raises:
        ValueError: Its samples are in floating point.
    """
    enhanced = enhance(np.asarray(rgb_from_picture(image), np.float32) / 255, model, map_size)
    return picture_from_image(enhanced)


def picture_from_image(image: np.ndarray) -> Image.Image:
    """Round (H, W, 3) float values in [0, 1] to an 8-bit picture."""
    return Image.fromarray(np.rint(image * 255).astype(np.uint8))
