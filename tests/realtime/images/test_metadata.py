"""What an image tells of itself is kept where there is a place for it, and what is lost is said."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from realtime.images.deep import DeepImage, write_deep
from realtime.images.metadata import ImageMetadata
from realtime.images.still import enhance_still
from realtime.images.tiff_pages import TiffPage, write_tiff

from ...contract.fake_enhancer import FakeEnhancer
from .exif_data import EXIF_TAG, MAKE_TAG, MAKER_NOTE, MAKER_NOTE_TAG, camera_exif, thumbnail
from .stills import enhanced, pixels
from .xmp_packet import PACKET, packet

JPEG_MARK = b"http://ns.adobe.com/xap/1.0/\0"


def told(path: Path, xmp: bytes) -> Path:
    """Write an image with XMP data."""
    image = Image.fromarray(pixels(3))
    match path.suffix:
        case ".png":
            texts = PngInfo()
            texts.add_itxt("XML:com.adobe.xmp", xmp)
            image.save(path, pnginfo=texts)
        case ".tif":
            image.save(path, tiffinfo={700: xmp})
        case _:
            image.save(path, xmp=xmp)
    return path


def xmp_in(path: Path) -> bytes | None:
    with Image.open(path) as result:
        result.load()
        return result.info.get("xmp")


@pytest.mark.parametrize("source", ["in.png", "in.jpg", "in.webp", "in.tif"])
@pytest.mark.parametrize("target", ["out.png", "out.jpg", "out.webp", "out.tif"])
def test_xmp_data_are_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, source: str, target: str
) -> None:
    enhance_still(told(tmp_path / source, PACKET), tmp_path / target, FakeEnhancer())
    assert xmp_in(tmp_path / target) == PACKET
    assert caplog.messages == []


def test_xmp_data_are_where_each_format_has_them(tmp_path: Path) -> None:
    told(tmp_path / "in.webp", PACKET)
    for suffix, expected in {
        ".jpg": b"\xff\xe1" + struct.pack(">H", 2 + len(JPEG_MARK + PACKET)) + JPEG_MARK + PACKET,
        ".png": b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + PACKET,
        ".webp": b"XMP " + struct.pack("<I", len(PACKET)) + PACKET,
        ".tif": PACKET,
    }.items():
        enhance_still(tmp_path / "in.webp", tmp_path / f"out{suffix}", FakeEnhancer())
        assert (tmp_path / f"out{suffix}").read_bytes().count(expected) == 1


@pytest.mark.parametrize("source", ["in.png", "in.tif"])
@pytest.mark.parametrize("target", ["out.png", "out.tif"])
def test_xmp_data_of_16_bit_images_are_kept(tmp_path: Path, source: str, target: str) -> None:
    samples = np.full((3, 4, 3), 999, np.uint16)
    write_deep(DeepImage(samples, ImageMetadata(xmp=PACKET)), tmp_path / source)
    enhance_still(tmp_path / source, tmp_path / target, FakeEnhancer())
    assert xmp_in(tmp_path / target) == PACKET


@pytest.mark.parametrize("target", ["out.bmp", "out.gif"])
def test_xmp_data_that_a_format_has_no_place_for_are_said_to_be_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, target: str
) -> None:
    source = told(tmp_path / "in.webp", PACKET)
    if target == "out.gif":
        source = source.rename(tmp_path / "in.gif")
    suffix = Path(target).suffix
    enhance_still(source, tmp_path / target, FakeEnhancer())
    assert caplog.messages == [f"not kept, as a {suffix} file has no place for it: XMP data"]


def test_what_a_jpeg_has_no_room_for_is_said_and_the_image_stays_upright(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    exif, texts = Image.Exif(), PngInfo()
    exif[0x0112], exif[0x010F] = 6, "C" * 66_000
    texts.add_itxt("XML:com.adobe.xmp", packet("x" * 66_000))
    result = enhanced(Image.fromarray(pixels(3)), tmp_path, "in.png", "out.jpg", exif=exif, pnginfo=texts)
    assert dict(result.getexif()) == {0x0112: 6}
    assert "xmp" not in result.info
    assert caplog.messages == ["not kept, as a .jpg file has room for 64 KB of each: EXIF data, XMP data"]


def test_of_turned_pixels_xmp_data_do_not_tell_that_they_are_to_be_turned(tmp_path: Path) -> None:
    turned = PACKET.replace(b'"1"', b'"6"')
    enhance_still(told(tmp_path / "in.tif", turned), tmp_path / "out.tif", FakeEnhancer())
    write_deep(DeepImage(np.zeros((2, 3, 3), np.uint16), ImageMetadata(xmp=turned)), tmp_path / "deep.tif")
    enhance_still(tmp_path / "deep.tif", tmp_path / "deep.png", FakeEnhancer())
    for name, size in (("out.tif", (13, 21)), ("deep.png", (2, 3))):
        with Image.open(tmp_path / name) as result:
            assert result.size == size
            assert 0x0112 not in result.getexif()


def test_pixels_that_are_not_turned_are_still_to_be(tmp_path: Path) -> None:
    enhance_still(
        told(tmp_path / "in.jpg", PACKET.replace(b'"1"', b'"6"')), tmp_path / "out.png", FakeEnhancer()
    )
    with Image.open(tmp_path / "out.png") as result:
        assert (result.size, result.getexif()[0x0112]) == ((21, 13), 6)


def test_xmp_data_of_pages_are_kept_or_said_to_be_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    packets = [packet("first"), packet("second")]
    pages = [TiffPage(pixels(3), ImageMetadata(xmp=xmp)) for xmp in packets]
    write_tiff(pages, tmp_path / "in.tif")
    for target in ("out.tif", "out.png"):
        enhance_still(tmp_path / "in.tif", tmp_path / target, FakeEnhancer())
    assert xmp_in(tmp_path / "out.png") == packets[0]
    assert (tmp_path / "out.tif").read_bytes().count(packets[1]) == 1
    assert caplog.messages == [
        "of the XMP data of several pages, those of the first that has any are kept; write .tif for all"
    ]


def test_what_exif_data_tell_of_another_file_does_not_matter_to_a_tiff(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    stored: dict[int, Any] = {0x0106: 6, 0x0142: 16, 0x011C: 2, 0x0153: 3, 0x013D: 2, 0x0103: 6}
    for tag, value in stored.items():
        exif[tag] = value
    result = enhanced(Image.fromarray(pixels(3)), tmp_path, "in.png", "out.tif", exif=exif)
    np.testing.assert_array_equal(result, pixels(3) + 30)
    assert result.getexif()[0x010F] == "Camera"


def test_of_damaged_exif_data_a_tiff_keeps_what_can_be_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0131] = "Camera", "Software"
    data = exif.tobytes().replace(b"\x01\x31\0\2\0\0\0\x09", b"\x01\x31\0\5\0\0\0\1")
    assert data != exif.tobytes()
    result = enhanced(Image.fromarray(pixels(3)), tmp_path, "in.jpg", "out.tif", exif=data)
    assert result.getexif()[0x010F] == "Camera"
    assert caplog.messages == ["of the EXIF data, what is damaged is not kept"]


@pytest.mark.parametrize("source", ["in.jpg", "in.png", "in.webp"])
@pytest.mark.parametrize("target", ["out.jpg", "out.png", "out.webp", "out.tif"])
def test_no_thumbnail_shows_the_picture_as_it_was(tmp_path: Path, source: str, target: str) -> None:
    exif = enhanced(
        Image.fromarray(pixels(3)), tmp_path, source, target, exif=camera_exif(order=">")
    ).getexif()
    assert exif.get_ifd(ExifTags.IFD.IFD1) == {}
    assert (exif[MAKE_TAG], exif.get_ifd(EXIF_TAG)[MAKER_NOTE_TAG]) == ("Cam", MAKER_NOTE)
    assert thumbnail() not in (tmp_path / target).read_bytes()


@pytest.mark.parametrize("source", ["in.jpg", "in.png", "in.tif"])
@pytest.mark.parametrize("told", [b"", camera_exif()])
def test_a_webp_tells_the_resolution_in_its_exif_data(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, source: str, told: bytes
) -> None:
    more = {"exif": told} if told and source != "in.tif" else {}
    result = enhanced(Image.fromarray(pixels(3)), tmp_path, source, "out.webp", dpi=(300, 150), **more)
    exif = result.getexif()
    resolution = (ExifTags.Base.XResolution, ExifTags.Base.YResolution, ExifTags.Base.ResolutionUnit)
    assert [exif[tag] for tag in resolution] == pytest.approx([300, 150, 2], abs=0.02)  # PNG: whole a metre
    assert exif.get(MAKE_TAG) == ("Cam" if more else None)
    assert caplog.messages == []


@pytest.mark.parametrize("tags", [{}, {282: 3.0, 283: 2.0, 296: 1}])
def test_a_tiff_that_tells_no_resolution_gives_none(tmp_path: Path, tags: dict[int, float]) -> None:
    result = enhanced(Image.fromarray(pixels(3)), tmp_path, "in.tif", "out.png", tiffinfo=tags)
    assert "dpi" not in result.info


def test_a_gif_has_no_place_for_the_resolution_and_a_bmp_has(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    image = Image.fromarray(pixels(3))
    result = enhanced(image, tmp_path, "in.jpg", "out.bmp", dpi=(300, 300))
    assert result.info["dpi"] == pytest.approx((300, 300), abs=0.02)  # in whole pixels a metre
    assert caplog.messages == []
    image.save(tmp_path / "in.png", dpi=(300, 300))
    enhance_still((tmp_path / "in.png").rename(tmp_path / "in.gif"), tmp_path / "out.gif", FakeEnhancer())
    assert caplog.messages == ["not kept, as a .gif file has no place for it: the resolution"]
