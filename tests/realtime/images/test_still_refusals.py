"""What cannot be enhanced, kept or written of an image is refused in one line, and nothing is lost."""

from __future__ import annotations

import errno
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from realtime.errors import InputError, OutputError
from realtime.images.still import enhance_still

from ...contract.fake_enhancer import FakeEnhancer
from ..full_disk import room_for
from .stills import SIZE_WH, enhanced, pixels


@pytest.mark.parametrize("mode", ["F", "LAB"])
def test_samples_that_are_no_colours_of_light_are_refused(tmp_path: Path, mode: str) -> None:
    Image.new(mode, SIZE_WH).save(tmp_path / "in.tif")
    with pytest.raises(InputError, match=rf"in\.tif has pixels of mode {mode}, .*; convert it to RGB"):
        enhance_still(tmp_path / "in.tif", tmp_path / "out.tif", FakeEnhancer())


def test_transparency_that_the_target_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"out\.jpg cannot hold the transparency of in\.png; write a \.png"):
        enhanced(Image.fromarray(pixels(4)), tmp_path, "in.png", "out.jpg")
    assert not (tmp_path / "out.jpg").exists()


@pytest.mark.parametrize(
    ("target", "rest"), [("out.gif", "tiff$"), ("out.mp4", "tiff$"), ("out", "or add a / if it is a folder$")]
)
def test_a_target_that_is_no_image_is_refused(tmp_path: Path, target: str, rest: str) -> None:
    complaint = f"an image cannot be written as '{target}'; use one of .png, .jpg, .*{rest}"
    with pytest.raises(OutputError, match=complaint):
        enhanced(Image.fromarray(pixels(3)), tmp_path, "in.png", target)


def test_an_image_too_large_for_its_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot write .*out\.webp \(.*16383 pixels\)"):
        enhanced(Image.new("RGB", (16400, 1)), tmp_path, "in.png", "out.webp")
    assert [path.name for path in tmp_path.iterdir()] == ["in.png"]


def test_a_file_that_exists_is_kept_unless_told_otherwise(tmp_path: Path) -> None:
    image = Image.fromarray(pixels(3))
    enhanced(image, tmp_path, "in.png", "out.png")
    before = (tmp_path / "out.png").read_bytes()
    with pytest.raises(OutputError, match=r"out\.png exists; add --overwrite"):
        enhance_still(tmp_path / "in.png", tmp_path / "out.png", FakeEnhancer(gain=1))
    assert (tmp_path / "out.png").read_bytes() == before
    enhance_still(tmp_path / "in.png", tmp_path / "out.png", FakeEnhancer(gain=1), overwrite=True)
    assert (tmp_path / "out.png").read_bytes() != before


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "does not exist; check the name"),
        (b"", "is not an image that can be read"),
        (b"just text", "is not an image that can be read"),
    ],
)
def test_a_file_that_is_no_image_is_refused(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    if content is not None:
        (tmp_path / "in.png").write_bytes(content)
    with pytest.raises(InputError, match=rf"in\.png {complaint}"):
        enhance_still(tmp_path / "in.png", tmp_path / "out.png", FakeEnhancer())


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_a_truncated_image_is_refused(tmp_path: Path, suffix: str) -> None:
    source = tmp_path / f"in{suffix}"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (90, 120, 3), np.uint8)).save(source)
    source.write_bytes(source.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"cannot be read \(.+\); check that it is whole"):
        enhance_still(source, tmp_path / "out.png", FakeEnhancer())


@pytest.mark.parametrize(
    "error", [TypeError("t"), KeyError(7), IndexError("i"), EOFError(), struct.error("s")]
)
def test_whatever_damage_makes_pillow_raise_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(_: Image.Image) -> None:
        raise error

    Image.fromarray(pixels(3)).save(tmp_path / "in.tif")
    monkeypatch.setattr(TiffImageFile, "load", fail)
    with pytest.raises(InputError, match=r"in\.tif cannot be read \(\w+\); check that it is whole"):
        enhance_still(tmp_path / "in.tif", tmp_path / "out.png", FakeEnhancer())


def test_a_damaged_header_is_refused(tmp_path: Path) -> None:
    Image.fromarray(pixels(3)).save(tmp_path / "in.png")
    data = bytearray((tmp_path / "in.png").read_bytes())
    data[11] = 5  # the length of the first chunk, which is 13
    (tmp_path / "in.png").write_bytes(data)
    with pytest.raises(InputError, match=r"cannot be read \(.+\); check that it is whole"):
        enhance_still(tmp_path / "in.png", tmp_path / "out.png", FakeEnhancer())


def test_an_image_that_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(pixels(3)).save(tmp_path / "in.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(InputError, match="is too large to be safe to read"):
        enhance_still(tmp_path / "in.png", tmp_path / "out.png", FakeEnhancer())


def test_what_pillow_warns_of_is_not_shown() -> None:
    code = (
        "import logging, warnings, realtime.images.still;"
        "warnings.warn_explicit('large', RuntimeWarning, 'Image.py', 1, module='PIL.Image');"
        "logging.getLogger('PIL.TiffImagePlugin').error('more samples than can be decoded')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_no_image_is_cut_off_where_there_is_no_room(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(np.random.default_rng(5).integers(0, 90, (60, 80, 3), np.uint8)).save(tmp_path / "in.png")
    enhance_still(tmp_path / "in.png", tmp_path / f"whole{suffix}", FakeEnhancer())
    size = (tmp_path / f"whole{suffix}").stat().st_size
    with room_for(size - 1), pytest.raises(OutputError, match=r"cannot write .*out\.\w+ \(.+\); make room"):
        enhance_still(tmp_path / "in.png", tmp_path / f"out{suffix}", FakeEnhancer())
    assert {path.name for path in tmp_path.iterdir()} == {"in.png", f"whole{suffix}"}


def test_a_file_that_may_not_be_read_is_not_taken_for_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(InputError, match=r"in\.png cannot be read \(Permission denied\); check its access"):
        enhance_still(tmp_path / "in.png", tmp_path / "out.png", FakeEnhancer())
