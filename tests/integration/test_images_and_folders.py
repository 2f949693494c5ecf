"""Images and whole folders are enhanced, one file at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ..clips import make_clip, read_frames
from .command import contents, enhance


def dark_image(width: int, height: int) -> Image.Image:
    random = np.random.default_rng(6)
    return Image.fromarray(random.integers(10, 60, (height, width, 3), np.uint8))


@pytest.mark.parametrize(
    ("size_wh", "target"),
    [((61, 45), "out.png"), ((1, 1), "out.png"), ((64, 48), "new/folder/out.jpg")],
)
def test_an_image_becomes_brighter(tmp_path: Path, size_wh: tuple[int, int], target: str) -> None:
    dark_image(*size_wh).save(tmp_path / "in.png")
    result = enhance("in.png", target, folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    before, after = (np.array(Image.open(tmp_path / name)) for name in ("in.png", target))
    assert after.shape == before.shape
    assert after.mean() > before.mean() + 10


def test_what_an_image_tells_of_itself_is_kept_or_one_line_says_so(tmp_path: Path) -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
    dark_image(61, 45).save(tmp_path / "in.jpg", comment="Straße".encode(), xmp=xmp)
    kept = enhance("in.jpg", "out.png", folder=tmp_path)
    assert (kept.returncode, kept.stderr) == (0, "")
    with Image.open(tmp_path / "out.png") as result:
        assert (result.info["Comment"], result.info["xmp"]) == ("Straße", xmp)
    lost = enhance("in.jpg", "out.bmp", folder=tmp_path)
    assert lost.returncode == 0
    (line,) = lost.stderr.splitlines()
    assert line.endswith("not kept, as a .bmp file has no place for it: XMP data, the comment")


def test_a_folder_is_mirrored_and_a_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    (source / "deep").mkdir(parents=True)
    make_clip(source / "a.mp4")
    (source / "b.mp4").write_text("no video")
    dark_image(20, 10).save(source / "deep" / "c.png")
    (source / "notes.txt").write_text("notes")
    before = contents(source)

    first = enhance("in", "out", folder=tmp_path)
    assert first.returncode == 1
    (line,) = first.stderr.splitlines()
    assert "in/b.mp4 is not a video that can be read" in line
    assert "13 frames" in first.stdout
    assert "1 failed" in first.stdout
    made = contents(target)
    assert made.keys() == {"a.mp4", "deep/c.png", ".zerodce-enhance.jsonl"}
    assert len(read_frames(target / "a.mp4")) == 12

    second = enhance("in", "out", folder=tmp_path)
    assert second.returncode == 1
    assert "0 frames" in second.stdout
    assert "2 already there" in second.stdout
    assert contents(target) == made
    assert contents(source) == before


def test_names_with_control_characters_are_written_with_escapes(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Image.new("RGB", (8, 6)).save(tmp_path / "in" / "a\n\x1b[31mb.png")
    (tmp_path / "in" / "bad\r.png").write_text("no image")
    planned = enhance("in", "out", "--dry-run", folder=tmp_path)
    assert planned.stdout == (
        "enhance in/a\\n\\x1b[31mb.png -> out/a\\n\\x1b[31mb.png (new)\n"
        "enhance in/bad\\r.png -> out/bad\\r.png (new)\n"
    )
    done = enhance("in", "out", folder=tmp_path)
    assert done.stderr.startswith("zerodce-enhance: in/bad\\r.png is not an image")
    assert done.stderr.count("\n") == 1
