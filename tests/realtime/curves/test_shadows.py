"""Colours that do not stand out from noise gain as the shadows around do, and luma is as it would be."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.curves.applier import CurveApplier
from realtime.frames.colour import PixelLayout
from realtime.frames.picture import Picture
from realtime.options import EnhancerOptions

from .. import reference

FLOOR = 0.12
BRIGHTEN = np.full((1, 1, 24), -0.5, np.float32)


@pytest.fixture(scope="module")
def applier() -> Iterator[CurveApplier]:
    applier = CurveApplier(threads=1)
    yield applier
    applier.close()


def patch(y: int, u: int, v: int) -> Picture:
    planes = tuple(np.full((4, 4), code, np.uint8) for code in (y, u, v))
    return Picture(planes, 4, 4, PixelLayout(kind="yuv"))


def first_codes(picture: Picture) -> tuple[int, ...]:
    return tuple(int(plane[0, 0]) for plane in picture.planes)


def enhanced(applier: CurveApplier, picture: Picture, floor: float) -> tuple[int, ...]:
    copy = Picture(tuple(plane.copy() for plane in picture.planes), 4, 4, picture.layout)
    applier.apply(copy, BRIGHTEN, 4, floor)
    return first_codes(copy)


def test_dark_colours_follow_the_rule(applier: CurveApplier) -> None:
    frame = np.random.default_rng(5).integers(0, 48, (16, 16, 3), np.uint8)
    (expected,) = reference.enhanced(Picture.from_packed(frame.copy()), BRIGHTEN, 16, FLOOR)
    applier.apply(Picture.from_packed(frame), BRIGHTEN, 16, FLOOR)
    # What float32 loses may round to the other neighbour.
    assert np.abs(frame.reshape(16, -1) - expected).max() <= 1


def test_faint_colours_in_the_dark_hardly_grow_and_luma_does(applier: CurveApplier) -> None:
    faint = patch(20, 131, 126)
    free, held = enhanced(applier, faint, 0.0), enhanced(applier, faint, FLOOR)
    assert held[0] == free[0] > 60
    assert abs(free[1] - 128) > 6
    assert abs(held[1] - 128) <= 4
    assert abs(held[2] - 128) <= 3


@pytest.mark.parametrize("codes", [(60, 131, 126), (24, 128, 150), (200, 90, 160)])
def test_colours_that_stand_out_are_left_alone(applier: CurveApplier, codes: tuple[int, ...]) -> None:
    assert enhanced(applier, patch(*codes), FLOOR) == enhanced(applier, patch(*codes), 0.0)


@settings(deadline=None)
@given(y=st.integers(30, 235), u=st.integers(16, 240), v=st.integers(16, 240))
def test_no_colour_brighter_than_the_floor_is_touched(applier: CurveApplier, y: int, u: int, v: int) -> None:
    floor = EnhancerOptions().shadow_floor
    assert enhanced(applier, patch(y, u, v), floor) == enhanced(applier, patch(y, u, v), 0.0)


@settings(deadline=None)
@given(y=st.integers(17, 40), u=st.integers(108, 148), v=st.integers(108, 148))
def test_what_is_held_back_keeps_its_hue(applier: CurveApplier, y: int, u: int, v: int) -> None:
    free, held = (np.array(enhanced(applier, patch(y, u, v), floor)[1:]) - 128.0 for floor in (0.0, FLOOR))
    before = np.array([u, v]) - 128.0
    # Between the input's colour and that without the rule, on a straight line, as far as codes are whole.
    along = np.clip(np.dot(held - before, free - before) / max(np.dot(free - before, free - before), 1), 0, 1)
    np.testing.assert_allclose(held, before + along * (free - before), rtol=0, atol=1)


def test_faint_colours_gain_as_the_tints_say(applier: CurveApplier) -> None:
    tinted = patch(20, 131, 126)
    free = enhanced(applier, tinted, 0.0)
    tints = np.array([[[0.25, -0.125]]], np.float32)
    applier.apply(tinted, BRIGHTEN, 4, 1.0, tints)
    codes = first_codes(tinted)
    assert codes[0] == free[0]
    # What luma gains, in chroma of BT.709: 224 codes of it are 219 of luma.
    gain = (free[0] - 20) * 224 / 219
    assert abs(codes[1] - (131 + gain * 0.25 / 1.8556)) <= 1
    assert abs(codes[2] - (126 - gain * 0.125 / 1.5748)) <= 1


def test_grey_stays_grey(applier: CurveApplier) -> None:
    for luma in range(16, 236, 10):
        assert enhanced(applier, patch(luma, 128, 128), FLOOR)[1:] == (128, 128)
