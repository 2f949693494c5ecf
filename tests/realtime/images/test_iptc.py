"""IPTC data are kept to the byte where a format has a place for them, and what is lost is said."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, IptcImagePlugin

from realtime.images.deep import DeepImage, write_deep
from realtime.images.iptc import iptc_segment
from realtime.images.metadata import ImageMetadata
from realtime.images.still import enhance_still

from ...contract.fake_enhancer import FakeEnhancer
from .stills import pixels

TAG = 33723
CAPTION, CITY = (2, 120), (2, 90)


def dataset(place: tuple[int, int], text: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, *place, len(text)) + text


IPTC = dataset(CAPTION, b"Night walk") + dataset(CITY, "Köln".encode())  # an odd number of bytes


def block(kind: int, data: bytes, name: bytes = b"") -> bytes:
    """Make an image resource block."""
    named = bytes([len(name)]) + name
    padded = named + bytes(len(named) % 2) + struct.pack(">I", len(data)) + data + bytes(len(data) % 2)
    return b"8BIM" + struct.pack(">H", kind) + padded


def write_jpeg(path: Path, *segments: bytes) -> Path:
    """Write an image with segments of Photoshop."""
    contents = [b"Photoshop 3.0\0" + segment for segment in segments]
    marked = b"".join(b"\xff\xed" + struct.pack(">H", 2 + len(data)) + data for data in contents)
    Image.fromarray(pixels(3)).save(path, extra=marked)
    return path


def write_tiff(path: Path, iptc: bytes = IPTC) -> Path:
    Image.fromarray(pixels(3)).save(path, tiffinfo={TAG: iptc})
    return path


def told_by(path: Path) -> dict[tuple[int, int], bytes | list[bytes]] | None:
    with Image.open(path) as image:
        image.load()
        return IptcImagePlugin.getiptcinfo(image)


@pytest.mark.parametrize("source", ["in.jpg", "in.tif"])
@pytest.mark.parametrize("target", ["out.jpg", "out.tif"])
def test_they_are_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture, source: str, target: str) -> None:
    path = tmp_path / source
    write_jpeg(path, block(0x0404, IPTC)) if source == "in.jpg" else write_tiff(path)
    enhance_still(path, tmp_path / target, FakeEnhancer())
    assert told_by(tmp_path / target) == {CAPTION: b"Night walk", CITY: "Köln".encode()}
    assert (tmp_path / target).read_bytes().count(IPTC) == 1
    assert caplog.messages == []


def test_those_of_a_tiff_may_be_called_numbers(tmp_path: Path) -> None:
    data = write_tiff(tmp_path / "in.tif", IPTC + bytes(-len(IPTC) % 4)).read_bytes()
    length = len(IPTC) + -len(IPTC) % 4
    as_bytes, as_numbers = struct.pack("<HHI", TAG, 7, length), struct.pack("<HHI", TAG, 4, length // 4)
    assert as_bytes in data
    (tmp_path / "in.tif").write_bytes(data.replace(as_bytes, as_numbers))
    enhance_still(tmp_path / "in.tif", tmp_path / "out.jpg", FakeEnhancer())
    assert told_by(tmp_path / "out.jpg") == {CAPTION: b"Night walk", CITY: "Köln".encode()}


def test_those_of_16_bit_images_are_kept(tmp_path: Path) -> None:
    write_deep(DeepImage(np.full((3, 4, 3), 999, np.uint16), ImageMetadata(iptc=IPTC)), tmp_path / "in.tif")
    enhance_still(tmp_path / "in.tif", tmp_path / "out.tif", FakeEnhancer())
    assert told_by(tmp_path / "out.tif") == {CAPTION: b"Night walk", CITY: "Köln".encode()}


def test_of_a_jpeg_nothing_else_of_photoshop_is_kept(tmp_path: Path) -> None:
    # 1036 holds a thumbnail, of the picture as it was.
    blocks = block(1036, b"dark", b"small") + block(0x0404, IPTC + b"\x1c", b"ab") + block(1000, b"more")
    enhance_still(write_jpeg(tmp_path / "in.jpg", blocks), tmp_path / "out.jpg", FakeEnhancer())
    with Image.open(tmp_path / "out.jpg") as result:
        assert result.info["photoshop"] == {0x0404: IPTC + b"\x1c"}


def test_blocks_that_go_on_in_another_segment_are_whole(tmp_path: Path) -> None:
    blocks = block(1036, bytes(70_000)) + block(0x0404, IPTC)
    path = write_jpeg(tmp_path / "in.jpg", blocks[:65_000], blocks[65_000:-20], blocks[-20:])
    enhance_still(path, tmp_path / "out.jpg", FakeEnhancer())
    assert told_by(tmp_path / "out.jpg") == {CAPTION: b"Night walk", CITY: "Köln".encode()}


@pytest.mark.parametrize("cut", [2, 12, len(IPTC) + 5, len(IPTC) + 11])
def test_what_is_cut_off_is_none(tmp_path: Path, cut: int) -> None:
    path = write_jpeg(tmp_path / "in.jpg", block(0x0404, IPTC)[:-cut])
    enhance_still(path, tmp_path / "out.jpg", FakeEnhancer())
    with Image.open(tmp_path / "out.jpg") as result:
        assert "photoshop" not in result.info


@pytest.mark.parametrize("suffix", [".png", ".webp", ".bmp"])
def test_where_they_have_no_place_they_are_said_to_be_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, suffix: str
) -> None:
    path = write_jpeg(tmp_path / "in.jpg", block(0x0404, IPTC))
    enhance_still(path, tmp_path / f"out{suffix}", FakeEnhancer())
    assert caplog.messages == [f"not kept, as a {suffix} file has no place for it: IPTC data"]


def test_more_than_a_jpeg_has_room_for_is_said_to_be_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    most = 65_533 - len(iptc_segment(b"")) + 4 - 1
    write_tiff(tmp_path / "fits.tif", bytes(most))
    enhance_still(tmp_path / "fits.tif", tmp_path / "fits.jpg", FakeEnhancer())
    assert caplog.messages == []
    write_tiff(tmp_path / "in.tif", bytes(most + 1))
    enhance_still(tmp_path / "in.tif", tmp_path / "out.jpg", FakeEnhancer())
    assert caplog.messages == ["not kept, as a .jpg file has room for 64 KB of each: IPTC data"]
    for name in ("fits.jpg", "out.jpg"):
        with Image.open(tmp_path / name) as result:
            result.load()
