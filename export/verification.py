"""Hold an artefact against what it was made from, on one test picture.

Two tolerances, both on curve maps, whose range is [-1, 1]:

- FP32 against NumPy float64: 1e-5. Float32 sums of some 600 products are good to a few 1e-6 after seven
  layers.
- FP16 against FP32: 2e-3. A quadratic curve moves a pixel x by A·(x² - x), at most A/4, so an error of e in
  eight maps moves it by about 2·e: 2e-3 is one level of an 8-bit picture. A rational curve moves it by less
  where it brightens less than eightfold. On a CPU, ONNX Runtime computes FP16 graphs in FP32, so what this
  sees is the rounding of the weights.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import VerificationError
from .manifest import INPUT_NAME, OUTPUT_NAME
from .onnx_runtime import onnxruntime

FP32_TOLERANCE = 1e-5
FP16_TOLERANCE = 2e-3


class Agreement(NamedTuple):
    """How closely two computations of the same maps agree, and how closely they had to."""

    max_error: float
    mean_error: float
    tolerance: float


def sample_image(height: int = 67, width: int = 101, seed: int = 0) -> NDArray[np.float32]:
    """Return a seeded test picture with dark and bright areas, edges and noise.

    Both sides are odd by default, so that padding and striding show.

    Returns:
        (1, 3, height, width) float32 in [0, 1].
    """
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    ramps = np.stack([x, y, 1 - x])
    checks = 0.25 * ((x * 12).astype(int) + (y * 12).astype(int) & 1)
    noise = random.normal(0, 0.05, (3, height, width))
    image = np.clip(ramps**2 * 0.75 + checks + noise, 0, 1)
    return np.expand_dims(image, 0).astype(np.float32)


def onnx_curves(model: bytes, image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute the curve maps of a serialised ONNX model in ONNX Runtime on the CPU.

    Args:
        model: The content of an .onnx file.
        image: (1, 3, height, width) float32 in [0, 1].

    Returns:
        (1, 24, map height, map width) float32.
    """
    # Denormal numbers are kept: to take them for zero would hold for all that the thread computes later.
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (curves,) = session.run([OUTPUT_NAME], {INPUT_NAME: image})
    return np.asarray(curves, np.float32)


def verify(
    what: str, actual: NDArray[np.floating], expected: NDArray[np.floating], tolerance: float
) -> Agreement:
    """Compare the curve maps of an artefact with those of its source.

    Args:
        what: Name of the artefact, for the message.
        actual: Curve maps of the artefact.
        expected: Curve maps of its source, of the same shape.
        tolerance: Largest difference allowed.

    Raises:
        VerificationError: The difference is larger somewhere, or not a number.
    """
    if actual.shape != expected.shape:
        raise VerificationError(
            f"{what} yields maps of shape {actual.shape} instead of {expected.shape}; not written"
        )
    error = np.abs(actual.astype(np.float64) - expected)
    agreement = Agreement(float(error.max()), float(error.mean()), tolerance)
    if not agreement.max_error <= tolerance:  # this way round, NaN fails as well
        raise VerificationError(
            f"{what} differs from its source by up to {agreement.max_error:.2g} "
            f"(mean {agreement.mean_error:.2g}), more than {tolerance:g}; nothing was written"
        )
    return agreement
