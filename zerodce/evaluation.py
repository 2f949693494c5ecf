"""Scores of what a network makes of dark pictures, against well-lit references, beside plain gamma curves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import keras
import numpy as np

from .inference import enhance
from .pairs import Pair, read_pair
from .scores import FIXED_GAMMA, Score, auto_gamma, score


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


def model_name(map_size: int | None = None) -> str:
    """Say in a table of scores what the network's row is."""
    return "model" if map_size is None else f"model, maps at {map_size}"
