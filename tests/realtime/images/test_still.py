"""An image keeps everything but its brightness."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from realtime.images.still import enhance_still

from ...contract.fake_enhancer import FakeEnhancer
from .stills import GAIN, SIZE_WH, enhanced, pixels

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def profile(colours: bytes) -> bytes:
    """Make a profile for other colours than RGB, as far as its header tells."""
    return SRGB[:16] + colours + SRGB[20:]


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".TIFF"])
def test_every_colour_is_enhanced(tmp_path: Path, suffix: str) -> None:
    array = pixels(3)
    result = enhanced(Image.fromarray(array), tmp_path, "in.png", f"out{suffix}")
    assert result.mode == "RGB"
    np.testing.assert_array_equal(result, array + GAIN)


@pytest.mark.parametrize("suffix", [".jpg", ".JPE", ".jfif", ".jif", ".webp"])
def test_lossy_formats_come_close(tmp_path: Path, suffix: str) -> None:
    image = Image.fromarray(pixels(3)).resize((4 * SIZE_WH[0], 4 * SIZE_WH[1]))
    kind = "WEBP" if suffix == ".webp" else "JPEG"
    result = enhanced(image, tmp_path, f"in{suffix}", f"out{suffix}", format=kind, quality=95)
    assert result.format == kind
    # Compressed twice; the mean is not biased.
    assert np.mean(result) - np.mean(image) == pytest.approx(GAIN, abs=1)


def test_a_single_pixel_is_enhanced(tmp_path: Path) -> None:
    result = enhanced(Image.new("RGB", (1, 1), (9, 8, 7)), tmp_path, "in.png", "out.png")
    assert np.array(result).tolist() == [[[9 + GAIN, 8 + GAIN, 7 + GAIN]]]


def test_each_image_is_a_stream_of_its_own(tmp_path: Path) -> None:
    Image.new("RGB", (2, 2)).save(tmp_path / "in.png")
    enhancer = FakeEnhancer()
    for target in ("a.png", "b.png"):
        enhance_still(tmp_path / "in.png", tmp_path / target, enhancer)
    assert (enhancer.resets, enhancer.times_s) == (2, [0.0])


def test_transparency_is_kept(tmp_path: Path) -> None:
    array = pixels(4)
    result = enhanced(Image.fromarray(array), tmp_path, "in.png", "out.png")
    np.testing.assert_array_equal(np.array(result)[..., 3], array[..., 3])
    np.testing.assert_array_equal(np.array(result)[..., :3], array[..., :3] + GAIN)


def test_transparency_of_grey_is_kept(tmp_path: Path) -> None:
    image = Image.fromarray(pixels(4)).convert("LA")
    result = enhanced(image, tmp_path, "in.png", "out.png")
    np.testing.assert_array_equal(np.array(result)[..., -1], np.array(image)[..., 1])


def test_transparency_of_a_palette_is_kept(tmp_path: Path) -> None:
    image = Image.fromarray(pixels(3)).quantize(8)
    result = enhanced(image, tmp_path, "in.png", "out.png", transparency=2)
    np.testing.assert_array_equal(np.array(result)[..., 3], np.where(np.array(image) == 2, 0, 255))


def test_transparency_of_a_shade_of_grey_is_kept(tmp_path: Path) -> None:
    grey = pixels(1)[..., 0]
    result = enhanced(Image.fromarray(grey), tmp_path, "in.png", "out.png", transparency=int(grey[0, 0]))
    np.testing.assert_array_equal(np.array(result)[..., 3], np.where(grey == grey[0, 0], 0, 255))


def test_grey_stays_grey(tmp_path: Path) -> None:
    grey = pixels(1)[..., 0]
    result = enhanced(Image.fromarray(grey), tmp_path, "in.png", "out.png")
    assert result.mode == "L"
    np.testing.assert_array_equal(result, grey + GAIN)


def test_16_bit_grey_becomes_8_bit_grey_where_it_must(tmp_path: Path) -> None:
    grey = pixels(1)[..., 0]
    image = Image.fromarray(grey.astype(np.uint16) * 256 + 99)
    result = enhanced(image, tmp_path, "in.png", "out.bmp")
    assert result.mode == "L"
    np.testing.assert_array_equal(result, grey + GAIN)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_orientation_profile_and_camera_data_are_kept(tmp_path: Path, suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"  # turned by 90°; the maker
    image = Image.fromarray(pixels(3))
    result = enhanced(image, tmp_path, f"in{suffix}", f"out{suffix}", exif=exif, icc_profile=SRGB)
    assert result.size == SIZE_WH  # still to be turned by whoever shows it
    assert dict(result.getexif()) == {0x0112: 6, 0x010F: "Camera"}
    assert result.info["icc_profile"] == SRGB


@pytest.mark.parametrize("source", [".png", ".jpg", ".webp", ".tif"])
@pytest.mark.parametrize("target", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_whatever_the_formats_an_image_stays_upright(tmp_path: Path, source: str, target: str) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"
    image = Image.new("RGB", (40, 30), (200, 9, 9))
    image.paste((9, 9, 9), (0, 0, 20, 30))
    image.save(tmp_path / f"in{source}", exif=exif)
    enhance_still(tmp_path / f"in{source}", tmp_path / f"out{target}", FakeEnhancer(gain=0))
    with Image.open(tmp_path / f"out{target}") as result:
        assert target == ".bmp" or result.getexif()[0x010F] == "Camera"
        shown = np.array(ImageOps.exif_transpose(result).convert("RGB"))
    assert shown.shape == (40, 30, 3)
    assert shown[:15].max() < 60
    assert shown[25:, :, 0].min() > 150


@pytest.mark.parametrize("target", ["out.jpg", "out.bmp", "out.tif", "out.png"])
def test_camera_data_that_nobody_can_read_do_not_matter(tmp_path: Path, target: str) -> None:
    damaged = b"Exif\0\0MX\0*\0\0\0\x08\0\0\0\0\0\0"
    result = enhanced(Image.fromarray(pixels(3)), tmp_path, "in.jpg", target, exif=damaged)
    assert result.size == SIZE_WH


def test_what_a_bitmap_has_no_place_for_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    exif, image = Image.Exif(), Image.fromarray(pixels(3))
    exif[0x0112] = 6  # turned by 90°, as the pixels are here
    enhanced(image, tmp_path, "in.png", "turned.bmp", exif=exif)
    assert caplog.messages == []
    exif[0x010F] = "Camera"
    enhanced(image, tmp_path, "in.png", "out.bmp", exif=exif, icc_profile=SRGB)
    assert caplog.messages == ["not kept, as a .bmp file has no place for it: EXIF data, the colour profile"]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_resolution_is_kept(tmp_path: Path, suffix: str) -> None:
    result = enhanced(Image.fromarray(pixels(3)), tmp_path, f"in{suffix}", f"out{suffix}", dpi=(300, 300))
    assert result.info["dpi"] == pytest.approx((300, 300), rel=1e-3)  # PNG stores it per metre


@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "RGB"])
def test_a_tiff_that_is_to_be_turned_is_turned_once(tmp_path: Path, channels: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    array = pixels(channels).squeeze()
    result = enhanced(Image.fromarray(array), tmp_path, "in.tif", "out.tif", exif=exif)
    np.testing.assert_array_equal(result, np.rot90(array, k=-1) + GAIN)


def test_a_profile_for_ink_is_not_given_to_light(tmp_path: Path) -> None:
    image = Image.fromarray(pixels(3)).convert("CMYK")
    result = enhanced(image, tmp_path, "in.jpg", "out.jpg", icc_profile=profile(b"CMYK"))
    assert result.mode == "RGB"
    assert "icc_profile" not in result.info


@pytest.mark.parametrize("mode", ["L", "LA"])
@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_a_profile_for_grey_is_not_given_to_colours(tmp_path: Path, mode: str, suffix: str) -> None:
    image = Image.fromarray(pixels(4)).convert(mode)
    result = enhanced(image, tmp_path, "in.png", f"out{suffix}", icc_profile=profile(b"GRAY"))
    assert ("icc_profile" in result.info) == (result.mode == "L")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_what_a_tiff_tells_of_its_picture_is_kept_and_how_it_is_stored_is_not(
    tmp_path: Path, suffix: str
) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x013B] = 6, "Camera", "Artist"
    exif.get_ifd(0x8769)[0x9003] = "2024:01:01 00:00:00"
    exif.get_ifd(0x8825)[1] = "N"
    Image.fromarray(pixels(3)).save(tmp_path / "in.tif", exif=exif.tobytes())
    enhance_still(tmp_path / "in.tif", tmp_path / f"out{suffix}", FakeEnhancer())
    with Image.open(tmp_path / f"out{suffix}") as result:
        assert result.size == SIZE_WH[::-1]  # turned, so that the orientation is no more
        kept = result.getexif()
        assert (kept[0x010F], kept[0x013B], kept.get(0x0112)) == ("Camera", "Artist", None)
        assert kept.get_ifd(0x8769) == {0x9003: "2024:01:01 00:00:00"}
        assert kept.get_ifd(0x8825) == {1: "N"}
        assert suffix == ".tif" or set(kept) == {0x010F, 0x013B, 0x8769, 0x8825}


def test_what_a_compressed_tiff_tells_of_its_picture_is_kept(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    image = Image.fromarray(pixels(3))
    result = enhanced(image, tmp_path, "in.tif", "out.png", exif=exif, compression="tiff_lzw")
    assert dict(result.getexif()) == {0x010F: "Camera"}


@pytest.mark.parametrize(("suffix", "kind"), [(".gif", "GIF"), (".apng", "PNG")])
@pytest.mark.parametrize("stored_as", ["GIF", "PNG", "WEBP"])
def test_a_single_picture_keeps_the_name_of_an_animation(
    tmp_path: Path, suffix: str, kind: str, stored_as: str
) -> None:
    image = Image.new("RGB", SIZE_WH, (9, 8, 7))
    result = enhanced(image, tmp_path, f"in{suffix}", f"out{suffix}", format=stored_as, lossless=True)
    assert result.format == kind
    assert np.unique(np.array(result.convert("RGB")).reshape(-1, 3), axis=0).tolist() == [[39, 38, 37]]
