"""Inks become the colours that their profile says they are printed as."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from realtime.images.still import enhance_still

from ...contract.fake_enhancer import FakeEnhancer
from .ink_profile import WHITE, ink_profile
from .stills import enhanced

# Every mix of inks, each whole or none, and the L*, a*, b* that it is printed as; the last is the darkest.
MIXES = np.array(list(itertools.product((0, 255), repeat=4)), np.uint8)
_random = np.random.default_rng(7)
PRINTED = np.column_stack([np.linspace(90, 25, 16), *_random.uniform(-20, 20, (2, 16))])
PRINTED[0], PRINTED[-1] = (100, 0, 0), (12, 0, 0)


def srgb_of(printed: np.ndarray) -> np.ndarray:
    """Compute 8-bit sRGB by hand, relative to the paper, with the darkest mix as black.

    Sources: CIE 15, L*a*b*; Adobe, black point compensation; Lindbloom, sRGB from XYZ (D50, Bradford).
    """
    f = (printed[:, :1] + 16) / 116 + printed[:, 1:2] * [1 / 500, 0, 0] - printed[:, 2:] * [0, 0, 1 / 200]
    xyz = WHITE * np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))
    black = xyz[-1]
    xyz = WHITE * (xyz - black) / (WHITE - black)
    to_rgb = [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
    linear = (xyz @ np.transpose(to_rgb)).clip(0, 1)
    return 255 * np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)


def mixes() -> Image.Image:
    """Return an image of every mix, each in a block of its own, which JPEG keeps."""
    blocks = MIXES.reshape(4, 4, 4).repeat(16, axis=0).repeat(16, axis=1)
    return Image.frombytes("CMYK", (64, 64), blocks.tobytes())


def colours(result: Image.Image) -> np.ndarray:
    return np.asarray(result.convert("RGB"), np.float64)[8::16, 8::16].reshape(16, 3)


@pytest.mark.parametrize("source", ["in.jpg", "in.tif"])
def test_colours_are_those_that_the_profile_tells(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, source: str
) -> None:
    mixes().save(tmp_path / source, icc_profile=ink_profile(PRINTED), quality=100)
    enhance_still(tmp_path / source, tmp_path / "out.png", FakeEnhancer(gain=0))
    with Image.open(tmp_path / "out.png") as result:
        assert (result.mode, result.info.get("icc_profile")) == ("RGB", None)
        np.testing.assert_allclose(colours(result), srgb_of(PRINTED), atol=3)
    assert caplog.messages == []


def test_without_a_profile_each_ink_takes_its_complement(tmp_path: Path) -> None:
    result = enhanced(mixes(), tmp_path, "in.tif", "out.png")
    inks = MIXES.astype(np.float64) / 255
    expected = 255 * (1 - inks[:, :3]) * (1 - inks[:, 3:])
    np.testing.assert_allclose(colours(result), np.minimum(expected, 225) + 30, atol=1)


@pytest.mark.parametrize(
    "damaged",
    [
        b"no profile",
        ink_profile(PRINTED)[:200],
        ink_profile(PRINTED).replace(b"CMYK", b"RGB "),
        ink_profile(PRINTED)[:128] + b"\xff" * 700,
    ],
    ids=["text", "cut off", "of light", "garbage"],
)
@pytest.mark.parametrize("source", ["in.jpg", "in.tif"])
def test_a_profile_that_cannot_be_used_does_not_lose_the_picture(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damaged: bytes, source: str
) -> None:
    result = enhanced(mixes(), tmp_path, source, "out.jpg", icc_profile=damaged)
    assert (result.mode, result.info.get("icc_profile")) == ("RGB", None)
    assert caplog.messages == [
        "inks are made colours without the colour profile, as that is damaged or of another kind"
    ]


def test_inverted_inks_of_a_jpeg_are_not_mistaken(tmp_path: Path) -> None:
    Image.new("CMYK", (16, 16), (0, 0, 0, 230)).save(tmp_path / "in.jpg")
    assert b"Adobe" in (tmp_path / "in.jpg").read_bytes()  # with which inks are stored inverted
    enhance_still(tmp_path / "in.jpg", tmp_path / "out.png", FakeEnhancer(gain=0))
    with Image.open(tmp_path / "out.png") as result:
        np.testing.assert_allclose(result, 25, atol=2)
