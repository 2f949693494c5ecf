"""Comments and texts of an image are kept where there is a place for them, and what is lost is said."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from realtime.images.still import enhance_still

from ...contract.fake_enhancer import FakeEnhancer
from .stills import enhanced, pixels


def test_texts_named_like_what_pillow_knows_are_no_such_thing(tmp_path: Path) -> None:
    texts = PngInfo()
    for name in ("dpi", "xmp", "icc_profile", "exif"):
        texts.add_text(name, "text")
    result = enhanced(Image.fromarray(pixels(3)), tmp_path, "in.png", "out.jpg", pnginfo=texts)
    assert not {"dpi", "xmp", "icc_profile", "exif"} & result.info.keys()


def text_in(path: Path) -> dict[str, str]:
    with Image.open(path) as result:
        return {name: str(text) for name, text in result.text.items()}


@pytest.mark.parametrize("comment", [b"night", "Straße".encode(), b"Stra\xdfe", b"x" * 65533])
def test_the_comment_of_a_jpeg_is_kept_to_the_byte(tmp_path: Path, comment: bytes) -> None:
    segment = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment
    exif = Image.Exif()
    exif[0x010F] = "C" * 65_000
    image = Image.fromarray(pixels(3))
    result = enhanced(image, tmp_path, "in.jpg", "out.jpg", extra=segment, exif=exif)
    assert result.info["comment"] == comment
    assert (tmp_path / "out.jpg").read_bytes().count(segment) == 1


def test_several_comments_of_a_jpeg_become_one(tmp_path: Path) -> None:
    Image.fromarray(pixels(3)).save(tmp_path / "in.jpg", comment=b"one", extra=b"\xff\xfe\0\x05two")
    enhance_still(tmp_path / "in.jpg", tmp_path / "out.jpg", FakeEnhancer())
    with Image.open(tmp_path / "out.jpg") as result:
        assert sorted(result.info["comment"].split(b"\n")) == [b"one", b"two"]


@pytest.mark.parametrize("source", ["in.jpg", "in.gif", "in.png"])
@pytest.mark.parametrize("target", ["out.jpg", "out.png", "out.gif"])
def test_comments_go_where_the_format_has_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, source: str, target: str
) -> None:
    if target == "out.gif":
        source = f"{source}.gif"  # for what is called so alone
    texts = PngInfo()
    texts.add_text("Comment", "Straße")
    kind = {".jp": "JPEG", ".gi": "GIF", ".pn": "PNG"}[source[2:5]]
    Image.fromarray(pixels(3)).save(
        tmp_path / source, kind, comment="Straße".encode() if kind != "PNG" else None, pnginfo=texts
    )
    enhance_still(tmp_path / source, tmp_path / target, FakeEnhancer())
    if target == "out.png":
        assert text_in(tmp_path / target) == {"Comment": "Straße"}
    else:
        with Image.open(tmp_path / target) as result:
            assert result.info["comment"] == "Straße".encode()
    assert caplog.messages == []


def test_comments_of_an_animation_are_kept(tmp_path: Path) -> None:
    first, second = Image.new("L", (9, 8), 9), Image.new("L", (9, 8), 99)
    first.save(tmp_path / "in.gif", save_all=True, append_images=[second], comment=b"night " * 99)
    enhance_still(tmp_path / "in.gif", tmp_path / "out.gif", FakeEnhancer())
    enhance_still(tmp_path / "out.gif", tmp_path / "out.png", FakeEnhancer())
    with Image.open(tmp_path / "out.gif") as result:
        assert (result.n_frames, result.info["comment"]) == (2, b"night " * 99)
    assert text_in(tmp_path / "out.png") == {"Comment": "night " * 99}


@pytest.mark.parametrize("is_deep", [False, True], ids=["8 bits", "16 bits"])
def test_texts_of_a_png_are_kept_wherever_they_stand(tmp_path: Path, is_deep: bool) -> None:
    image = Image.fromarray(deep_grey()) if is_deep else Image.fromarray(pixels(3))
    texts = PngInfo()
    texts.add_text("Author", "Renée")
    texts.add_text("Long", "grey " * 999, zip=True)
    texts.add_itxt("Title", "夜", "ja", "題")
    image.save(tmp_path / "in.png", pnginfo=texts)
    data = (tmp_path / "in.png").read_bytes()
    last = b"tEXt" + b"Software\0camera"
    chunk = struct.pack(">I", len(last) - 4) + last + struct.pack(">I", zlib.crc32(last))
    (tmp_path / "in.png").write_bytes(data[:-12] + chunk + data[-12:])  # behind the pixels
    enhance_still(tmp_path / "in.png", tmp_path / "out.png", FakeEnhancer())
    expected = {"Author": "Renée", "Long": "grey " * 999, "Title": "夜", "Software": "camera"}
    assert text_in(tmp_path / "out.png") == expected
    data = (tmp_path / "out.png").read_bytes()
    for chunk in (
        "tEXtAuthor\0Renée".encode("latin-1"),
        "iTXtTitle\0\0\0ja\0題\0夜".encode(),
        b"zTXtLong\0\0",
    ):
        assert data.count(chunk) == 1


def deep_grey() -> np.ndarray:
    return np.random.default_rng(4).integers(0, 60_000, (6, 8), np.uint16)


@pytest.mark.parametrize(
    ("target", "lost"),
    [
        ("out.jpg", "the text 'Title'"),
        ("out.webp", "the text 'Title', the text 'Comment'"),
        ("out.tif", "the text 'Title', the text 'Comment'"),
        ("out.bmp", "the text 'Title', the text 'Comment'"),
    ],
)
@pytest.mark.parametrize("is_deep", [False, True], ids=["8 bits", "16 bits"])
def test_texts_that_a_format_has_no_place_for_are_said_to_be_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, target: str, lost: str, is_deep: bool
) -> None:
    texts = PngInfo()
    texts.add_text("Title", "Night")
    texts.add_text("Comment", "dark")
    image = Image.fromarray(deep_grey()) if is_deep else Image.fromarray(pixels(3))
    enhanced(image, tmp_path, "in.png", target, pnginfo=texts)
    suffix = Path(target).suffix
    assert caplog.messages == [f"not kept, as a {suffix} file has no place for it: {lost}"]


def test_a_comment_too_long_for_a_jpeg_is_said_to_be_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texts = PngInfo()
    texts.add_text("comment", "x" * 3_000_000, zip=True)
    for target in ("out.jpg", "out.png"):
        result = enhanced(Image.fromarray(pixels(3)), tmp_path, "in.png", target, pnginfo=texts)
        assert "comment" not in result.info or target == "out.png"
    assert text_in(tmp_path / "out.png") == {"comment": "x" * 3_000_000}
    assert caplog.messages == ["not kept, as a .jpg file has room for 64 KB of each: the comment"]


def test_a_comment_with_zeros_can_be_a_text(tmp_path: Path) -> None:
    enhanced(Image.fromarray(pixels(3)), tmp_path, "in.jpg", "out.png", comment=b"dark\xff\0\0")
    assert text_in(tmp_path / "out.png") == {"Comment": "dark\xff"}
