"""Images of 16 bits keep every one of them, and what comes with the image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from realtime.deep_image import DeepImage, is_deep, read_deep, write_deep
from realtime.errors import InputError, OutputError
from realtime.still import enhance_still

from ..contract.fake_enhancer import FakeEnhancer

GAIN = 30
SIZE = (7, 9)


def deep(channels: int) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 60_000, (*SIZE, channels), np.uint16)


def read(path: Path) -> DeepImage:
    with Image.open(path) as image:
        assert is_deep(image)
        return read_deep(path, image)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF"])
@pytest.mark.parametrize("channels", [1, 3, 4], ids=["grey", "RGB", "RGBA"])
def test_every_bit_is_enhanced_and_opacity_stays(tmp_path: Path, channels: int, suffix: str) -> None:
    source, target = tmp_path / "in.png", tmp_path / f"out{suffix}"
    samples = deep(channels)
    write_deep(DeepImage(samples), source)
    enhance_still(source, target, FakeEnhancer(gain=GAIN))
    expected = samples.copy()
    expected[..., : min(channels, 3)] += GAIN
    np.testing.assert_array_equal(read(target).samples, expected)


def test_profile_camera_data_and_resolution_are_kept(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"
    write_deep(DeepImage(deep(3), b"profile", exif.tobytes(), (300, 300)), tmp_path / "in.png")
    enhance_still(tmp_path / "in.png", tmp_path / "out.png", FakeEnhancer())
    with Image.open(tmp_path / "out.png") as result:
        assert dict(result.getexif()) == {0x0112: 6, 0x010F: "Camera"}
        assert result.info["icc_profile"] == b"profile"
        assert result.info["dpi"] == pytest.approx((300, 300), rel=1e-3)
    with pytest.raises(OutputError, match=r"without its profile and EXIF data; write \.png"):
        enhance_still(tmp_path / "in.png", tmp_path / "out.tif", FakeEnhancer())


def test_a_tiff_keeps_its_resolution(tmp_path: Path) -> None:
    write_deep(DeepImage(deep(3), dpi=(300, 240)), tmp_path / "in.tif")
    enhance_still(tmp_path / "in.tif", tmp_path / "out.tif", FakeEnhancer())
    with Image.open(tmp_path / "out.tif") as result:
        assert result.info["dpi"] == (300, 240)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tiff_is_turned_as_pillow_turns_it(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    samples = deep(1)[..., 0]
    numbers = np.arange(samples.size, dtype=np.uint8).reshape(SIZE)
    Image.fromarray(samples).save(tmp_path / "in.tif", exif=exif)
    Image.fromarray(numbers).save(tmp_path / "numbers.tif", exif=exif)  # which Pillow turns rightly
    with (tmp_path / "numbers.tif").open("rb") as file:
        turned = samples.ravel()[np.array(Image.open(file).convert("L"))]
    np.testing.assert_array_equal(read(tmp_path / "in.tif").samples[..., 0], turned)


def test_8_bits_are_not_deep() -> None:
    assert not is_deep(Image.new("RGB", (2, 2)))


def test_a_damaged_one_is_refused(tmp_path: Path) -> None:
    write_deep(DeepImage(deep(3)), tmp_path / "in.png")
    data = (tmp_path / "in.png").read_bytes()
    (tmp_path / "in.png").write_bytes(data[: len(data) // 3])
    with pytest.raises(InputError, match=r"in\.png .*cannot be read|in\.png .*is not a video"):
        enhance_still(tmp_path / "in.png", tmp_path / "out.png", FakeEnhancer())
