"""Dark pictures made from normally exposed ones, as a camera would have taken them with too little light.

A view is cut from a photograph or rendered from a panorama, exposed in linear light, given a wrong white
balance and the noise of a sensor, and then encoded, rounded and compressed as a camera does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from .compression import compressed_as_jpeg
from .pictures import PANORAMA_SUFFIX, open_picture, read_panorama

Range = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Darkening:
    """Ranges that each dark picture's settings are drawn from, uniformly unless said otherwise.

    Attributes:
        long_side: What a photograph's long side is shrunk to before a square is cut from it, in pixels:
            about the size at which curve maps are estimated from a video frame.
        field_of_view: Of a view into a panorama, in degrees.
        pitch: Of such a view, in degrees above the horizon.
        exposure: Change of exposure, in stops.
        normal_share: Share of pictures that stay normally exposed, within half a stop.
        gamma: Exponent applied to the encoded picture: cameras and codecs differ in their tone curves.
        white_balance: Standard deviation of the logarithm of the gain of red and of blue.
        shot_noise: Variance of the noise per unit of linear signal, drawn logarithmically.
        read_noise: Standard deviation of the noise without any signal, drawn logarithmically.
        jpeg_share: Share of pictures that are compressed.
        jpeg_quality: Quality of that compression.
    """

    long_side: Range = (192, 448)
    field_of_view: Range = (50, 90)
    pitch: Range = (-25, 20)
    exposure: Range = (-5, 0)
    normal_share: float = 0.2
    gamma: Range = (0.9, 1.5)
    white_balance: float = 0.08
    shot_noise: Range = (1e-6, 3e-4)
    read_noise: Range = (1e-4, 1e-3)
    jpeg_share: float = 0.5
    jpeg_quality: tuple[int, int] = (60, 95)


def dark_picture(
    path: Path, size: int, generator: np.random.Generator, darkening: Darkening | None = None
) -> np.ndarray:
    """Make one dark picture from a photograph or an `.hdr` panorama.

    Args:
        path: The file.
        size: Side of the result, in pixels.
        generator: Decides the view and all settings: the same state gives the same picture.
        darkening: Ranges of the settings.

    Returns:
        (size, size, 3) float32 in [0, 1], RGB, multiples of 1/255.

    Raises:
        DataError: The file cannot be read.
    """
    darkening = Darkening() if darkening is None else darkening
    if path.suffix.lower() == PANORAMA_SUFFIX:
        radiance = panorama_view(read_panorama(path), size, generator, darkening)
        light = radiance * (0.18 / _key(radiance))
    else:
        light = linear_from_srgb(photograph_view(open_picture(path), size, generator, darkening))
    if generator.random() < 0.5:
        light = light[:, ::-1]
    return darken(light, generator, darkening)


def darken(light: np.ndarray, generator: np.random.Generator, darkening: Darkening) -> np.ndarray:
    """Photograph a scene with too little light.

    Args:
        light: (H, W, 3) linear light, RGB; 1 is where a normal exposure saturates.
        generator: Decides the settings and the noise.
        darkening: Ranges of the settings.

    Returns:
        (H, W, 3) float32 in [0, 1], RGB, multiples of 1/255.
    """
    normal = generator.random() < darkening.normal_share
    stops = generator.uniform(-0.5, 0.5) if normal else generator.uniform(*darkening.exposure)
    gains = np.exp(generator.normal(0, darkening.white_balance, 3) * (1, 0, 1))
    signal = np.minimum(light * gains * 2**stops, 1)
    variance = signal * log_uniform(generator, darkening.shot_noise)
    variance += log_uniform(generator, darkening.read_noise) ** 2
    sensed = signal + generator.normal(size=signal.shape) * np.sqrt(variance)
    encoded = srgb_from_linear(np.clip(sensed, 0, 1)) ** generator.uniform(*darkening.gamma)
    rounded = np.rint(encoded * 255).astype(np.uint8)
    if generator.random() < darkening.jpeg_share:
        rounded = compressed_as_jpeg(rounded, int(generator.integers(*darkening.jpeg_quality, endpoint=True)))
    return rounded.astype(np.float32) / 255


def photograph_view(
    picture: Image.Image, size: int, generator: np.random.Generator, darkening: Darkening
) -> np.ndarray:
    """Cut a random square from a photograph that is shrunk to the size at which maps are estimated.

    Args:
        picture: RGB, any size; a square as high or wide as all of it is cut where it is too small.
        size: Side of the square, in pixels of the shrunk photograph.
        generator: Decides how much it is shrunk, and the place.
        darkening: The range of the shrunk photograph's long side.

    Returns:
        (size, size, 3) float32 in [0, 1], encoded as the picture is.
    """
    scale = max(picture.size) / generator.uniform(*darkening.long_side)
    side = min(size * scale, *picture.size)
    left, top = (generator.uniform(0, length - side) for length in picture.size)
    square = picture.resize((size, size), Image.Resampling.BOX, (left, top, left + side, top + side))
    return np.asarray(square, np.float32) / 255


def panorama_view(
    panorama: np.ndarray, size: int, generator: np.random.Generator, darkening: Darkening
) -> np.ndarray:
    """Look into a panorama in a random direction.

    Args:
        panorama: (H, W, 3) float32, equirectangular: 360° wide, 180° high.
        size: Side of the view, in pixels.
        generator: Decides the direction and the field of view.
        darkening: The ranges of these.

    Returns:
        (size, size, 3) float32, in the panorama's unit; interpolated bilinearly.
    """
    half = np.tan(np.radians(generator.uniform(*darkening.field_of_view)) / 2)
    pitch = np.radians(generator.uniform(*darkening.pitch))
    heading = generator.uniform(0, 2 * np.pi)
    across, down = np.meshgrid(np.linspace(-half, half, size), np.linspace(-half, half, size))
    ahead = np.cos(pitch) + down * np.sin(pitch)
    up = np.sin(pitch) - down * np.cos(pitch)
    longitude = heading + np.arctan2(across, ahead)
    latitude = np.arctan2(up, np.hypot(across, ahead))
    height, width = panorama.shape[:2]
    return _sampled(panorama, (0.5 - latitude / np.pi) * height - 0.5, longitude / (2 * np.pi) * width - 0.5)


def linear_from_srgb(encoded: np.ndarray) -> np.ndarray:
    """Decode sRGB values in [0, 1] into linear light. Source: IEC 61966-2-1."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(light: np.ndarray) -> np.ndarray:
    """Encode linear light in [0, 1] as sRGB values. Source: IEC 61966-2-1."""
    return np.where(
        light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055
    )


def _sampled(panorama: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Interpolate at fractional places; columns go round, rows stop at the poles."""
    height, width = panorama.shape[:2]
    rows = np.clip(rows, 0, height - 1)
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    below, right = np.minimum(top + 1, height - 1), (left + 1) % width
    down, across = (rows - top)[..., None], (columns - left)[..., None]
    left = left % width
    upper = panorama[top, left] * (1 - across) + panorama[top, right] * across
    lower = panorama[below, left] * (1 - across) + panorama[below, right] * across
    return np.asarray(upper * (1 - down) + lower * down)


def _key(radiance: np.ndarray) -> float:
    """Return the logarithmic mean of a view, which a light meter would set to 18 % grey."""
    return float(np.exp(np.mean(np.log(np.mean(radiance, axis=-1) + 1e-4))))


def log_uniform(generator: np.random.Generator, limits: Range) -> float:
    """Draw a value whose logarithm is uniform."""
    return float(np.exp(generator.uniform(*np.log(limits))))
