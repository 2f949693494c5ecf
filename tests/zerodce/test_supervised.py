from __future__ import annotations

import keras
import numpy as np
import pytest
from skimage.metrics import structural_similarity

from zerodce.context_net import context_net
from zerodce.curves import apply_curves
from zerodce.options import ReferenceLossOptions
from zerodce.supervised import SupervisedDCE, map_variation, structural_dissimilarity


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    reference = random.uniform(0.2, 0.9, (2, 16, 16, 3)).astype(np.float32)
    return np.float32(0.2) * reference, reference


def test_structural_dissimilarity_is_that_of_scikit_image(pair: tuple[np.ndarray, np.ndarray]) -> None:
    # Its map has a value for every pixel: windows that lie within the picture, every fourth one.
    first, second = (np.float64(image[0]) for image in pair)
    _, full = structural_similarity(
        second, first, channel_axis=-1, data_range=1, full=True, use_sample_covariance=False
    )
    expected = 1 - full[3:-3:4, 3:-3:4].mean()
    computed = structural_dissimilarity(pair[0][:1], pair[1][:1])
    assert float(computed) == pytest.approx(expected, abs=1e-5)


def test_equal_images_are_not_dissimilar(pair: tuple[np.ndarray, np.ndarray]) -> None:
    assert float(structural_dissimilarity(pair[1], pair[1])) == pytest.approx(0, abs=1e-6)


def test_map_variation_by_hand() -> None:
    curves = np.array([[0, 1, 1], [0, 0, 4]], np.float32)[None, ..., None]
    down, across = (0 + 1 + 3) / 3, (1 + 0 + 0 + 4) / 4
    assert float(map_variation(curves)) == pytest.approx(down + across)


def test_losses_are_weighted_and_add_up(pair: tuple[np.ndarray, np.ndarray]) -> None:
    model = SupervisedDCE(context_net(), ReferenceLossOptions(coarse=2, structure=3, variation=5))
    losses = {name: float(value) for name, value in model.compute_losses(pair).items()}
    enhanced, reference = np.asarray(model(pair[0])), pair[1]
    coarse = (enhanced - reference).reshape(2, 4, 4, 4, 4, 3).mean((2, 4))
    assert tuple(losses) == SupervisedDCE.loss_names
    assert losses["pixel_loss"] == pytest.approx(np.abs(enhanced - reference).mean(), rel=1e-4)
    assert losses["coarse_loss"] == pytest.approx(2 * np.abs(coarse).mean(), rel=1e-4)
    assert losses["structure_loss"] == pytest.approx(
        3 * float(structural_dissimilarity(enhanced, reference)), rel=1e-4
    )
    assert losses["map_variation_loss"] == pytest.approx(5 * float(map_variation(model.network(pair[0]))))
    assert losses.pop("total_loss") == pytest.approx(sum(losses.values()))


def test_coarse_maps_are_interpolated_between_the_centres_of_their_cells() -> None:
    image = np.full((1, 4, 16, 3), 0.25, np.float32)
    coarse = np.zeros((1, 1, 4, 3), np.float32)
    coarse[:, :, 2:] = -1  # on the right
    # Pixel p lies at (p + ½) / 4 − ½ on the grid; the maps go from 0 to −1 between 1 and 2 there.
    share = np.clip((np.arange(16) + 0.5) / 4 - 0.5 - 1, 0, 1)
    expected = 0.25 / (0.25 + (1 - 0.9 * share) ** 2 * 0.75)
    enhanced = SupervisedDCE(context_net()).get_enhanced_image(image, coarse)
    np.testing.assert_allclose(np.asarray(enhanced)[0, 2, :, 1], expected, atol=1e-6)


def test_training_lowers_the_loss(pair: tuple[np.ndarray, np.ndarray]) -> None:
    keras.utils.set_random_seed(0)
    model = SupervisedDCE(context_net())
    model.compile(learning_rate=3e-3)
    before = model.evaluate(*pair, batch_size=2, verbose=0, return_dict=True)
    model.fit(*pair, batch_size=2, epochs=8, verbose=0)
    after = model.evaluate(*pair, batch_size=2, verbose=0, return_dict=True)
    assert set(after) == set(SupervisedDCE.loss_names)
    assert after["total_loss"] < before["total_loss"]


def test_maps_of_full_size_are_applied_as_they_are(pair: tuple[np.ndarray, np.ndarray]) -> None:
    model = SupervisedDCE()  # DCE-Net
    expected = apply_curves(pair[0], model.network(pair[0]))
    np.testing.assert_allclose(np.asarray(model(pair[0])), np.asarray(expected), atol=1e-6)
