from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zerodce import pair_synthesis
from zerodce.pair_synthesis import Pairing, brightness, dark_pair, with_brightness

MakePictures = Callable[..., list[Path]]

# Nothing but a darker tone curve: no noise, cast, unevenness or compression.
PLAIN = Pairing(
    share_of_area=(1, 1),
    normal_share=0,
    dark_mean=(0.05, 0.05),
    power=(1, 1),
    greatest_gain=1,
    uneven_share=0,
    white_balance=0,
    black_level=0,
    black_tint=0,
    shot_noise=(1e-30, 1e-30),
    read_noise=(1e-30, 1e-30),
    black_share=0,
    jpeg_share=0,
    video_share=0,
)


@pytest.fixture
def photograph(make_pictures: MakePictures) -> Path:
    return make_pictures("photographs", 1, size_wh=(80, 60), brightness=1)[0]


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_seed_decides_the_pair(photograph: Path) -> None:
    first, again, other = (dark_pair(photograph, 32, seeded(seed)) for seed in (0, 0, 1))
    for image, same in zip(first, again, strict=True):
        assert (image.shape, image.dtype) == ((32, 32, 3), np.float32)
        assert 0 <= image.min() <= image.max() <= 1
        np.testing.assert_array_equal(image, same)
    assert (first[1] != other[1]).any()


def test_dark_pictures_are_in_steps_of_a_codec_and_under_the_limit(photograph: Path) -> None:
    pairing = Pairing(normal_share=0, black_share=0)
    means = []
    for seed in range(24):
        dark, _ = dark_pair(photograph, 32, seeded(seed), pairing)
        np.testing.assert_allclose(dark * 255, np.rint(dark * 255), atol=1e-4)
        means.append(brightness(dark))
    assert max(means) < 0.32  # 0.28, and what a wrong black level may add
    assert min(means) < 0.06


def test_plain_darkness_is_the_reference_times_a_factor(photograph: Path) -> None:
    dark, reference = dark_pair(photograph, 32, seeded(), PLAIN)
    assert brightness(dark) == pytest.approx(0.05, abs=1e-3)
    factor = 0.05 / brightness(reference)
    np.testing.assert_allclose(dark, factor * reference, atol=0.6 / 255)


def test_a_power_deepens_the_shadows(photograph: Path) -> None:
    dark, reference = dark_pair(photograph, 32, seeded(), replace(PLAIN, power=(2, 2), dark_mean=(1, 1)))
    np.testing.assert_allclose(dark, reference**2, atol=0.6 / 255)


@pytest.mark.parametrize(("mean", "lifted"), [(0.3, True), (0.5, False), (0.75, True)])
def test_references_are_of_normal_brightness(tmp_path: Path, mean: float, lifted: bool) -> None:
    path = tmp_path / "grey.png"
    Image.new("RGB", (40, 40), (round(mean * 255),) * 3).save(path)
    _, reference = dark_pair(path, 16, seeded(), PLAIN)
    assert (abs(brightness(reference) - mean) > 0.01) == lifted
    assert 0.37 < brightness(reference) < 0.61


def test_a_night_stays_a_night(tmp_path: Path) -> None:
    path = tmp_path / "night.png"
    Image.new("RGB", (40, 40), (10, 10, 10)).save(path)
    _, reference = dark_pair(path, 16, seeded(), PLAIN)
    assert brightness(reference) == pytest.approx((10 / 255) ** 0.55, abs=0.01)


def test_the_blacker_a_picture_the_dimmer_its_reference(photograph: Path) -> None:
    _, usual = dark_pair(photograph, 32, seeded(), PLAIN)
    pairs = [dark_pair(photograph, 32, seeded(seed), replace(PLAIN, black_share=1)) for seed in range(8)]
    means = [brightness(dark) for dark, _ in pairs]
    dims = [brightness(reference) / brightness(usual) for _, reference in pairs]
    assert max(means) < 0.015
    assert (0.003 / 0.012) ** 0.5 - 0.01 <= min(dims) < 0.7 < max(dims) <= 1.01
    assert np.corrcoef(means, dims)[0, 1] > 0.95  # rounding to 8 bits blurs the means


def test_normal_pictures_are_their_own_references(photograph: Path) -> None:
    dark, reference = dark_pair(photograph, 32, seeded(), replace(PLAIN, normal_share=1, normal_mean=(0, 1)))
    np.testing.assert_allclose(dark, reference, atol=0.51 / 255)


def test_views_of_panoramas_are_exposed_from_the_same_light(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Half of it dark, half a thousand times as bright: the reference shows both.
    radiance = np.full((64, 128, 3), 0.01, np.float32)
    radiance[:, ::2] = 10
    monkeypatch.setattr(pair_synthesis, "read_panorama", lambda path: radiance)
    dark, reference = dark_pair(tmp_path / "view.hdr", 32, seeded(), replace(PLAIN, panorama_gamma=(1, 1)))
    assert brightness(dark) == pytest.approx(0.05, abs=0.01)
    assert 0.37 < brightness(reference) < 0.61
    assert np.ptp(reference) < np.ptp(dark / dark.mean())


def test_brightness_is_met_by_a_power_within_limits() -> None:
    image = seeded().uniform(0, 1, (256, 256, 3)).astype(np.float32)
    lifted = with_brightness(image, 0.6, (0.2, 5))
    assert brightness(lifted) == pytest.approx(0.6, abs=0.01)
    np.testing.assert_allclose(with_brightness(image, 0.99, (0.5, 5)), image**0.5, atol=2e-3)
