from __future__ import annotations

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.live.browser.encoding import fitted_size, jpeg_of, png_of

from ....clips import BT601_FULL, BT709, dark_frame
from .preview import pixels_of


@given(st.tuples(st.integers(2, 8192), st.integers(2, 8192)), st.sampled_from((640, 1280, 0)))
def test_sizes_are_even_keep_their_proportions_and_never_grow(
    size_wh: tuple[int, int], long_side: int
) -> None:
    fitted = fitted_size(size_wh, long_side)
    assert all(side >= 2 and side % 2 == 0 for side in fitted)
    assert max(fitted) <= (long_side or max(size_wh) + 1)
    scale = max(fitted) / max(size_wh)
    for side, was in zip(fitted, size_wh, strict=True):
        assert side <= was + 1
        assert side == pytest.approx(max(was * scale, 2), abs=2)


# What the samples of a picture in these colours are, by FFmpeg's own conversion in the test's clip.
@pytest.mark.parametrize("colour", [BT709, BT601_FULL], ids=["BT.709", "BT.601 full"])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p", "yuv420p10le", "bgr24"])
@pytest.mark.parametrize("size_wh", [(96, 64), (90, 62), (64, 48)])
def test_pictures_look_as_the_frame_did(
    pixel_format: str, colour: dict[str, int], size_wh: tuple[int, int]
) -> None:
    expected = dark_frame(3, size_wh, "rgb24").to_ndarray().astype(float)
    frame = dark_frame(3, size_wh, pixel_format, None if pixel_format == "bgr24" else colour)
    for picture in (jpeg_of(frame, 0), png_of(frame)):
        found = pixels_of(picture).astype(float)
        assert found.shape == expected.shape
        assert np.abs(found - expected).mean() < 3  # of 255; chroma at half size costs most of it


def test_png_keeps_every_sample_and_odd_sizes() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (37, 51, 3), np.uint8)
    np.testing.assert_array_equal(pixels_of(png_of(av.VideoFrame.from_ndarray(pixels, "rgb24"))), pixels)


def test_grey_stays_grey() -> None:
    frame = av.VideoFrame.from_ndarray(np.full((48, 64), 77, np.uint8), "gray")
    for picture in (jpeg_of(frame, 640), png_of(frame)):
        assert np.abs(pixels_of(picture).astype(int) - 77).max() <= 1


def test_reducing_averages_the_samples() -> None:
    stripes = np.zeros((720, 1280, 3), np.uint8)
    stripes[:, ::2] = 200
    small = pixels_of(jpeg_of(av.VideoFrame.from_ndarray(stripes, "rgb24"), 640))
    assert small.shape == (360, 640, 3)
    assert np.abs(small.astype(int) - 100).max() <= 4
