from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from zerodce.errors import DataError, OutputError
from zerodce.pictures import list_pictures, open_picture, read_image, read_panorama, save_picture


def test_listing_is_sorted_and_leaves_out_what_is_no_picture(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "c.txt", "d.hdr"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in list_pictures(tmp_path)] == ["a.JPG", "b.png"]
    assert [path.name for path in list_pictures(tmp_path, panoramas=True)] == ["a.JPG", "b.png", "d.hdr"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot list .*nowhere: No such file or directory; name a folder"):
        list_pictures(tmp_path / "nowhere")


def test_a_folder_without_pictures_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"no pictures in {tmp_path}: files named \.bmp, "):
        list_pictures(tmp_path)


def test_grey_and_transparent_pictures_become_rgb(tmp_path: Path) -> None:
    for mode, colour, expected in (("L", 51, (51,) * 3), ("RGBA", (51, 102, 0, 128), (51, 102, 0))):
        Image.new(mode, (2, 3), colour).save(tmp_path / "picture.png")
        image = read_image(tmp_path / "picture.png")
        assert image.shape == (3, 2, 3)
        assert image[0, 0] == pytest.approx(np.array(expected) / 255)


@pytest.mark.parametrize(("name", "dtype"), [("x.png", np.uint16), ("x.pgm", np.int32)])
def test_grey_of_16_bits_keeps_the_upper_eight(tmp_path: Path, name: str, dtype: type) -> None:
    samples = (np.arange(0, 65536, 256).reshape(16, 16) + 255).astype(dtype)
    Image.fromarray(samples).save(tmp_path / name)
    expected = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for channel in range(3):
        np.testing.assert_array_equal(np.asarray(open_picture(tmp_path / name))[..., channel], expected)


def test_a_picture_in_floating_point_is_refused(tmp_path: Path) -> None:
    Image.new("F", (2, 2)).save(tmp_path / "x.tif")
    with pytest.raises(DataError, match=r"cannot read .*x\.tif: its samples are in floating point"):
        open_picture(tmp_path / "x.tif")


def test_of_a_damaged_tiff_libtiff_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Image.effect_noise((200, 100), 40).save(tmp_path / "x.png", "TIFF", compression="tiff_lzw")
    data = bytearray((tmp_path / "x.png").read_bytes())
    data[1000:1040] = bytes(255 - value for value in data[1000:1040])
    (tmp_path / "x.png").write_bytes(data)
    with pytest.raises(DataError, match=r"cannot read .*x\.png: decoder error -2; mend the file"):
        open_picture(tmp_path / "x.png")
    assert capfd.readouterr() == ("", "")


def test_a_picture_is_turned_as_its_exif_data_say(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # the first row is at the right
    pixels = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    Image.fromarray(pixels).save(tmp_path / "x.png", exif=exif)
    np.testing.assert_array_equal(np.asarray(open_picture(tmp_path / "x.png")), np.rot90(pixels, -1))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("exif", [b"MM\0*\0\0", b"garbage", b"II*\0\x08\0\0\0\xff\xff\x12\x01"])
def test_damaged_exif_data_do_not_keep_a_picture_from_being_read(tmp_path: Path, exif: bytes) -> None:
    Image.new("RGB", (2, 3), (1, 2, 3)).save(tmp_path / "x.png", exif=b"Exif\0\0" + exif)
    assert open_picture(tmp_path / "x.png").getpixel((0, 0)) == (1, 2, 3)


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_a_corrupt_picture_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"cannot read .*broken\.png: .*; mend the file or take it away"):
        open_picture(path)


def test_a_truncated_picture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "short.jpg"
    Image.effect_noise((64, 64), 50).save(path)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(DataError, match=r"cannot read .*short\.jpg: .*truncated"):
        open_picture(path)


def test_a_panorama_is_read_as_linear_rgb(tmp_path: Path) -> None:
    path = tmp_path / "flat.hdr"
    # A Radiance pixel is three mantissas and an exponent: 128 · 2^(129 − 136) is 1.
    pixels = np.tile(np.array((128, 64, 32, 129), np.uint8), (4, 8, 1))
    path.write_bytes(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 4 +X 8\n" + pixels.tobytes())
    panorama = read_panorama(path)
    assert panorama.shape == (4, 8, 3)
    assert panorama.dtype == np.float32
    np.testing.assert_allclose(panorama, np.broadcast_to((1, 0.5, 0.25), (4, 8, 3)), rtol=0.02)


def test_a_corrupt_panorama_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.hdr"
    path.write_bytes(b"#?RADIANCE\n")
    with pytest.raises(DataError, match=r"cannot read .*broken\.hdr"):
        read_panorama(path)


def test_a_picture_that_cannot_be_saved_is_named(tmp_path: Path) -> None:
    picture = Image.new("RGB", (2, 2))
    with pytest.raises(OutputError, match=r"cannot write .*picture\.xyz: unknown file extension.*\.png"):
        save_picture(picture, tmp_path / "picture.xyz")
    with pytest.raises(OutputError, match=r"cannot write .*nowhere/picture\.png: No such file or directory"):
        save_picture(picture, tmp_path / "nowhere" / "picture.png")
    assert list(tmp_path.iterdir()) == []
