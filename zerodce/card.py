"""The card of a network: JSON beside the weights, about where they come from and what they can do."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av
import keras
import numpy as np
import PIL
import tensorflow as tf

from . import __version__
from .errors import ModelError
from .files import write_json
from .scores import Score

Card = dict[str, Any]


def card_path(weights: Path) -> Path:
    """Return where a model's card lies: `zero-dce.keras` has `zero-dce.keras.json`."""
    return weights.with_name(f"{weights.name}.json")


def write_card(weights: Path, fields: Card) -> None:
    """Write the card of a model that is already on disk.

    Args:
        weights: The `.keras` file.
        fields: What is to be said about it. Its name, its SHA-256 and the versions used are added.

    Raises:
        OutputError: The card cannot be written.
    """
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    card = {"file": weights.name, "sha256": digest, **fields, "versions": versions()}
    write_json(card_path(weights), card)


def read_card(weights: Path) -> Card:
    """Read the card of a model.

    Raises:
        ModelError: The model has no card, or it is another file's.
    """
    path = card_path(weights)
    try:
        card: Card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise ModelError(
            f"cannot read the card {path}: {exc}; only a model with a card keeps scores"
        ) from exc
    if card.get("sha256") != hashlib.sha256(weights.read_bytes()).hexdigest():
        raise ModelError(
            f"{path} describes another file: its SHA-256 is not that of {weights}; train it anew"
        )
    return card


def record_scores(weights: Path, data: str, scores: dict[str, Score]) -> None:
    """Add measured scores to the card of a model, keeping those of other methods and other data.

    Args:
        weights: The `.keras` file.
        data: The name of the pictures that it was judged on.
        scores: The average by method.

    Raises:
        ModelError: The model has no card, or it is another file's.
        OutputError: The card cannot be written.
    """
    card = read_card(weights)
    card.setdefault("scores", {}).setdefault(data, {}).update(rounded(scores))
    write_json(card_path(weights), card)


def rounded(scores: dict[str, Score]) -> dict[str, dict[str, float]]:
    """Return scores as JSON holds them, to four decimals."""
    return {
        name: {key: round(value, 4) for key, value in asdict(one).items()} for name, one in scores.items()
    }


def versions() -> dict[str, str]:
    """Return the versions of what decides the weights."""
    return {
        "zerodce": __version__,
        "python": platform.python_version(),
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
        "pillow": PIL.__version__,
        "av": av.__version__,
    }
