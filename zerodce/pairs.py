"""Pairs of a dark picture and its well-lit reference: found by name, and read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import DataError
from .pictures import list_pictures, read_image
from .scores import SSIM_WINDOW


@dataclass(frozen=True, slots=True)
class Pair:
    """A dark picture and its well-lit reference."""

    low: Path
    high: Path


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


def check_pairs(pairs: Sequence[Pair]) -> None:
    """Read every pair once, so that what is wrong with one is known before a long training.

    Raises:
        DataError: A picture cannot be read, or differs from its reference in size.
    """
    for pair in pairs:
        read_pair(pair)


def read_pair(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Read both pictures of a pair as (H, W, 3) float32 in [0, 1]; raises as `check_pairs`."""
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
