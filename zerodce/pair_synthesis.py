"""Pairs of a dark picture and how it should look, made from normally exposed pictures.

The picture itself is the reference, brought to a normal brightness where it has not got one. Its dark twin
has what dark pictures have: a steeper tone curve, too little light, uneven and coloured light, a wrong white
balance and black level, noise, rounding and compression.

What separates a normal picture from a dim one: a share of the pictures, all of normal brightness, stay as
they are and are their own references; a dark twin is never as bright as those.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from .compression import compressed_as_jpeg, compressed_as_video
from .pictures import PANORAMA_SUFFIX, open_picture, read_panorama
from .synthesis import (
    Darkening,
    Range,
    linear_from_srgb,
    log_uniform,
    panorama_view,
    srgb_from_linear,
)

_LUMA_WEIGHTS = np.array((0.299, 0.587, 0.114), np.float32)  # BT.601


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Ranges that each pair's settings are drawn from, uniformly unless said otherwise.

    Brightness is the mean luma of the encoded picture, in [0, 1].

    Attributes:
        long_side: What a photograph is shrunk to before it is cut, in pixels.
        share_of_area: Of a shrunk photograph's short side squared, that the shorter side of a cut spans.
        normal_share: Share of pictures that stay as they are.
        normal_mean: Brightness of pictures that may stay as they are.
        reference_floor: The least brightness of a reference.
        reference_ceiling: The greatest brightness of a reference. It is near the least: how bright a scene
            was cannot be told from a dark picture of it, and a wrong guess costs more than the average.
        reference_power: Limits of the exponent that brings it there: a night stays a night.
        dark_mean: Brightness of dark pictures, drawn logarithmically.
        power: Exponent that makes a photograph's shadows deeper.
        greatest_gain: By which a photograph with deep shadows may be made brighter: its highlights burn out.
        uneven_share: Share of pictures for each kind of unevenness: of the power, the light, its colour.
        white_balance: Standard deviation of the logarithm of the gain of red and of blue.
        black_level: Standard deviation of the black level, encoded; half of the pictures have none.
        black_tint: Standard deviation of each colour's own part in that.
        sensor_gain: By which a camera amplifies red and blue against green, and their noise with them: cut
            off at black, that noise is purple.
        shot_noise: Variance of the noise per unit of linear signal, drawn logarithmically.
        read_noise: Standard deviation of the noise without any signal, drawn logarithmically.
        panorama_gamma: Exponent applied to an encoded view of a panorama.
        compression: How much contrast a panorama's reference keeps between its regions.
        black_share: Share of the dark pictures that are all but black.
        black_mean: Brightness of those, drawn logarithmically; their references are dim in proportion to the
            root of it, for at the upper limit, three codes of 255, little is left to be shown.
        jpeg_share: Share of pictures that are compressed as JPEG.
        jpeg_quality: Quality of that compression.
        video_share: Share of pictures that are compressed as video.
        video_crf: Constant rate factor of that.
    """

    long_side: int = 448
    share_of_area: Range = (0.6, 1)
    normal_share: float = 0.15
    normal_mean: Range = (0.3, 0.75)
    reference_floor: Range = (0.42, 0.48)
    reference_ceiling: float = 0.52
    reference_power: Range = (0.55, 1.8)
    dark_mean: Range = (0.015, 0.28)
    power: Range = (1, 3.2)
    greatest_gain: float = 1.5
    uneven_share: float = 0.4
    white_balance: float = 0.05
    black_level: float = 0.012
    black_tint: float = 0.009
    sensor_gain: Range = (1, 2.2)
    shot_noise: Range = (1e-6, 4e-4)
    read_noise: Range = (5e-5, 8e-4)
    panorama_gamma: Range = (0.9, 1.4)
    compression: Range = (0.55, 0.8)
    black_share: float = 0.06
    black_mean: Range = (0.003, 0.012)
    jpeg_share: float = 0.35
    jpeg_quality: tuple[int, int] = (50, 96)
    video_share: float = 0.3
    video_crf: tuple[int, int] = (18, 34)


def dark_pair(
    path: Path, size: int, generator: np.random.Generator, pairing: Pairing | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Make a dark picture and its reference from a photograph or an `.hdr` panorama.

    Args:
        path: The file; what is read of it stays in memory.
        size: Side of the results, in pixels.
        generator: Decides the view and all settings: the same state gives the same pair.
        pairing: Ranges of the settings.

    Returns:
        Twice (size, size, 3) float32 in [0, 1], RGB: dark, in multiples of 1/255, and reference.

    Raises:
        DataError: The file cannot be read.
    """
    pairing = Pairing() if pairing is None else pairing
    mirrored = generator.random() < 0.5
    make = _panorama_pair if path.suffix.lower() == PANORAMA_SUFFIX else _photograph_pair
    dark, reference = make(path, size, generator, pairing)
    dark = np.rint(np.clip(dark, 0, 1) * 255).astype(np.uint8)
    codec = generator.random()
    if codec < pairing.jpeg_share:
        dark = compressed_as_jpeg(dark, int(generator.integers(*pairing.jpeg_quality, endpoint=True)))
    elif codec < pairing.jpeg_share + pairing.video_share:
        dark = compressed_as_video(dark, int(generator.integers(*pairing.video_crf, endpoint=True)))
    dark = dark.astype(np.float32) / 255
    return (dark[:, ::-1], reference[:, ::-1]) if mirrored else (dark, reference)


def brightness(image: np.ndarray) -> float:
    """Return the mean luma of an (H, W, 3) image."""
    return float(np.mean(image @ _LUMA_WEIGHTS))


def with_brightness(image: np.ndarray, mean: float, limits: Range) -> np.ndarray:
    """Raise an (H, W, 3) image in [0, 1] to the power, within limits, that gives it this mean luma.

    It is found on every fourth pixel each way.
    """
    sample = image[::4, ::4]
    low, high = limits
    for _ in range(10):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if brightness(sample**middle) > mean else (low, middle)
    return np.asarray(image ** np.float32(low))


def _photograph_pair(
    path: Path, size: int, generator: np.random.Generator, pairing: Pairing
) -> tuple[np.ndarray, np.ndarray]:
    picture = _cut(_shrunk_photograph(path, pairing.long_side), size, generator, pairing)
    mean = brightness(picture)
    if generator.random() < pairing.normal_share and pairing.normal_mean[0] < mean < pairing.normal_mean[1]:
        return picture, picture
    reference = _normally_bright(picture, generator.uniform(*pairing.reference_floor), pairing)
    power = np.float32(generator.uniform(*pairing.power))
    if generator.random() < pairing.uneven_share:
        power = np.clip(power * np.exp(_smooth_field(generator, size, 0.25)), 0.9, 4)
    dark = np.maximum(reference, 1e-4) ** power
    mean, reference = _darkness(reference, generator, pairing)
    dark = dark * min(pairing.greatest_gain, mean / brightness(dark))
    if generator.random() < pairing.uneven_share:
        dark = dark * np.exp(np.minimum(_smooth_field(generator, size, 0.35), 0))
    return _sensed(dark, generator, pairing), reference


def _panorama_pair(
    path: Path, size: int, generator: np.random.Generator, pairing: Pairing
) -> tuple[np.ndarray, np.ndarray]:
    radiance = panorama_view(_panorama(path), size, generator, Darkening()).astype(np.float32)
    reference = _tone_mapped(radiance, generator.uniform(*pairing.compression))
    reference = _normally_bright(reference, generator.uniform(*pairing.reference_floor), pairing)
    if generator.random() < pairing.normal_share:
        return reference, reference
    mean, reference = _darkness(reference, generator, pairing)
    exposed = radiance * _exposure(radiance, mean)
    dark = srgb_from_linear(np.minimum(exposed, 1)) ** generator.uniform(*pairing.panorama_gamma)
    return _sensed(dark, generator, pairing), reference


def _normally_bright(picture: np.ndarray, floor: float, pairing: Pairing) -> np.ndarray:
    mean = brightness(picture)
    wanted = min(max(mean, floor), pairing.reference_ceiling)
    return picture if wanted == mean else with_brightness(picture, wanted, pairing.reference_power)


def _darkness(
    reference: np.ndarray, generator: np.random.Generator, pairing: Pairing
) -> tuple[float, np.ndarray]:
    """Draw how bright the dark picture is to be; return that, and the reference to go with it."""
    if generator.random() >= pairing.black_share:
        return log_uniform(generator, pairing.dark_mean), reference
    mean = log_uniform(generator, pairing.black_mean)
    dim = brightness(reference) * np.sqrt(mean / pairing.black_mean[1])
    return mean, with_brightness(reference, dim, (1, 8))


def _tone_mapped(radiance: np.ndarray, compression: float) -> np.ndarray:
    """Render radiance so that both its dark and its bright regions show, encoded as sRGB."""
    luminance = radiance @ _LUMA_WEIGHTS + np.float32(1e-5)
    logarithm = np.log(luminance)
    light = np.exp((logarithm - logarithm.mean()) * (compression - 1))[..., None] * radiance
    light = light * (0.18 / np.exp(np.log(light @ _LUMA_WEIGHTS + 1e-5).mean()))
    shoulder = 1.25 * light * (1 + light / 9) / (1 + light)
    return np.asarray(srgb_from_linear(np.clip(shoulder, 0, 1)), np.float32)


def _exposure(radiance: np.ndarray, mean: float) -> float:
    """Find the factor that gives the encoded, clipped picture this brightness, by halving an interval."""
    sample = radiance[::4, ::4]
    key = float(np.exp(np.mean(np.log(sample @ _LUMA_WEIGHTS + 1e-4))))
    low, high = -12.0, 1.0  # stops from where the logarithmic mean is 1
    for _ in range(10):
        middle = (low + high) / 2
        exposed = srgb_from_linear(np.minimum(sample * 2**middle / key, 1))
        low, high = (low, middle) if brightness(exposed) > mean else (middle, high)
    return float(2**low / key)


def _sensed(encoded: np.ndarray, generator: np.random.Generator, pairing: Pairing) -> np.ndarray:
    """Give an encoded picture a colour cast, the noise of a sensor, and a black level that is off."""
    gains = np.exp(generator.normal(0, pairing.white_balance, 3) * (1, 0, 1)).astype(np.float32)
    light = linear_from_srgb(np.minimum(encoded, 1)).astype(np.float32) * gains
    if generator.random() < pairing.uneven_share:
        fields = [_smooth_field(generator, len(light), deviation) for deviation in (0.1, 0.02, 0.1)]
        light = light * np.exp(np.concatenate(fields, axis=-1))
    amplified = generator.uniform(*pairing.sensor_gain, 3).astype(np.float32) ** (1, 0, 1)
    variance = light * amplified * log_uniform(generator, pairing.shot_noise)
    variance += (amplified * log_uniform(generator, pairing.read_noise)) ** 2
    light = light + generator.standard_normal(light.shape, np.float32) * np.sqrt(variance)
    encoded = np.asarray(srgb_from_linear(np.clip(light, 0, 1)), np.float32)
    if generator.random() < 0.5:
        level = generator.normal(0, pairing.black_level) + generator.normal(0, pairing.black_tint, 3)
        # Cut off where it is above black, added where it is below.
        encoded = np.where(level > 0, (encoded - level) / (1 - level), encoded * (1 + level) - level)
    return np.asarray(np.clip(encoded, 0, 1), np.float32)


def _smooth_field(generator: np.random.Generator, size: int, deviation: float) -> np.ndarray:
    """Return a random (size, size, 1) float32 field that varies slowly, of this standard deviation."""
    cells = int(generator.integers(2, 5))
    coarse = generator.normal(0, deviation, (cells, cells)).astype(np.float32)
    return np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC))[..., None]


def _cut(picture: Image.Image, size: int, generator: np.random.Generator, pairing: Pairing) -> np.ndarray:
    """Cut a random rectangle, up to half as long again as it is high or high as it is long, and fit it."""
    width, height = picture.size
    short = min(width, height) * np.sqrt(generator.uniform(*pairing.share_of_area))
    long = short * generator.uniform(1, 1.5)
    across, down = (long, short) if generator.random() < 0.7 else (short, long)
    across, down = min(across, width), min(down, height)
    left, top = generator.uniform(0, width - across), generator.uniform(0, height - down)
    box = (left, top, left + across, top + down)
    return np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR, box), np.float32) / 255


@lru_cache(maxsize=1024)
def _shrunk_photograph(path: Path, long_side: int) -> Image.Image:
    """Read a photograph, shrunk; a thousand of them take 400 MB."""
    picture = open_picture(path)
    scale = long_side / max(picture.size)
    if scale >= 1:
        return picture
    width, height = (max(1, round(length * scale)) for length in picture.size)
    return picture.resize((width, height), Image.Resampling.BOX)


@lru_cache(maxsize=64)
def _panorama(path: Path) -> np.ndarray:
    return read_panorama(path)
