"""Frames are seen as what their pixel format and tags say, and copied as they are."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from realtime.errors import InputError
from realtime.frames.colour import PixelLayout
from realtime.frames.picture import (
    Picture,
    copy_of,
    is_enhanced_directly,
    layout_of,
    picture_of,
)

from ...clips import dark_frame, samples


@pytest.mark.parametrize(
    ("pixel_format", "layout"),
    [
        ("yuv420p", PixelLayout(kind="yuv", chroma_shift_wh=(1, 1))),
        ("yuv422p", PixelLayout(kind="yuv", chroma_shift_wh=(1, 0))),
        ("yuv444p", PixelLayout(kind="yuv")),
        ("yuv440p", PixelLayout(kind="yuv", chroma_shift_wh=(0, 1))),
        ("yuv411p", PixelLayout(kind="yuv", chroma_shift_wh=(2, 0))),
        ("yuv410p", PixelLayout(kind="yuv", chroma_shift_wh=(2, 2))),
        ("yuvj420p", PixelLayout(kind="yuv", chroma_shift_wh=(1, 1), full_range=True)),
        ("yuv420p10le", PixelLayout(kind="yuv", bits=10, chroma_shift_wh=(1, 1))),
        ("yuv422p12le", PixelLayout(kind="yuv", bits=12, chroma_shift_wh=(1, 0))),
        ("yuv444p16le", PixelLayout(kind="yuv", bits=16)),
        ("yuva422p10le", PixelLayout(kind="yuv", bits=10, chroma_shift_wh=(1, 0))),
        ("gray", PixelLayout(kind="grey", full_range=True)),
        ("gray10le", PixelLayout(kind="grey", bits=10, full_range=True)),
    ],
)
def test_pixel_formats_have_their_layouts(pixel_format: str, layout: PixelLayout) -> None:
    frame = av.VideoFrame(64, 720, pixel_format)
    assert is_enhanced_directly(pixel_format)
    assert layout_of(frame) == layout


@pytest.mark.parametrize("pixel_format", ["rgba", "nv12", "p010le", "pal8", "ya8", "yuv420p10be", "gbrp"])
def test_other_pixel_formats_are_to_be_converted_first(pixel_format: str) -> None:
    assert not is_enhanced_directly(pixel_format)
    with pytest.raises(InputError, match=f"pixel format {pixel_format} cannot be enhanced directly"):
        layout_of(av.VideoFrame(64, 48, pixel_format))


@pytest.mark.parametrize(
    ("height", "colorspace", "matrix"),
    [
        (720, 5, "bt601"),
        (720, 6, "bt601"),
        (480, 1, "bt709"),
        (480, 9, "bt2020"),
        (480, 2, "bt601"),  # untagged
        (720, 2, "bt709"),
    ],
)
def test_tags_decide_the_matrix_and_the_size_where_there_are_none(
    height: int, colorspace: int, matrix: str
) -> None:
    frame = av.VideoFrame(64, height, "yuv420p")
    frame.colorspace = colorspace
    assert layout_of(frame).matrix == matrix


@pytest.mark.parametrize(("color_range", "full"), [(0, False), (1, False), (2, True)])
def test_tags_decide_the_range(color_range: int, full: bool) -> None:
    frame = av.VideoFrame(64, 48, "yuv420p")
    frame.color_range = color_range
    assert layout_of(frame).full_range is full


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le", "yuv411p", "gray"])
def test_a_picture_shares_the_samples_of_its_frame(pixel_format: str) -> None:
    frame = dark_frame(0, (37, 23), pixel_format)
    before = samples(frame)
    picture = picture_of(frame)
    assert (picture.width, picture.height) == (37, 23)
    for plane, visible in zip(picture.planes, before, strict=True):
        np.testing.assert_array_equal(plane[:, : visible.shape[1]], visible)
        assert plane.shape[0] == visible.shape[0]
        np.add(plane, 1, out=plane)
    for after, visible in zip(samples(frame), before, strict=True):
        np.testing.assert_array_equal(after, visible + 1)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 5, 3), np.float32),
        np.zeros((4, 5, 4), np.uint8),
        np.zeros((4, 5), np.uint8),
    ],
    ids=["float", "alpha", "grey"],
)
def test_arrays_that_are_no_packed_picture_are_refused(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"expected an \(H, W, 3\) uint8 array, not .*; convert it first"):
        Picture.from_packed(array)


def test_arrays_with_gaps_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"expected a C-contiguous array; np\.ascontiguousarray makes it one"
    ):
        Picture.from_packed(np.zeros((4, 10, 3), np.uint8)[:, ::2])


@pytest.mark.parametrize("shape", [(0, 0, 3), (0, 5, 3), (4, 0, 3)])
def test_arrays_without_pixels_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"the picture has no pixels: its shape is \("):
        Picture.from_packed(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("given", [None, (True, np.zeros((4, 5, 3), np.uint8)), [[[0, 0, 0]]]])
def test_what_opencv_gives_in_place_of_an_array_is_named(given: Any) -> None:
    complaint = (
        f"expected an array, not {type(given).__name__}; OpenCV gives None for a picture that it cannot"
    )
    with pytest.raises(ValueError, match=complaint):
        Picture.from_packed(given)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le", "gray", "bgr24"])
def test_a_copy_shares_nothing_with_its_frame(pixel_format: str) -> None:
    frame = av.VideoFrame.from_ndarray(np.full((23, 38, 3), 90, np.uint8), "rgb24").reformat(
        38, 22, pixel_format
    )
    frame.pts, frame.time_base, frame.colorspace = 5, Fraction(1, 25), 1
    before = frame.to_ndarray()
    copy = copy_of(frame)
    np.testing.assert_array_equal(copy.to_ndarray(), before)
    assert (copy.pts, copy.time_base, copy.colorspace) == (5, Fraction(1, 25), 1)
    picture_of(copy).planes[0][:] = 1
    np.testing.assert_array_equal(frame.to_ndarray(), before)


@pytest.mark.parametrize(("pixel_format", "kind"), [("rgb24", "rgb"), ("bgr24", "bgr")])
def test_packed_frames_are_viewed_as_they_are(pixel_format: str, kind: str) -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (6, 10, 3), np.uint8)
    picture = picture_of(av.VideoFrame.from_ndarray(pixels, pixel_format))
    assert (picture.layout.kind, picture.width, picture.height) == (kind, 10, 6)
    np.testing.assert_array_equal(picture.planes[0][:, :30].reshape(6, 10, 3), pixels)
