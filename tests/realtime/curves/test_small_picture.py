"""The small copy is the mean colour of each square cell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from realtime.curves.applier import CurveApplier
from realtime.curves.small_picture import cell_size
from realtime.frames.colour import PixelLayout
from realtime.frames.picture import Picture

from .. import reference

SIDES = st.integers(1, 70)


@pytest.fixture(scope="module")
def applier() -> Iterator[CurveApplier]:
    applier = CurveApplier(threads=1)
    yield applier
    applier.close()


@pytest.mark.parametrize(
    ("size_wh", "cell"),
    [
        ((1920, 1080), 8),
        ((1080, 1920), 8),
        ((1280, 720), 5),
        ((257, 10), 2),
        ((256, 256), 1),
        ((1, 1), 1),
        ((7680, 4320), 30),
    ],
)
def test_cells_are_just_large_enough(size_wh: tuple[int, int], cell: int) -> None:
    assert cell_size(*size_wh, map_size=256) == cell


def cell_means(
    plane: NDArray[np.float64], cell_wh: tuple[float, float], cells_wh: tuple[int, int]
) -> NDArray:
    """Average the samples that each cell touches; cells need not be whole samples wide."""

    def touched(index: int, cell: float, samples: int) -> slice:
        stop = min(max(int(np.ceil((index + 1) * cell)), int(index * cell) + 1), samples)
        return slice(min(int(index * cell), stop - 1), stop)

    return np.array(
        [
            [
                plane[
                    touched(row, cell_wh[1], plane.shape[0]), touched(column, cell_wh[0], plane.shape[1])
                ].mean()
                for column in range(cells_wh[0])
            ]
            for row in range(cells_wh[1])
        ]
    )


@settings(deadline=None, max_examples=80)
@given(
    width=SIDES,
    height=SIDES,
    cell=st.integers(1, 16),
    shift_wh=st.sampled_from([(1, 1), (1, 0), (0, 0), (0, 1), (2, 0)]),
    bits=st.sampled_from([8, 10]),
    full_range=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_yuv_is_averaged_and_then_converted(
    applier: CurveApplier,
    width: int,
    height: int,
    cell: int,
    shift_wh: tuple[int, int],
    bits: int,
    full_range: bool,
    seed: int,
) -> None:
    layout = PixelLayout(kind="yuv", bits=bits, chroma_shift_wh=shift_wh, full_range=full_range)
    random = np.random.default_rng(seed)
    scale_w, scale_h = 1 << shift_wh[0], 1 << shift_wh[1]
    shapes = [(height, width)] + 2 * [(-(-height // scale_h), -(-width // scale_w))]
    dtype = np.uint8 if bits == 8 else np.uint16
    padding = 7
    planes = tuple(
        random.integers(0, layout.peak, (rows, columns + padding), dtype, endpoint=True)
        for rows, columns in shapes
    )
    picture = Picture(planes, width, height, layout)

    small = applier.small_copy(picture, cell)

    cells_wh = (-(-width // cell), -(-height // cell))
    luma, blue, red = reference.visible_yuv(picture)
    chroma_cell = (cell / scale_w, cell / scale_h)
    expected = reference.rgb_from_codes(
        cell_means(luma, (cell, cell), cells_wh),
        cell_means(blue, chroma_cell, cells_wh),
        cell_means(red, chroma_cell, cells_wh),
        layout,
    ).clip(0, 1)
    # float32 holds the codes and the matrices to 6e-8; three products of up to 2 are added.
    np.testing.assert_allclose(small.transpose(1, 2, 0), expected, rtol=0, atol=2e-6)


@settings(deadline=None, max_examples=40)
@given(width=SIDES, height=SIDES, cell=st.integers(1, 16), seed=st.integers(0, 2**32))
def test_rgb_and_bgr_are_averaged(
    applier: CurveApplier, width: int, height: int, cell: int, seed: int
) -> None:
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    small = applier.small_copy(Picture.from_packed(rgb), cell)
    cells_wh = (-(-width // cell), -(-height // cell))
    for channel in range(3):
        expected = cell_means(rgb[..., channel] / 255, (cell, cell), cells_wh)
        np.testing.assert_allclose(small[channel], expected, rtol=0, atol=1e-6)  # float32's rounding
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    np.testing.assert_array_equal(applier.small_copy(Picture.from_packed(bgr, "bgr"), cell), small)


def test_grey_has_no_colour(applier: CurveApplier) -> None:
    luma = np.full((5, 9), 126, np.uint8)
    small = applier.small_copy(Picture((luma,), 9, 5, PixelLayout(kind="grey")), 4)
    assert small.shape == (3, 2, 3)
    np.testing.assert_allclose(small, (126 - 16) / 219, rtol=0, atol=1e-6)  # float32's rounding


def test_means_that_are_no_colour_are_clipped(applier: CurveApplier) -> None:
    planes = tuple(np.full((2, 2), code, np.uint8) for code in (60, 0, 255))
    small = applier.small_copy(Picture(planes, 2, 2, PixelLayout(kind="yuv")), 2)
    assert small.min() == 0
    assert small.max() == 1
