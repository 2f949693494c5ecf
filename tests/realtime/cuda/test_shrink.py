"""The network's input is the CPU's: means over cells, mirrored beyond the borders."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.cuda import frame_kernels
from realtime.cuda.arguments import Planes
from realtime.cuda.sample_format import SampleFormat
from realtime.curves.applier import CurveApplier
from realtime.curves.map_geometry import MapGeometry
from realtime.frames.colour import PixelLayout

from ..curves.test_applier import draw_picture
from . import host
from .formats import FORMATS

SIDES = st.one_of(st.integers(1, 9), st.integers(1, 70))
# float32 holds the codes and the matrices to 6e-8; three products of up to 2 are added.
ROUNDING = 2e-6
# Half precision has 11 bits; and what float32 loses may round to the other neighbour.
HALF_ROUNDING = 2.0**-11


@pytest.fixture(scope="module")
def applier() -> Iterator[CurveApplier]:
    applier = CurveApplier(threads=1)
    yield applier
    applier.close()


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=None, max_examples=15)
@given(
    data=st.data(),
    width=SIDES,
    height=SIDES,
    cell=st.integers(1, 17),
    stride=st.sampled_from([1, 4]),
    padding=st.sampled_from([0, 1, 16]),
    half=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_every_format_is_averaged_as_on_the_cpu(
    applier: CurveApplier,
    name: str,
    data: st.DataObject,
    width: int,
    height: int,
    cell: int,
    stride: int,
    padding: int,
    half: bool,
    seed: int,
) -> None:
    samples = data.draw(FORMATS[name])
    geometry = MapGeometry((width, height), cell, stride, 4)
    picture = draw_picture(samples.layout, width, height, 0, seed)
    frame = host.stored(picture, samples, padding)
    image_width, image_height = geometry.image_size_wh
    image = np.full((3, image_height, image_width), np.nan, np.float16 if half else np.float32)
    luma = np.full(geometry.small_size_wh[::-1], np.nan, np.float32)

    launch = frame_kernels.shrink(
        samples, frame.planes, geometry, image=image.ctypes.data, luma=luma.ctypes.data, half=half
    )
    host.run(samples, launch)

    small = applier.small_copy(picture, cell)
    sides = [
        (geometry.border, total - geometry.border - inner)
        for total, inner in zip(image.shape[1:], small.shape[1:], strict=True)
    ]
    expected = np.pad(small, ((0, 0), *sides), mode="reflect")
    np.testing.assert_allclose(image, expected, rtol=0, atol=HALF_ROUNDING if half else ROUNDING)
    np.testing.assert_allclose(luma, np.tensordot([0.299, 0.587, 0.114], small, 1), rtol=0, atol=ROUNDING)


def test_launches_are_as_computed_by_hand() -> None:
    samples = SampleFormat(layout=PixelLayout(kind="bgr"))
    launch = frame_kernels.shrink(
        samples, Planes.at([0], [5760]), MapGeometry((1920, 1080), 8, 4, 4), image=0, luma=0
    )
    # 60 × 34 cells, two more on each side, of 4 × 4 small pixels: 256 × 152, in blocks of 32 × 8.
    assert (launch.kernel, launch.grid, launch.block) == ("shrink", (8, 19, 1), (32, 8, 1))
