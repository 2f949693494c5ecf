from __future__ import annotations

import av
import numpy as np
import pytest

from realtime.live.frame import bgr_of

# BT.601 and BT.709 codes of the same red, by hand: R = 200, G = B = 40 of 255.
RED = (200, 40, 40)


def red_yuv(matrix: tuple[float, float], full_range: bool) -> list[int]:
    red_weight, blue_weight = matrix
    red, green, blue = (value / 255 for value in RED)
    luma = red_weight * red + (1 - red_weight - blue_weight) * green + blue_weight * blue
    chroma = ((blue - luma) / (2 - 2 * blue_weight), (red - luma) / (2 - 2 * red_weight))
    if full_range:
        return [round(255 * luma), *(round(128 + 255 * value) for value in chroma)]
    return [round(16 + 219 * luma), *(round(128 + 224 * value) for value in chroma)]


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize(
    ("colorspace", "height", "matrix"),
    [(5, 48, (0.299, 0.114)), (1, 48, (0.2126, 0.0722)), (2, 48, (0.299, 0.114)), (2, 720, (0.2126, 0.0722))],
    ids=["BT.601", "BT.709", "untagged small", "untagged HD"],
)
def test_colours_are_those_of_the_tags_or_as_players_guess_them(
    colorspace: int, height: int, matrix: tuple[float, float], full_range: bool
) -> None:
    planes = red_yuv(matrix, full_range)
    array = np.concatenate(
        [np.full(height * 64 // (4 if index else 1), code, np.uint8) for index, code in enumerate(planes)]
    )
    frame = av.VideoFrame.from_ndarray(array.reshape(-1, 64), format="yuv420p")
    frame.colorspace, frame.color_range = colorspace, 2 if full_range else 1
    bgr = bgr_of(frame)
    assert bgr.shape == (height, 64, 3)
    np.testing.assert_allclose(bgr[8, 8], RED[::-1], atol=3)


def test_bgr_frames_come_out_as_they_are() -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (6, 10, 3), np.uint8)
    np.testing.assert_array_equal(bgr_of(av.VideoFrame.from_ndarray(pixels, "bgr24")), pixels)
