"""The settings of a training run.

Standard library only, so that the command line reads the defaults at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

NetworkName: TypeAlias = Literal["zero-dce", "context"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossOptions:
    """How much each zero-reference loss counts, and how bright a picture should be.

    The defaults are those of the Zero-DCE authors' code, for losses that are means over pixels or patches.

    Attributes:
        colour: Weight of the colour constancy loss.
        exposure: Weight of the exposure loss.
        smoothness: Weight of the illumination smoothness loss.
        spatial: Weight of the spatial consistency loss.
        exposure_level: Mean brightness that the exposure loss asks of every patch, in (0, 1).
        exposure_patch: Side of such a patch, in pixels.
    """

    colour: float = 5.0
    exposure: float = 10.0
    smoothness: float = 200.0
    spatial: float = 1.0
    exposure_level: float = 0.6
    exposure_patch: int = 16

    def __post_init__(self) -> None:
        _check_weights(self, ("colour", "exposure", "smoothness", "spatial"))
        if not 0 < self.exposure_level < 1:
            raise ValueError(f"the exposure level must lie between 0 and 1, not {self.exposure_level}")
        if self.exposure_patch < 1:
            raise ValueError(f"the exposure patch must be at least 1 pixel, not {self.exposure_patch}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceLossOptions:
    """How much each loss counts that compares the enhanced image with its reference.

    Attributes:
        coarse: Weight of the absolute difference of 4×4 means; that of single pixels has a weight of 1.
        structure: Weight of the structural dissimilarity.
        variation: Weight of the total variation of the curve maps.
    """

    coarse: float = 0.5
    structure: float = 0.3
    variation: float = 8.0

    def __post_init__(self) -> None:
        _check_weights(self, ("coarse", "structure", "variation"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """One training run; two runs with equal options and pictures give equal weights.

    The defaults are the usual recipe: 256×256 pixels, batches of 16, Adam at 1e-4, 70 epochs.

    Attributes:
        network: Which network: DCE-Net, or the one that sees the whole picture's brightness.
        epochs: Passes over the training pictures.
        batch_size: Pictures in a batch; what is left over at the end of an epoch is dropped.
        size: Side of the squares that the network is trained on, in pixels.
        learning_rate: Of Adam, at the start.
        decay: Whether the learning rate falls to zero along half a cosine, rather than staying as it is.
        seed: Decides the initial weights, the order of the pictures and how they are darkened.
        test_count: Pictures set aside for testing, the first in sorted order.
        train_count: Pictures to train on, the next in sorted order.
        validation_count: Pictures to validate on, the next; None for all that are left.
        darken: Whether the pictures are normally exposed, and dark inputs are to be synthesised from them.
        supervised: Whether to compare with the pictures that dark inputs are synthesised from, rather than
            to judge without references.
        losses: Weights of the zero-reference losses and the target exposure.
        reference_losses: Weights of the losses of supervised training.
    """

    network: NetworkName = "zero-dce"
    epochs: int = 70
    batch_size: int = 16
    size: int = 256
    learning_rate: float = 1e-4
    decay: bool = False
    seed: int = 0
    test_count: int = 30
    train_count: int = 370
    validation_count: int | None = None
    darken: bool = False
    supervised: bool = False
    losses: LossOptions = field(default_factory=LossOptions)
    reference_losses: ReferenceLossOptions = field(default_factory=ReferenceLossOptions)

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "train_count"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("seed", "test_count"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, not {getattr(self, name)}")
        if self.validation_count is not None and self.validation_count < 0:
            raise ValueError(f"validation_count must not be negative, not {self.validation_count}")
        if self.seed >= 2**32:  # NumPy's own limit
            raise ValueError(f"seed must be below 2³², not {self.seed}")
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"the learning rate must be positive and finite, not {self.learning_rate}")
        if self.size < self.losses.exposure_patch:
            raise ValueError(
                f"size must be at least the exposure patch of {self.losses.exposure_patch} pixels, "
                f"not {self.size}"
            )
        if self.supervised and not self.darken:
            raise ValueError("supervised training compares with the pictures that it darkens: add --darken")
        if self.network == "context" and self.size % 4:
            raise ValueError(f"the context network takes sizes that are multiples of 4, not {self.size}")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a card says of weights beyond what the run itself knows.

    Attributes:
        licence: Under which the weights may be used; None where nobody has said.
        note: Anything else, such as the licence of the pictures.
    """

    licence: str | None = None
    note: str | None = None


def _check_weights(losses: LossOptions | ReferenceLossOptions, names: Iterable[str]) -> None:
    for name in names:
        weight = getattr(losses, name)
        if not 0 <= weight < math.inf:
            raise ValueError(f"the weight of the {name} loss must be 0 or more, and finite, not {weight}")


def quick_options(options: TrainingOptions) -> TrainingOptions:
    """Shrink a run so that it goes through every stage within a minute on a CPU, and teaches nothing."""
    return replace(options, epochs=2, batch_size=2, size=64, test_count=2, train_count=6, validation_count=2)
