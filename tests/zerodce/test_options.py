from __future__ import annotations

from typing import Any

import pytest

from zerodce.options import LossOptions, ReferenceLossOptions, TrainingOptions, quick_options


def test_defaults_are_the_usual_recipe() -> None:
    options = TrainingOptions()
    assert (options.size, options.batch_size, options.epochs) == (256, 16, 70)
    assert options.learning_rate == pytest.approx(1e-4)
    losses = options.losses
    assert (losses.smoothness, losses.spatial, losses.colour, losses.exposure) == (200, 1, 5, 10)
    assert (losses.exposure_level, losses.exposure_patch) == (0.6, 16)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1, not 0"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"train_count": 0}, "train_count must be at least 1"),
        ({"test_count": -1}, "test_count must not be negative, not -1"),
        ({"validation_count": -1}, "validation_count must not be negative"),
        ({"seed": -1}, "seed must not be negative"),
        ({"seed": 2**32}, "seed must be below 2³², not 4294967296"),
        ({"learning_rate": 0}, "learning rate must be positive and finite, not 0"),
        ({"learning_rate": float("nan")}, "learning rate must be positive and finite, not nan"),
        ({"learning_rate": float("inf")}, "learning rate must be positive and finite, not inf"),
        (
            {"supervised": True},
            "supervised training compares with the pictures that it darkens: add --darken",
        ),
        ({"network": "context", "size": 30}, "takes sizes that are multiples of 4, not 30"),
        ({"size": 15}, "size must be at least the exposure patch of 16 pixels, not 15"),
    ],
)
def test_nonsense_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainingOptions(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"spatial": -1}, "weight of the spatial loss must be 0 or more, and finite, not -1"),
        ({"exposure": float("nan")}, "weight of the exposure loss must be 0 or more, and finite, not nan"),
        ({"exposure_level": 1}, "exposure level must lie between 0 and 1, not 1"),
        ({"exposure_patch": 0}, "exposure patch must be at least 1 pixel"),
    ],
)
def test_nonsense_losses_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LossOptions(**values)


@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf")])
def test_a_nonsense_weight_of_a_reference_loss_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="weight of the structure loss must be 0 or more, and finite, not"):
        ReferenceLossOptions(structure=weight)


def test_a_quick_run_is_small_and_keeps_what_is_not_about_size() -> None:
    options = quick_options(TrainingOptions(seed=7, darken=True))
    assert options.epochs * options.train_count * options.size**2 < 1e5
    assert (options.seed, options.darken) == (7, True)
