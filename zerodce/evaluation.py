"""Scores of enhanced pictures against well-lit references, beside those of plain gamma curves.

All arithmetic is in floating point on [0, 1]. In 8-bit arithmetic that wraps around, squared differences lose
their high bits and any two pictures score about 28 dB.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from skimage import metrics as untyped_metrics

from .errors import DataError
from .inference import enhance
from .pictures import list_pictures, read_image

# Where automatic gamma brings the mean, and the exponent of the fixed one.
AUTO_GAMMA_MEAN = 0.45
FIXED_GAMMA = 0.4

SSIM_WINDOW = 7  # scikit-image's default

# What equal images count as, so that averages stay finite: in 8 bits, one step in one sample of 150,000.
EQUAL_DB = 100.0

metrics: Any = untyped_metrics  # some releases say that they are typed, and are not

_GAMMA_LIMITS = 0.02, 50.0
_LUMA_WEIGHTS = np.array((0.299, 0.587, 0.114), np.float32)  # BT.601


@dataclass(frozen=True, slots=True)
class Pair:
    """A dark picture and its well-lit reference."""

    low: Path
    high: Path


@dataclass(frozen=True, slots=True)
class Score:
    """How near an image is to its reference.

    Attributes:
        psnr_db: Peak signal-to-noise ratio, in dB, for a peak of 1.
        ssim: Structural similarity, the mean over colours, with a 7×7 window.
    """

    psnr_db: float
    ssim: float


@dataclass(frozen=True, slots=True)
class Judged:
    """One pair, what the network made of it, and how near everything came to the reference.

    Attributes:
        low: (H, W, 3) float32 in [0, 1], the dark image.
        enhanced: The same, enhanced by the network.
        high: The same, the reference.
        scores: By method: "input", "gamma 0.4", "auto-gamma", and the network under its `model_name`.
    """

    low: np.ndarray
    enhanced: np.ndarray
    high: np.ndarray
    scores: dict[str, Score]


def list_pairs(low: Path, high: Path) -> list[Pair]:
    """Pair the pictures of two folders by name, whatever their suffixes.

    Raises:
        DataError: A folder is missing or empty, or a dark picture has no reference.
    """
    return pair_with(list_pictures(low), high)


def pair_with(lows: Sequence[Path], high: Path) -> list[Pair]:
    """Pair dark pictures with the references of the same names in a folder.

    Raises:
        DataError: The folder is missing or empty, or a picture has no reference, or several that only differ
            from it in their suffixes.
    """
    references: dict[str, list[Path]] = {}
    for path in list_pictures(high):
        references.setdefault(path.stem, []).append(path)
    missing = [path for path in lows if path.stem not in references]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(lows)} dark pictures have no reference in {high}, the first "
            f"{missing[0]}: the pictures of a pair must have the same name"
        )
    return [Pair(path, _reference_of(path, references[path.stem])) for path in lows]


def _reference_of(low: Path, candidates: Sequence[Path]) -> Path:
    """Choose the only picture of the same name, or that which has the suffix, too."""
    exact = [path for path in candidates if path.name == low.name]
    if len(candidates) > 1 and not exact:
        names = " and ".join(map(str, candidates))
        raise DataError(f"{low} could go with {names}: leave only one of them there")
    return (exact or candidates)[0]


def judge(pairs: Iterable[Pair], model: keras.Model, map_size: int | None = None) -> Iterator[Judged]:
    """Enhance dark pictures and score them, together with the input itself and two gamma curves.

    Args:
        pairs: What to judge.
        model: A curve network, or a `ZeroDCE`.
        map_size: Long side of the copy that curve maps are estimated on, in pixels; None for full size.

    Yields:
        One result for each pair, in order.

    Raises:
        DataError: A picture cannot be read, or differs from its reference in size.
    """
    for pair in pairs:
        low, high = read_pair(pair)
        enhanced = enhance(low, model, map_size)
        images = {
            "input": low,
            f"gamma {FIXED_GAMMA}": low**FIXED_GAMMA,
            "auto-gamma": auto_gamma(low),
            model_name(map_size): enhanced,
        }
        yield Judged(low, enhanced, high, {name: score(image, high) for name, image in images.items()})


def check_pairs(pairs: Sequence[Pair]) -> None:
    """Read every pair once, so that what is wrong with one is known before a long training.

    Raises:
        DataError: A picture cannot be read, or differs from its reference in size.
    """
    for pair in pairs:
        read_pair(pair)


def read_pair(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Read both pictures of a pair as (H, W, 3) float32 in [0, 1]; raises as `judge`."""
    low, high = read_image(pair.low), read_image(pair.high)
    low_size, high_size = (f"{image.shape[1]}×{image.shape[0]}" for image in (low, high))
    if low.shape != high.shape:
        raise DataError(
            f"{pair.low} has {low_size} pixels and {pair.high} has {high_size}: the pictures of a pair must "
            "have the same size"
        )
    if min(low.shape[:2]) < SSIM_WINDOW:
        raise DataError(f"{pair.low} has {low_size} pixels: SSIM needs {SSIM_WINDOW} each way; take it away")
    return low, high


def model_name(map_size: int | None = None) -> str:
    """Say in a table of scores what the network's row is."""
    return "model" if map_size is None else f"model, maps at {map_size}"


def score(image: np.ndarray, reference: np.ndarray) -> Score:
    """Compare two (H, W, 3) float images in [0, 1], at least 7 pixels high and wide.

    PSNR is at most `EQUAL_DB`, which equal images have.
    """
    reference, image = reference.astype(np.float64), image.astype(np.float64)
    with np.errstate(divide="ignore"):
        psnr = metrics.peak_signal_noise_ratio(reference, image, data_range=1)
    ssim = metrics.structural_similarity(reference, image, channel_axis=-1, data_range=1)
    return Score(min(float(psnr), EQUAL_DB), float(ssim))


def average(scores: Sequence[dict[str, Score]]) -> dict[str, Score]:
    """Average the scores of several pairs, method by method."""
    return {
        name: Score(
            float(np.mean([one[name].psnr_db for one in scores])),
            float(np.mean([one[name].ssim for one in scores])),
        )
        for name in scores[0]
    }


def auto_gamma(image: np.ndarray) -> np.ndarray:
    """Raise an image to the power that brings its mean luma to 0.45.

    Args:
        image: (H, W, 3) float32 in [0, 1].

    Returns:
        The same shape and range.
    """
    low, high = _GAMMA_LIMITS
    for _ in range(24):  # halves the interval each time, to the precision of float32
        gamma = np.sqrt(low * high)
        if np.mean(image**gamma @ _LUMA_WEIGHTS) > AUTO_GAMMA_MEAN:
            low = gamma
        else:
            high = gamma
    return np.asarray(image ** np.float32(low))
