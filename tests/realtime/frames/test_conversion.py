"""Frames are converted without a change of colour, and whatever way their rows are stored."""

from __future__ import annotations

import platform
from fractions import Fraction

import av
import numpy as np
import pytest

from realtime.frames.colour import PixelLayout
from realtime.frames.conversion import (
    FilterChain,
    converted,
    has_rgb_samples,
    is_transparent,
    same_coding,
    upright,
)
from realtime.frames.picture import layout_of

from ...clips import BT601_FULL, BT709, BT2020, dark_frame, samples


@pytest.mark.parametrize(
    ("pixel_format", "is_rgb"),
    [("rgb24", True), ("gbrp", True), ("pal8", True), ("nv12", False), ("gray", False)],
)
def test_rgb_and_palettes_are_told_from_yuv(pixel_format: str, is_rgb: bool) -> None:
    assert has_rgb_samples(av.VideoFrame(64, 48, pixel_format)) is is_rgb


@pytest.mark.parametrize(
    "pixel_format", ["rgba", "bgra", "argb", "ya8", "yuva420p", "yuva444p10le", "gbrap", "rgba64le"]
)
def test_a_frame_is_transparent_that_is_so_anywhere(pixel_format: str) -> None:
    picture = np.full((48, 62, 4), (60, 60, 60, 255), np.uint8)
    for row, opacity in ((0, 255), (47, 0)):
        picture[row, 60:, 3] = opacity
        frame = av.VideoFrame.from_ndarray(picture, "rgba").reformat(format=pixel_format)
        assert is_transparent(frame) is (opacity == 0)


@pytest.mark.parametrize("colour", [BT709, BT601_FULL, BT2020], ids=["709", "601 full", "2020"])
def test_converting_keeps_codes_tags_and_time(colour: dict[str, int]) -> None:
    frame = dark_frame(0, (64, 48), "nv12", colour)
    frame.pts, frame.time_base, frame.duration = 77, Fraction(1, 1000), 40
    luma = np.frombuffer(frame.planes[0], np.uint8).reshape(48, -1)[:, :64].copy()
    result = converted(frame, "yuv420p", (64, 48))
    np.testing.assert_array_equal(samples(result)[0], luma)
    assert (result.pts, result.time_base, result.duration) == (77, Fraction(1, 1000), 40)
    assert (result.colorspace, result.color_range) == (colour["colorspace"], colour["color_range"])


@pytest.mark.parametrize(("height", "red_codes"), [(48, (81, 90, 240)), (720, (63, 102, 240))])
def test_rgb_becomes_limited_range_yuv_of_the_matrix_that_players_guess(
    height: int, red_codes: tuple[int, ...]
) -> None:
    red = np.zeros((height, 64, 3), np.uint8)
    red[..., 0] = 255
    frame = av.VideoFrame.from_ndarray(red, "rgb24")
    frame.time_base = Fraction(1, 25)
    result = converted(frame, "yuv444p", (64, height))
    assert [np.unique(plane).tolist() for plane in samples(result)] == [[code] for code in red_codes]
    assert layout_of(result) == PixelLayout(kind="yuv", matrix="bt601" if height == 48 else "bt709")


def test_a_frame_can_be_coded_as_another_is() -> None:
    first, red = dark_frame(0, (64, 48), "yuv444p", BT709), np.zeros((48, 64, 3), np.uint8)
    red[..., 0] = 255
    for colours in (BT709, BT601_FULL):
        tags = {"dst_colorspace": colours["colorspace"], "dst_color_range": colours["color_range"]}
        frame = av.VideoFrame.from_ndarray(red, "rgb24").reformat(format="yuv444p", **tags)
        frame.colorspace, frame.color_range = colours["colorspace"], colours["color_range"]
        frame.time_base = Fraction(1, 25)
        assert same_coding(frame, first) is (colours == BT709)
        result = converted(frame, "yuv444p", (64, 48), coded_as=first)
        assert same_coding(result, first)
        # Red by the weights of BT.709, from 16 to 235.
        np.testing.assert_allclose([plane.mean() for plane in samples(result)], (63, 102, 240), atol=1)


def test_converting_to_another_size_scales() -> None:
    frame = dark_frame(0, (64, 48))
    frame.time_base = Fraction(1, 25)
    result = converted(frame, "yuv420p", (32, 20))
    assert (result.width, result.height) == (32, 20)


@pytest.mark.parametrize(
    ("pixel_format", "becomes"),
    [("yuvj420p", "yuv422p10le"), ("yuv420p", "yuv444p10le"), ("gray", "yuv420p")],
)
def test_the_full_range_becomes_limited_where_it_has_to(pixel_format: str, becomes: str) -> None:
    frame = av.VideoFrame.from_ndarray(np.full((48, 64), 255, np.uint8), "gray").reformat(
        format=pixel_format, dst_color_range="JPEG"
    )
    frame.color_range, frame.time_base = 2, Fraction(1, 25)
    result = converted(frame, becomes, (64, 48), limited_range=True)
    # FFmpeg takes 255 for 1020 of 1023 in 10 bits, and so 937 for white.
    assert np.unique(samples(result)[0]).tolist() == [937 if becomes.endswith("10le") else 235]
    assert result.color_range == 1


@pytest.mark.parametrize("pixel_format", ["gray", "gray10le", "yuvj444p", "yuv420p10le"])
def test_more_chroma_or_depth_changes_no_code(pixel_format: str) -> None:
    frame = dark_frame(3, (64, 48), pixel_format)
    frame.time_base = Fraction(1, 25)
    luma = samples(frame)[0]
    target = "yuv444p10le" if "10" in pixel_format else "yuv444p"
    np.testing.assert_array_equal(samples(converted(frame, target, (64, 48)))[0], luma)


def test_rows_that_are_stored_from_the_bottom_up_are_turned() -> None:
    frame = dark_frame(0, (64, 48))
    frame.time_base, frame.pts = Fraction(1, 25), 3
    graph = av.filter.Graph()
    steps = [
        graph.add("buffer", "video_size=64x48:pix_fmt=yuv420p:time_base=1/25"),
        graph.add("vflip"),  # by a negative step from row to row
        graph.add("buffersink"),
    ]
    graph.link_nodes(*steps).configure()
    graph.push(frame)
    flipped = graph.pull()
    assert isinstance(flipped, av.VideoFrame)
    assert flipped.planes[0].line_size < 0
    for turned, plane in zip(samples(upright(flipped)), samples(frame), strict=True):
        np.testing.assert_array_equal(turned, plane[::-1])
    assert upright(flipped).pts == 3
    assert upright(frame) is frame


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize(
    ("stored_as", "pixel_format"),
    [
        ("yuv420p", "yuv420p10le"),
        ("yuv422p", "yuv420p"),
        ("yuv422p10le", "yuv420p10le"),
        ("yuv422p10le", "yuv444p10le"),
        ("yuv422p10le", "yuv420p"),
    ],
)
def test_interlaced_frames_keep_every_row(order: str, stored_as: str, pixel_format: str) -> None:
    plain = dark_frame(0, (66, 48), stored_as, BT709)
    frame = FilterChain(plain, [("setfield", f"mode={order}")]).filtered(plain)
    assert frame.interlaced_frame
    frame.pts, frame.time_base = 77, Fraction(1, 1000)
    result = converted(frame, pixel_format, (66, 48))
    assert result.interlaced_frame
    assert (result.pts, result.time_base) == (77, Fraction(1, 1000))
    assert (result.format.name, result.colorspace, result.color_range) == (pixel_format, 1, 1)
    expected = converted(plain, pixel_format, (66, 48))
    depth = 255 if pixel_format.endswith("p") else 1023
    for plane, other in zip(samples(result), samples(expected), strict=True):
        assert np.abs(plane.astype(int) - other).max() <= depth // 64  # chroma is that of each field


@pytest.mark.parametrize("stored_as", ["gbrp", "gbrp10le", "rgb48le", "bgr24"])
def test_interlaced_rgb_keeps_every_row(stored_as: str) -> None:
    plain = dark_frame(0, (66, 48), stored_as)
    frame = FilterChain(plain, [("setfield", "mode=tff")]).filtered(plain)
    result, expected = (converted(kind, "yuv444p10le", (66, 48)) for kind in (frame, plain))
    for plane, other in zip(samples(result), samples(expected), strict=True):
        assert np.abs(plane.astype(int) - other).max() <= 2
    assert (result.colorspace, result.color_range) == (expected.colorspace, expected.color_range)


@pytest.mark.parametrize("stored_as", ["yuv420p", "yuv420p10le", "gbrp", "bgr24"])
@pytest.mark.parametrize("width", [66, 854, 1080])
def test_rows_of_deep_frames_have_room_for_what_ffmpeg_writes_behind_them(stored_as: str, width: int) -> None:
    result = converted(dark_frame(0, (width, 16), stored_as), "yuv422p10le", (width, 16))
    at_once = 32 if platform.machine() == "x86_64" else 16  # bytes, at most, that a processor writes
    assert all(plane.line_size % at_once == 0 for plane in result.planes)
