from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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
