"""The full-size pass computes what its documentation says, for every layout."""

from __future__ import annotations

import inspect
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from realtime.curves.applier import CurveApplier, curve_factors
from realtime.curves.colours import LANES, TILE
from realtime.curves.kernels import REVISION, packed_kernel, planar_kernel
from realtime.frames.colour import PixelLayout
from realtime.frames.picture import Picture

from .. import reference

ROOT = Path(__file__).parents[3]

CHROMA_SHIFTS = {"420": (1, 1), "422": (1, 0), "444": (0, 0), "440": (0, 1), "411": (2, 0), "410": (2, 2)}

LAYOUTS = st.one_of(
    st.builds(
        PixelLayout,
        kind=st.just("yuv"),
        bits=st.sampled_from([8, 10, 16]),
        chroma_shift_wh=st.sampled_from(list(CHROMA_SHIFTS.values())),
        matrix=st.sampled_from(["bt601", "bt709", "bt2020"]),
        full_range=st.booleans(),
    ),
    st.builds(PixelLayout, kind=st.just("grey"), bits=st.sampled_from([8, 10, 16]), full_range=st.booleans()),
    st.builds(PixelLayout, kind=st.sampled_from(["rgb", "bgr"])),
)
SIDES = st.one_of(st.integers(1, 9), st.integers(1, 200))
# Also on both sides of the border of a tile.
WIDTHS = st.one_of(SIDES, st.integers(TILE - 10, TILE + 20))
CELLS = st.one_of(st.integers(1, 16), st.integers(17, 300))


def tolerance(layout: PixelLayout) -> int:
    """Return by how many codes a result may differ from that of exact arithmetic.

    Eight quadratic curves amplify an error by up to 2⁸, a rational one by 100, which makes float32's 2⁻²⁴ one
    of 2⁻¹⁶ at most: enough to round to the other neighbour, and at 16 bits to be a few codes off. The models
    that ship have no more.
    """
    return 4 if layout.bits == 16 else 1


def draw_picture(layout: PixelLayout, width: int, height: int, padding: int, seed: int) -> Picture:
    """Return a picture of random codes, those outside the nominal range included."""
    random = np.random.default_rng(seed)
    shift_x, shift_y = layout.chroma_shift_wh
    if layout.kind in ("rgb", "bgr"):
        shapes = [(height, 3 * width)]
    else:
        chroma = (-(-height // (1 << shift_y)), -(-width // (1 << shift_x)))
        shapes = [(height, width), chroma, chroma][: 1 if layout.kind == "grey" else 3]
    dtype = np.uint8 if layout.bits == 8 else np.uint16
    planes = [
        random.integers(0, layout.peak, (rows, columns + padding), dtype, endpoint=True)
        for rows, columns in shapes
    ]
    return Picture(tuple(planes), width, height, layout)


def draw_maps(width: int, height: int, cell: int, seed: int, count: int = 1) -> NDArray[np.float32]:
    shape = (-(-height // cell), -(-width // cell), 3 * count)
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def draw_tints(maps: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    shape = (*maps.shape[:2], 2)
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def draw_black(seed: int) -> NDArray[np.float32]:
    """Return tints of black, among them none."""
    return np.random.default_rng(seed).choice(
        np.array([(0, 0, 0), (0.02, -0.01, 0.015), (0.2, -0.15, 0.4)], np.float32)
    )


def copied(picture: Picture) -> Picture:
    planes = tuple(plane.copy() for plane in picture.planes)
    return Picture(planes, picture.width, picture.height, picture.layout)


@pytest.fixture(scope="module")
def applier() -> Iterator[CurveApplier]:
    applier = CurveApplier(threads=1, curve="rational")
    yield applier
    applier.close()


@settings(deadline=None, max_examples=150)
@given(
    layout=LAYOUTS,
    width=WIDTHS,
    height=SIDES,
    cell=CELLS,
    padding=st.sampled_from([0, 5]),
    floor=st.sampled_from([0.0, 0.12, 1.0]),
    seed=st.integers(0, 2**32),
)
def test_every_layout_agrees_with_the_reference(
    applier: CurveApplier,
    layout: PixelLayout,
    width: int,
    height: int,
    cell: int,
    padding: int,
    floor: float,
    seed: int,
) -> None:
    picture = draw_picture(layout, width, height, padding, seed)
    maps = draw_maps(width, height, cell, seed)
    tints = draw_tints(maps, seed)
    black = draw_black(seed)
    original = copied(picture)
    applier.apply(picture, curve_factors(maps, 1, "rational"), cell, floor, tints, black)
    exact = reference.enhanced(original, maps, cell, floor, tints, black, "rational")
    for actual, before, expected in zip(picture.planes, original.planes, exact, strict=True):
        columns = expected.shape[1]
        assert np.abs(actual[:, :columns] - expected).max() <= tolerance(layout)
        np.testing.assert_array_equal(actual[:, columns:], before[:, columns:], "padding was touched")


@pytest.mark.parametrize("count", [8, 2, 1])
@pytest.mark.parametrize(
    "layout", [PixelLayout(kind="yuv", chroma_shift_wh=(1, 1)), PixelLayout(kind="bgr")], ids=["420", "bgr"]
)
def test_every_number_of_quadratic_curves_agrees_with_the_reference(layout: PixelLayout, count: int) -> None:
    picture, maps = draw_picture(layout, 130, 70, 0, seed=7), draw_maps(130, 70, 8, 8, count)
    tints = draw_tints(maps, seed=9)
    expected = reference.enhanced(copied(picture), maps, 8, 0.06, tints)
    applier = CurveApplier(threads=1)
    applier.apply(picture, maps, 8, 0.06, tints)
    applier.close()
    for actual, plane in zip(picture.planes, expected, strict=True):
        assert np.abs(actual - plane).max() <= tolerance(layout)


@pytest.mark.parametrize(("width", "height"), [(7680, 6), (6, 4320), (1920, 17)])
def test_the_largest_pictures_agree_with_the_reference(
    applier: CurveApplier, width: int, height: int
) -> None:
    layout = PixelLayout(kind="yuv", bits=10, chroma_shift_wh=(1, 1))
    picture, maps = draw_picture(layout, width, height, 0, seed=5), draw_maps(width, height, 120, seed=6)
    expected = reference.enhanced(copied(picture), maps, 120, 0.06, curve="rational")
    applier.apply(picture, curve_factors(maps, 1, "rational"), 120, 0.06)
    for actual, plane in zip(picture.planes, expected, strict=True):
        assert np.abs(actual - plane).max() <= tolerance(layout)


@settings(deadline=None, max_examples=50)
@given(layout=LAYOUTS, width=WIDTHS, height=SIDES, cell=CELLS, seed=st.integers(0, 2**32))
def test_ratios_of_1_change_nothing_not_even_colours_outside_the_gamut(
    applier: CurveApplier, layout: PixelLayout, width: int, height: int, cell: int, seed: int
) -> None:
    picture = draw_picture(layout, width, height, 3, seed)
    original = copied(picture)
    factors = np.ones_like(draw_maps(width, height, cell, seed))
    applier.apply(picture, factors, cell, 0.12, black=draw_black(seed))
    for actual, before in zip(picture.planes, original.planes, strict=True):
        np.testing.assert_array_equal(actual, before)


@pytest.mark.parametrize(
    "layout",
    [
        PixelLayout(kind="yuv", chroma_shift_wh=(1, 1)),
        PixelLayout(kind="yuv", chroma_shift_wh=(2, 2)),
        PixelLayout(kind="rgb"),
    ],
    ids=["420", "410", "rgb"],
)
def test_the_number_of_threads_makes_no_difference(applier: CurveApplier, layout: PixelLayout) -> None:
    single = draw_picture(layout, 321, 251, 0, seed=3)  # large enough to be split, and not evenly
    threefold = copied(single)
    factors = curve_factors(draw_maps(321, 251, 5, seed=4), 1, "rational")
    small = applier.small_copy(single, 5)
    applier.apply(single, factors, 5)
    three_threads = CurveApplier(threads=3, curve="rational")
    np.testing.assert_array_equal(three_threads.small_copy(threefold, 5), small)
    three_threads.apply(threefold, factors, 5)
    three_threads.close()
    for actual, expected in zip(threefold.planes, single.planes, strict=True):
        np.testing.assert_array_equal(actual, expected)


def test_pixels_at_once_make_no_difference(applier: CurveApplier, tmp_path: Path) -> None:
    layouts = [
        PixelLayout(kind="yuv", chroma_shift_wh=(1, 1)),
        PixelLayout(kind="yuv", chroma_shift_wh=(2, 2)),
        PixelLayout(kind="bgr"),
    ]
    pictures = [draw_picture(layout, 133, 37, 0, seed=11) for layout in layouts]
    factors = curve_factors(draw_maps(133, 37, 8, seed=12), 1, "rational")
    job, result = tmp_path / "job.pickle", tmp_path / "result.pickle"
    job.write_bytes(pickle.dumps((pictures, factors)))
    others = 8 if LANES == 16 else 16
    command = [sys.executable, "-m", "tests.realtime.curves.with_lanes", str(others), str(job), str(result)]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}  # for its kernels are not this machine's
    subprocess.run(command, check=True, cwd=ROOT, env=environment, timeout=300)
    for picture, enhanced in zip(pictures, pickle.loads(result.read_bytes()), strict=True):
        applier.apply(picture, factors, 8, 0.12)
        for actual, expected in zip(enhanced.planes, picture.planes, strict=True):
            assert np.abs(actual.astype(int) - expected).max() <= 1


def test_kernels_on_disk_are_told_from_those_of_other_sources() -> None:
    # Numba keeps a kernel under its own file and what it encloses.
    for kernel in (planar_kernel(1, True, 1, 1), packed_kernel(1, True)):
        assert REVISION in inspect.getclosurevars(kernel.py_func).nonlocals.values()


def test_curves_that_brighten_raise_each_value_as_computed_by_hand(applier: CurveApplier) -> None:
    # 51/255 is 1/5; under A = −5/9 the ratio is (1 − 0.5)² = 1/4: 1/5 / (1/5 + 1/4·4/5) = 1/2.
    picture = Picture.from_packed(np.full((3, 5, 3), 51, np.uint8))
    applier.apply(picture, curve_factors(np.full((1, 2, 3), -5 / 9, np.float32), 1, "rational"), 4)
    assert np.unique(picture.planes[0]).tolist() == [128]


def test_channels_are_those_of_their_colours(applier: CurveApplier) -> None:
    factors = np.ones((1, 1, 3), np.float32)
    factors[..., 0::3] = 0.5  # red alone is brightened
    rgb, bgr = (np.full((2, 2, 3), 64, np.uint8) for _ in range(2))
    applier.apply(Picture.from_packed(rgb), factors, 2)
    applier.apply(Picture.from_packed(bgr, "bgr"), factors, 2)
    assert rgb[0, 0, 0] > 64
    assert rgb[0, 0, 1:].tolist() == [64, 64]
    np.testing.assert_array_equal(bgr, rgb[..., ::-1])


@pytest.mark.parametrize("shape", [(2, 2, 3), (3, 1, 3), (3, 2, 4), (3, 3, 2)])
def test_factors_that_do_not_cover_the_picture_are_refused(
    applier: CurveApplier, shape: tuple[int, int, int]
) -> None:
    picture = Picture.from_packed(np.zeros((9, 8, 3), np.uint8))
    with pytest.raises(ValueError, match=r"with cells of 4 do not cover 8×9 pixels"):
        applier.apply(picture, np.zeros(shape, np.float32), 4)


def test_half_the_strength_brightens_the_dark_by_half_as_many_stops() -> None:
    maps = np.linspace(-1, 1, 9, dtype=np.float32)
    stops, half = (-2 * np.log2(curve_factors(maps, strength, "rational")) for strength in (1, 0.5))
    np.testing.assert_allclose(half, stops / 2, atol=1e-5)
    np.testing.assert_array_equal(curve_factors(maps, 0.5, "quadratic"), maps / 2)


def test_quadratic_curves_at_full_strength_go_by_the_maps_themselves(applier: CurveApplier) -> None:
    maps = draw_maps(8, 6, 2, seed=6)
    factors = curve_factors(maps, 1, "quadratic")
    assert factors is maps
    before = maps.copy()
    applier.apply(Picture.from_packed(np.full((6, 8, 3), 51, np.uint8)), factors, 2)
    np.testing.assert_array_equal(maps, before)
