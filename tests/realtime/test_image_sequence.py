"""Animations and pages keep all their pictures, or are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from realtime.errors import InputError, OutputError
from realtime.still import enhance_still

from ..contract.fake_enhancer import FakeEnhancer

GAIN = 30
DURATIONS_MS = [100, 40, 200]


def animation(path: Path, mode: str = "RGB") -> Path:
    """Write three flat pictures; flat ones come through palettes and compression."""
    pictures = [Image.new("RGB", (24, 16), (20 * k, 40, 10)).convert(mode) for k in range(1, 4)]
    first, *rest = pictures
    options = {} if path.suffix == ".tif" else {"duration": DURATIONS_MS, "loop": 0}
    if path.suffix == ".webp":
        options["lossless"] = True
    first.save(path, save_all=True, append_images=rest, **options)
    return path


@pytest.mark.parametrize("source", ["in.gif", "in.png", "in.webp", "in.tif"])
@pytest.mark.parametrize("target", ["out.gif", "out.png", "out.webp", "out.tif"])
def test_every_picture_is_kept(tmp_path: Path, source: str, target: str) -> None:
    enhancer = FakeEnhancer(gain=GAIN)
    enhance_still(animation(tmp_path / source), tmp_path / target, enhancer)
    with Image.open(tmp_path / target) as result:
        pictures = ImageSequence.Iterator(result)
        seen = [(np.array(picture.convert("RGB")), picture.info.get("duration")) for picture in pictures]
    assert len(seen) == 3
    for k, (colours, _) in enumerate(seen, 1):
        np.testing.assert_allclose(colours.mean(axis=(0, 1)), [20 * k + GAIN, 40 + GAIN, 10 + GAIN], atol=4)
    if "tif" not in source + target:
        assert [duration for _, duration in seen] == DURATIONS_MS


def test_an_animation_is_smoothed_as_one_and_pages_each_for_itself(tmp_path: Path) -> None:
    moving, pages = FakeEnhancer(), FakeEnhancer()
    enhance_still(animation(tmp_path / "in.gif"), tmp_path / "out.gif", moving)
    assert moving.times_s == pytest.approx([0, 0.1, 0.14])
    enhance_still(animation(tmp_path / "in.tif"), tmp_path / "out.tif", pages)
    assert (moving.resets, pages.resets) == (1, 4)


def test_transparency_is_kept(tmp_path: Path) -> None:
    pictures = [Image.new("RGBA", (8, 8), (50 * k, 9, 9, 0 if k == 2 else 255)) for k in (1, 2)]
    pictures[0].save(tmp_path / "in.png", save_all=True, append_images=pictures[1:], duration=50)
    enhance_still(tmp_path / "in.png", tmp_path / "out.webp", FakeEnhancer())
    with Image.open(tmp_path / "out.webp") as result:
        alpha = [np.array(frame.convert("RGBA"))[..., 3].max() for frame in ImageSequence.Iterator(result)]
    assert alpha == [255, 0]


@pytest.mark.parametrize("target", ["out.jpg", "out.bmp"])
def test_a_format_of_one_picture_is_refused(tmp_path: Path, target: str) -> None:
    suffix = Path(target).suffix
    with pytest.raises(OutputError, match=rf"has 3 frames, and a {suffix} file holds one; use one of \.gif"):
        enhance_still(animation(tmp_path / "in.gif"), tmp_path / target, FakeEnhancer())


def test_more_pictures_than_fit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.image_sequence._MOST_PIXELS", 1000)
    with pytest.raises(InputError, match="has 3 frames, too many to keep; make a video of it first"):
        enhance_still(animation(tmp_path / "in.gif"), tmp_path / "out.gif", FakeEnhancer())


def test_a_damaged_animation_is_refused(tmp_path: Path) -> None:
    path = animation(tmp_path / "in.gif")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match=r"in\.gif .*cannot be read \(.+\); check that it is whole"):
        enhance_still(path, tmp_path / "out.gif", FakeEnhancer())
