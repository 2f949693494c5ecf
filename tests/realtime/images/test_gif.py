"""GIF holds few colours, opacity or none, and hundredths of seconds, and the rest comes as near as can be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from realtime.images.gif import gif_durations, paletted
from realtime.images.still import enhance_still

from ...contract.fake_enhancer import FakeEnhancer


def half_hidden(colours: int) -> Image.Image:
    """Return a picture of so many colours, with a column of each opacity."""
    pixels = np.zeros((colours, 256, 4), np.uint8)
    pixels[..., 0] = np.arange(colours)[:, np.newaxis]
    pixels[..., 1] = 255 - pixels[..., 0]
    pixels[..., 3] = np.arange(256)
    return Image.fromarray(pixels)


def test_as_many_colours_as_fit_are_kept_exactly_beside_no_opacity() -> None:
    picture = half_hidden(255)
    (result,) = paletted([picture])
    seen, expected = np.array(result.convert("RGBA")), np.array(picture)
    np.testing.assert_array_equal(seen[..., 3], np.where(expected[..., 3] < 128, 0, 255))
    np.testing.assert_array_equal(seen[:, 128:, :3], expected[:, 128:, :3])


def test_a_picture_of_which_nothing_is_seen_is_transparent() -> None:
    (result,) = paletted([Image.new("RGBA", (3, 2), (9, 8, 7, 10))])
    assert np.array(result.convert("RGBA"))[..., 3].max() == 0


def test_pictures_without_opacity_are_left_as_they_are() -> None:
    pictures = [Image.new("RGB", (3, 2)), Image.new("L", (3, 2))]
    assert paletted(pictures) == pictures


@pytest.mark.parametrize(
    ("durations_ms", "expected"),
    [
        ([100, 40, 200], [100, 40, 200]),
        ([100 / 3] * 6, [30, 40, 30, 30, 40, 30]),
        ([17, 16, 17], [20, 10, 20]),
        ([0, 4, 4, 4], [0, 0, 10, 0]),
    ],
)
def test_times_are_rounded_without_running_away(durations_ms: list[float], expected: list[int]) -> None:
    assert gif_durations(durations_ms) == expected


def test_what_an_animation_loses_of_its_opacity_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pictures = [half_hidden(colours) for colours in (20, 20)]
    pictures[1].putpixel((255, 0), (9, 9, 9, 255))
    pictures[0].save(tmp_path / "in.png", save_all=True, append_images=pictures[1:], duration=100 / 3)
    enhance_still(tmp_path / "in.png", tmp_path / "out.gif", FakeEnhancer(gain=0))
    assert caplog.messages == [
        "a .gif file holds no partial transparency: what is at least half opaque becomes opaque"
    ]
    with Image.open(tmp_path / "out.gif") as result:
        seen = [np.array(picture.convert("RGBA")) for picture in ImageSequence.Iterator(result)]
    for picture, expected in zip(seen, map(np.array, pictures), strict=True):
        np.testing.assert_array_equal(picture[..., 3], np.where(expected[..., 3] < 128, 0, 255))
        np.testing.assert_array_equal(picture[:, 128:, :3], expected[:, 128:, :3])
