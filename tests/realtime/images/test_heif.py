"""HEIC photographs are read as libheif reads them, and become images of other formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import ExifTags, Image, ImageCms

from realtime.errors import InputError, OutputError
from realtime.images.still import enhance_still
from realtime.notes import notes_held

from ...contract.fake_enhancer import FakeEnhancer
from .stills import GAIN
from .xmp_packet import PACKET

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SIZE_WH = (64, 40)


def photograph(path: Path, *, orientation: int = 1, **options: object) -> Path:
    """Write a dark photograph as a phone would, upper left corner red."""
    y, x = np.mgrid[0 : SIZE_WH[1], 0 : SIZE_WH[0]]
    array = np.stack([90 - x, 10 + y, 30 + (x + y) // 4], -1).astype(np.uint8)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.Make] = orientation, "Somebody"
    image = pillow_heif.from_pillow(Image.fromarray(array))
    image.save(path, quality=95, exif=exif.tobytes(), icc_profile=SRGB, **options)
    return path


def decoded(path: Path) -> np.ndarray:
    """Decode a photograph by another build of libheif."""
    return np.asarray(pillow_heif.open_heif(path))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("name", ["in.heic", "in.HIF"])
def test_the_pixels_are_enhanced_the_right_way_up(tmp_path: Path, name: str, orientation: int) -> None:
    source = photograph(tmp_path / name, orientation=orientation)
    enhance_still(source, tmp_path / "out.png", FakeEnhancer())
    with Image.open(tmp_path / "out.png") as image:
        assert image.size == (SIZE_WH if orientation in (1, 3) else SIZE_WH[::-1])
        np.testing.assert_array_equal(image, decoded(source) + GAIN)
        assert image.getexif().get(ExifTags.Base.Orientation, 1) == 1


def test_what_comes_with_it_is_kept(tmp_path: Path) -> None:
    turned = PACKET.replace(b'Orientation="1"', b'Orientation="6"')
    source = photograph(tmp_path / "in.heic", orientation=6, xmp=turned)
    enhance_still(source, tmp_path / "out.jpg", FakeEnhancer())
    with Image.open(tmp_path / "out.jpg") as image:
        assert image.info["icc_profile"] == SRGB
        assert image.getexif()[ExifTags.Base.Make] == "Somebody"
        assert image.getexif()[ExifTags.Base.Orientation] == 1
        assert b"Nacht" in image.info["xmp"]
        assert b"Orientation" not in image.info["xmp"]


def test_of_10_bits_8_are_kept_and_it_is_said(tmp_path: Path) -> None:
    codes = (np.random.default_rng(1).integers(40, 200, (40, 64, 3)) << 6).astype(np.uint16)
    image = pillow_heif.from_bytes("RGB;16", SIZE_WH, codes.tobytes())
    image.save(tmp_path / "in.heic", bit_depth=10)
    with notes_held() as notes:
        enhance_still(tmp_path / "in.heic", tmp_path / "out.png", FakeEnhancer())
    assert list(notes) == ["of 10 bits a channel 8 are kept"]


def test_the_main_one_of_several_pictures_is_kept(tmp_path: Path) -> None:
    file = pillow_heif.HeifFile()
    for level in (10, 20, 30):
        file.add_from_pillow(Image.new("RGB", SIZE_WH, (level, level, level)))
    file.save(tmp_path / "in.heic", quality=-1, primary_index=1)
    with notes_held() as notes:
        enhance_still(tmp_path / "in.heic", tmp_path / "out.png", FakeEnhancer())
    assert list(notes) == ["of 3 pictures the main one is kept"]
    with Image.open(tmp_path / "out.png") as image:
        assert image.getpixel((5, 5)) == (20 + GAIN,) * 3


@pytest.mark.parametrize(("transfer", "kind"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_refused(tmp_path: Path, transfer: int, kind: str) -> None:
    image = pillow_heif.from_pillow(Image.new("RGB", SIZE_WH))
    image.save(tmp_path / "in.heic", color_primaries=9, transfer_characteristics=transfer)
    with pytest.raises(InputError, match=rf"in\.heic is an HDR image \({kind}\), which would come out wrong"):
        enhance_still(tmp_path / "in.heic", tmp_path / "out.png", FakeEnhancer())


@pytest.mark.parametrize("share", [0.05, 0.6, 0.95])
def test_one_that_is_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    source = photograph(tmp_path / "in.heic")
    data = source.read_bytes()
    source.write_bytes(data[: int(share * len(data))])
    with pytest.raises(InputError, match=r"in\.heic (cannot be read \(|is not an image that can be read)"):
        enhance_still(source, tmp_path / "out.png", FakeEnhancer())


def test_none_is_written(tmp_path: Path) -> None:
    source = photograph(tmp_path / "in.heic")
    with pytest.raises(OutputError, match=r"an image cannot be written as 'out\.heic'; use one of \.png"):
        enhance_still(source, tmp_path / "out.heic", FakeEnhancer())
