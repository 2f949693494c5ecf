from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zerodce.synthesis import (
    Darkening,
    dark_picture,
    darken,
    linear_from_srgb,
    panorama_view,
    photograph_view,
    srgb_from_linear,
)

# No noise, no cast, no compression: what is left is exposure and encoding.
PLAIN = Darkening(
    exposure=(-2, -2),
    normal_share=0,
    gamma=(1, 1),
    white_balance=0,
    shot_noise=(1e-30, 1e-30),
    read_noise=(1e-30, 1e-30),
    jpeg_share=0,
)


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_srgb_by_hand_and_back() -> None:
    # IEC 61966-2-1: 18 % grey is encoded as 0.4614, and 0.002 lies on the straight part.
    assert srgb_from_linear(np.array([0, 0.002, 0.18, 1])) == pytest.approx(
        [0, 0.02584, 0.46136, 1], abs=1e-5
    )
    values = np.linspace(0, 1, 101)
    np.testing.assert_allclose(linear_from_srgb(srgb_from_linear(values)), values, atol=1e-7)


def test_two_stops_less_are_a_quarter_of_the_light() -> None:
    image = darken(np.full((4, 4, 3), 0.72), seeded(), PLAIN)
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, np.float32(round(0.46136 * 255)) / np.float32(255))


def test_highlights_saturate() -> None:
    assert (darken(np.full((2, 2, 3), 50.0), seeded(), PLAIN) == 1).all()


def test_noise_has_the_variance_that_was_asked_for() -> None:
    noisy = Darkening(
        exposure=(0, 0),
        normal_share=0,
        gamma=(1, 1),
        white_balance=0,
        shot_noise=(1e-3, 1e-3),
        read_noise=(0.01, 0.01),
        jpeg_share=0,
    )
    sensed = linear_from_srgb(darken(np.full((128, 128, 3), 0.3), seeded(), noisy).astype(np.float64))
    assert sensed.mean() == pytest.approx(0.3, abs=1e-3)
    # 3 % is six standard errors of a variance from 49152 samples; rounding to 8 bits adds less than 1 %.
    assert sensed.var() == pytest.approx(0.3 * 1e-3 + 0.01**2, rel=0.04)


def test_a_wrong_white_balance_changes_red_and_blue() -> None:
    tinted = Darkening(**{**_values(PLAIN), "white_balance": 0.2})
    red, green, blue = darken(np.full((1, 1, 3), 0.5), seeded(), tinted)[0, 0]
    expected_green = darken(np.full((1, 1, 3), 0.5), seeded(), PLAIN)[0, 0, 1]
    assert green == expected_green
    assert red != green != blue


def test_the_normal_share_keeps_its_exposure() -> None:
    normal = Darkening(**{**_values(PLAIN), "normal_share": 1.0})
    means = [darken(np.full((1, 1, 3), 0.18), seeded(seed), normal).mean() for seed in range(50)]
    low, high = srgb_from_linear(np.array([0.18 * 2**-0.5, 0.18 * 2**0.5]))
    assert low - 0.002 <= min(means) < 0.42
    assert 0.5 < max(means) <= high + 0.002


def test_a_view_into_a_panorama_looks_where_it_should() -> None:
    height, width = 180, 360
    latitude = 90 - (np.arange(height) + 0.5)
    longitude = np.arange(width) + 0.5
    panorama = np.zeros((height, width, 3), np.float32)
    panorama[..., 0] = latitude[:, None]
    panorama[..., 1] = np.cos(np.radians(longitude))
    panorama[..., 2] = np.sin(np.radians(longitude))
    ahead = Darkening(field_of_view=(60, 60), pitch=(20, 20))

    view = panorama_view(panorama, 65, seeded(), ahead)

    centre = view[32, 32]
    assert centre[0] == pytest.approx(20, abs=0.1)
    assert view[0, 32, 0] == pytest.approx(50, abs=0.1)  # the upper edge: 20° and half of 60°
    assert view[64, 32, 0] == pytest.approx(-10, abs=0.1)
    headings = np.unwrap(np.degrees(np.arctan2(view[32, :, 2], view[32, :, 1])), period=360)
    assert (np.diff(headings) > 0).all()  # the panorama's right is the view's right
    # The horizontal edge lies 30° off the axis, at a height of 20°: atan(tan 30° / cos 20°) = 31.57°.
    assert headings[64] - headings[32] == pytest.approx(31.57, abs=0.1)


def test_a_view_of_a_photograph_is_a_square_of_the_shrunk_picture() -> None:
    columns = np.tile(np.arange(200, dtype=np.uint8), (100, 1))
    picture = Image.fromarray(columns).convert("RGB")
    view = photograph_view(picture, 20, seeded(), Darkening(long_side=(100, 100)))
    assert view.shape == (20, 20, 3)
    # Shrunk to half, 20 columns show 40 of the picture's: neighbours differ by 2.
    assert np.diff(view[:, :, 0] * 255, axis=1).mean() == pytest.approx(2, abs=0.05)


def test_a_small_photograph_is_shown_whole() -> None:
    picture = Image.new("RGB", (30, 20), (255, 0, 0))
    view = photograph_view(picture, 64, seeded(), Darkening())
    np.testing.assert_array_equal(view, np.broadcast_to(np.float32((1, 0, 0)), (64, 64, 3)))


def test_the_generator_decides_everything(tmp_path: Path) -> None:
    path = tmp_path / "photograph.jpg"
    Image.effect_noise((90, 60), 80).convert("RGB").save(path)
    first, again, other = (dark_picture(path, 32, seeded(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    np.testing.assert_allclose(first * 255, np.rint(first * 255), atol=1e-4)


def test_a_panorama_is_exposed_for_its_view(tmp_path: Path) -> None:
    path = tmp_path / "grey.hdr"
    # Mantissas of 128 and an exponent of 139 are a radiance of 1024 everywhere: metering makes it 18 % grey.
    pixels = np.tile(np.array((128, 128, 128, 139), np.uint8), (8, 16, 1))
    path.write_bytes(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 8 +X 16\n" + pixels.tobytes())
    image = dark_picture(path, 16, seeded(), PLAIN)
    expected = float(srgb_from_linear(np.array(0.18 / 4)))
    np.testing.assert_allclose(image, expected, atol=0.5 / 255 + 1e-3)


def _values(darkening: Darkening) -> dict[str, object]:
    return {name: getattr(darkening, name) for name in darkening.__slots__}
