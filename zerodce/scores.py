"""How near an image is to a reference, and the plain gamma curves that scores are held against.

All arithmetic is in floating point on [0, 1]. In 8-bit arithmetic that wraps around, squared differences lose
their high bits and any two pictures score about 28 dB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import MissingPackageError

try:
    from skimage import metrics as untyped_metrics
except ImportError as exc:
    raise MissingPackageError(
        f"scores need scikit-image ({exc}); install the extra: pip install '.[train]'"
    ) from exc

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
class Score:
    """How near an image is to its reference.

    Attributes:
        psnr_db: Peak signal-to-noise ratio, in dB, for a peak of 1.
        ssim: Structural similarity, the mean over colours, with a 7×7 window.
    """

    psnr_db: float
    ssim: float


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
