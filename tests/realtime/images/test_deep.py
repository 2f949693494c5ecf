"""Images of 16 bits keep every one of them, and what comes with the image."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from realtime.errors import InputError
from realtime.images.deep import DeepImage, is_deep, read_deep, write_deep
from realtime.images.metadata import ImageMetadata
from realtime.images.still import enhance_still

from ...contract.fake_enhancer import FakeEnhancer

GAIN = 30
SIZE = (7, 9)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def deep(channels: int) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 60_000, (*SIZE, channels), np.uint16)


def read(path: Path) -> DeepImage:
    with Image.open(path) as image:
        assert is_deep(image)
        result = read_deep(path, image)
    assert result is not None
    return result


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


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("source", ["in.png", "in.tif"])
def test_profile_camera_data_and_resolution_are_kept(tmp_path: Path, source: str, suffix: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif.get_ifd(0x8769)[0x9003] = "2024:01:01 00:00:00"
    samples = deep(3)
    write_deep(DeepImage(samples, ImageMetadata(SRGB, exif.tobytes(), dpi=(300, 300))), tmp_path / source)
    enhance_still(tmp_path / source, tmp_path / f"out{suffix}", FakeEnhancer(gain=GAIN))
    with Image.open(tmp_path / f"out{suffix}") as result:
        kept = result.getexif()
        assert kept[0x010F] == "Camera"
        assert kept.get_ifd(0x8769) == {0x9003: "2024:01:01 00:00:00"}
        assert result.info["icc_profile"] == SRGB
        assert result.info["dpi"] == pytest.approx((300, 300), rel=1e-3)
    np.testing.assert_array_equal(read(tmp_path / f"out{suffix}").samples, samples + GAIN)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_the_orientation_of_a_png_is_kept(tmp_path: Path, suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    write_deep(DeepImage(deep(3), ImageMetadata(exif=exif.tobytes())), tmp_path / "in.png")
    enhance_still(tmp_path / "in.png", tmp_path / f"out{suffix}", FakeEnhancer())
    with Image.open(tmp_path / f"out{suffix}") as result:
        assert result.getexif()[0x0112] == 6


def test_a_profile_for_other_colours_is_left_out(tmp_path: Path) -> None:
    grey = SRGB[:16] + b"GRAY" + SRGB[20:]
    for channels, profile in ((1, grey), (1, SRGB), (3, grey)):
        write_deep(DeepImage(deep(channels), ImageMetadata(profile)), tmp_path / "in.png")
        kept = read(tmp_path / "in.png").metadata.icc_profile
        assert kept == (grey if (channels, profile) == (1, grey) else None)


def stored(path: Path, samples: np.ndarray, photometric: int, *, extra: int | None, in_planes: bool) -> Path:
    """Write (H, W, C) samples as a TIFF file of a kind that Pillow does not write."""
    height, width, channels = samples.shape
    parts = [samples[..., k].tobytes() for k in range(channels)] if in_planes else [samples.tobytes()]
    tags = ImageFileDirectory_v2()
    tags[256], tags[257], tags[258], tags[259], tags[262] = width, height, (16,) * channels, 1, photometric
    tags[273] = tuple(k * len(parts[0]) for k in range(len(parts)))
    tags[277], tags[278], tags[279] = channels, height, tuple(map(len, parts))
    tags[284] = 2 if in_planes else 1
    if extra is not None:
        tags[338] = extra
    with path.open("wb") as file:
        tags.save(file)
        file.write(b"".join(parts))
    return path


@pytest.mark.parametrize(("channels", "extra"), [(3, None), (4, 2)])
def test_planes_are_read_as_what_they_are(tmp_path: Path, channels: int, extra: int | None) -> None:
    samples = deep(channels)
    path = stored(tmp_path / "in.tif", samples, 2, extra=extra, in_planes=True)
    np.testing.assert_array_equal(read(path).samples, samples)


def test_planes_that_pillow_would_misread_are_refused(tmp_path: Path) -> None:
    path = stored(tmp_path / "in.tif", deep(3), 2, extra=None, in_planes=True)
    with pytest.raises(InputError, match=r"has a plane of 16 bits for each channel, .*together first"):
        enhance_still(path, tmp_path / "out.jpg", FakeEnhancer())


def test_a_channel_without_meaning_is_no_opacity(tmp_path: Path) -> None:
    samples = deep(4)
    path = stored(tmp_path / "in.tif", samples, 2, extra=0, in_planes=False)
    np.testing.assert_array_equal(read(path).samples, samples[..., :3])


def test_a_transparent_shade_of_grey_is_read_as_opacity(tmp_path: Path) -> None:
    samples = deep(1)
    write_deep(DeepImage(samples), tmp_path / "in.png")
    data = (tmp_path / "in.png").read_bytes()
    transparent = int(samples[0, 0, 0]).to_bytes(2, "big")
    chunk = b"tRNS" + transparent
    chunk = (2).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    (tmp_path / "in.png").write_bytes(data[:33] + chunk + data[33:])
    opacity = read(tmp_path / "in.png").samples[..., 3]
    np.testing.assert_array_equal(opacity, np.where(samples[..., 0] == samples[0, 0, 0], 0, 65535))


def test_inks_become_colours_of_8_bits_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    inks = np.random.default_rng(5).integers(0, 256, (*SIZE, 4), np.uint8)
    inks[..., 3] = 99
    path = stored(tmp_path / "in.tif", inks.astype(np.uint16) * 256, 5, extra=None, in_planes=False)
    enhance_still(path, tmp_path / "out.tif", FakeEnhancer(gain=0))
    with Image.open(tmp_path / "out.tif") as result:
        np.testing.assert_array_equal(result, Image.fromarray(inks, "CMYK").convert("RGB"))
    assert caplog.messages == ["of 16 bits a channel 8 are kept, as inks are made colours"]


def interlaced(path: Path, samples: np.ndarray) -> Path:
    """Write (H, W, C) samples as an interlaced PNG file.

    Source: PNG specification, third edition, 8.1: where the pixels of each pass begin, and how far apart.
    """
    height, width, channels = samples.shape
    passes = [
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    ]
    parts = [samples[top::down, left::right].astype(">u2") for top, left, down, right in passes]
    rows = b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part)
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 1)
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    with path.open("ab") as file:
        for name, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
            file.write(
                struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
            )
    return path


@pytest.mark.parametrize("channels", [1, 2, 3, 4], ids=["grey", "grey and opacity", "RGB", "RGBA"])
def test_an_interlaced_png_is_whole(tmp_path: Path, channels: int) -> None:
    samples = deep(channels)
    expected = samples[..., [0, 0, 0, 1]] if channels == 2 else samples
    np.testing.assert_array_equal(read(interlaced(tmp_path / "in.png", samples)).samples, expected)


def tiled(path: Path, samples: np.ndarray) -> Path:
    """Write (H, W, 3) samples as a TIFF file of one tile, which is larger."""
    height, width, _ = samples.shape
    tile = np.zeros((16, 16, 3), "<u2")
    tile[:height, :width] = samples
    tags = ImageFileDirectory_v2()
    tags[256], tags[257], tags[258], tags[259], tags[262], tags[277] = width, height, (16,) * 3, 1, 2, 3
    tags[322], tags[323], tags[325] = 16, 16, tile.nbytes
    tags[324] = 0
    tags[324] = 8 + len(tags.tobytes())
    with path.open("wb") as file:
        tags.save(file)
        file.write(tile.tobytes())
    return path


def test_what_ffmpeg_would_read_wrongly_becomes_one_of_8_bits_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    samples = deep(4)
    samples[..., 3] = 65535
    samples[2, :, 3] = 32896
    samples[2, :, :3] = np.minimum(samples[2, :, :3], 32896)
    multiplied = stored(tmp_path / "multiplied.tif", samples, 2, extra=1, in_planes=False)
    for source in (tiled(tmp_path / "tiled.tif", deep(3)), multiplied):
        enhance_still(source, tmp_path / "out.tif", FakeEnhancer(gain=0), overwrite=True)
        with Image.open(source) as image, Image.open(tmp_path / "out.tif") as result:
            np.testing.assert_array_equal(result, np.asarray(image))
            assert np.asarray(result)[..., :3].any()
    said = "of 16 bits a channel 8 are kept, as they are stored in an uncommon way"
    assert caplog.messages == [said] * 2


def test_what_ffmpeg_does_not_read_becomes_one_of_8_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise InputError(f"{path} is not a video that can be read")

    monkeypatch.setattr("realtime.images.deep.open_input", refuse)
    samples = deep(1)
    Image.fromarray(samples[..., 0]).save(tmp_path / "in.tif")
    enhance_still(tmp_path / "in.tif", tmp_path / "out.png", FakeEnhancer(gain=0))
    with Image.open(tmp_path / "out.png") as result:
        np.testing.assert_array_equal(result, samples[..., 0] >> 8)


@pytest.mark.parametrize("suffix", [".tif", ".bmp"])
def test_grey_that_is_stored_with_white_as_0_is_not_inverted(tmp_path: Path, suffix: str) -> None:
    samples = deep(1)
    path = stored(tmp_path / "in.tif", 65535 - samples, 0, extra=None, in_planes=False)
    enhance_still(path, tmp_path / f"out{suffix}", FakeEnhancer(gain=0))
    if suffix == ".tif":
        np.testing.assert_array_equal(read(tmp_path / "out.tif").samples, samples)
    else:
        with Image.open(tmp_path / "out.bmp") as result:
            np.testing.assert_array_equal(result, samples[..., 0] >> 8)


def test_a_tiff_keeps_its_resolution(tmp_path: Path) -> None:
    write_deep(DeepImage(deep(3), ImageMetadata(dpi=(300, 240))), tmp_path / "in.tif")
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
