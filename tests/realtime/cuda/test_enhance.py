"""The full-frame kernels compute what the CPU's do, for every format."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.manifest import Curve
from realtime.cuda import arguments, frame_kernels
from realtime.cuda.arguments import Planes
from realtime.cuda.sample_format import SampleFormat
from realtime.curves.applier import CurveApplier, curve_factors
from realtime.curves.map_geometry import MapGeometry
from realtime.frames.colour import PixelLayout

from .. import reference
from ..curves.test_applier import copied, draw_black, draw_maps, draw_picture, draw_tints
from . import host
from .formats import CURVES, FORMATS, MAPS

SIDES = st.one_of(st.integers(1, 9), st.integers(1, 80))
# With 16 rows are aligned, and most samples move in words; with others one by one.
PADDINGS = st.sampled_from([0, 1, 16])
# As on the CPU: eight curves turn float32's 2⁻²⁴ into 2⁻¹⁶ at most, enough to round to the other neighbour.
TOLERANCE = 1


@pytest.fixture(scope="module")
def appliers() -> Iterator[dict[Curve, CurveApplier]]:
    appliers = {curve: CurveApplier(threads=1, curve=curve) for curve in CURVES}
    yield appliers
    for applier in appliers.values():
        applier.close()


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=None, max_examples=20)
@given(
    data=st.data(),
    width=SIDES,
    height=SIDES,
    cell=st.integers(1, 17),
    padding=PADDINGS,
    seed=st.integers(0, 2**32),
)
def test_every_format_agrees_with_exact_arithmetic_and_with_the_cpu(
    appliers: dict[Curve, CurveApplier],
    name: str,
    data: st.DataObject,
    width: int,
    height: int,
    cell: int,
    padding: int,
    seed: int,
) -> None:
    samples = data.draw(FORMATS[name])
    floor = data.draw(st.sampled_from([0.0, 0.06, 1.0]))
    strength = data.draw(st.sampled_from([0.5, 1.0]))
    picture = draw_picture(samples.layout, width, height, 0, seed)
    count, curve = data.draw(MAPS)
    maps = draw_maps(width, height, cell, seed, count)
    tints, black = draw_tints(maps, seed), draw_black(seed)
    frame = host.stored(picture, samples, padding)
    target = host.stored(picture, samples.written, padding) if samples.to_planar else frame
    enhance(frame, target, (width, height), maps, tints, black, cell, strength, floor, curve)
    actual = host.visible(target, picture)
    by_cpu = copied(picture)
    appliers[curve].apply(by_cpu, curve_factors(maps, strength, curve), cell, floor, tints, black)
    weaker = reference.weaker(maps, strength, curve)
    exact = reference.enhanced(picture, weaker, cell, floor, tints, black, curve)
    for plane, expected, of_cpu in zip(actual, exact, by_cpu.planes, strict=True):
        assert np.abs(plane - expected).max() <= TOLERANCE
        assert np.abs(plane.astype(int) - of_cpu).max() <= TOLERANCE


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=None, max_examples=5)
@given(data=st.data(), width=SIDES, height=SIDES, cell=st.integers(1, 17), seed=st.integers(0, 2**32))
def test_strength_0_gives_the_samples_back_and_leaves_the_source_alone(
    name: str, data: st.DataObject, width: int, height: int, cell: int, seed: int
) -> None:
    samples = data.draw(FORMATS[name])
    picture = draw_picture(samples.layout, width, height, 0, seed)
    source = host.stored(picture, samples, 16)
    before, target = source.copy(), host.stored(copied(picture), samples.written, 16)
    given = target.copy()
    for array in target.arrays:
        array[array != 1] = 0  # all but the padding, and codes that are as the padding
    maps = draw_maps(width, height, cell, seed)
    tints, black = draw_tints(maps, seed), draw_black(seed)
    enhance(source, target, (width, height), maps, tints, black, cell, 0.0, 0.06)
    for array, untouched in zip(source.arrays, before.arrays, strict=True):
        np.testing.assert_array_equal(array, untouched)
    for array, expected in zip(target.arrays, given.arrays, strict=True):
        np.testing.assert_array_equal(array, expected)


def enhance(
    source: host.StoredFrame,
    target: host.StoredFrame,
    size_wh: tuple[int, int],
    maps: np.ndarray,
    tints: np.ndarray,
    black: np.ndarray,
    cell: int,
    strength: float,
    floor: float,
    curve: Curve = "rational",
) -> None:
    factors = host.maps_as_stored(curve_factors(maps, strength, curve), tints)
    launch = frame_kernels.enhance(
        source.samples,
        source.planes,
        target.planes,
        MapGeometry(size_wh, cell, 1, maps.shape[2] // 3, curve),
        factors=factors.ctypes.data,
        black=black.ctypes.data if black.any() else 0,
        shadow_floor=floor,
    )
    host.run(source.samples, launch)


@pytest.mark.parametrize(
    ("size_wh", "cell", "kernel", "grid"),
    [
        ((1920, 1080), 8, "enhance_4x2_rational", (15, 135, 1)),
        ((1920, 1080), 32, "enhance_4x2_rational", (15, 135, 1)),
        ((1280, 720), 20, "enhance_2x2_rational", (10, 90, 1)),
        ((1280, 720), 5, "enhance_2x2_rational", (10, 90, 1)),
        ((7680, 4320), 30, "enhance_1x1_rational", (60, 540, 1)),
        ((1, 1), 1, "enhance_2x2_rational", (1, 1, 1)),
    ],
)
def test_launches_are_as_computed_by_hand(
    size_wh: tuple[int, int], cell: int, kernel: str, grid: tuple[int, int, int]
) -> None:
    samples = SampleFormat(layout=PixelLayout(kind="yuv", chroma_shift_wh=(1, 1)))
    planes = Planes.at([4096, 8192, 12288], [4096, 2048, 2048])
    launch = frame_kernels.enhance(
        samples, planes, planes, MapGeometry(size_wh, cell, 1, 1, "rational"), factors=0
    )
    assert (launch.kernel, launch.grid, launch.block) == (kernel, grid, (32, 4, 1))


def test_planes_know_whether_they_are_aligned() -> None:
    assert Planes.at([256, 512], [64, 32]).aligned == 1
    assert Planes.at([256, 520], [64, 32]).aligned == 0
    assert Planes.at([256, 512], [64, 40]).aligned == 0


@pytest.mark.parametrize(
    "kernel",
    [
        "shrink",
        "detect",
        "black",
        "untint",
        "follow",
        "tint_light",
        "tint_factors",
        "enhance_4x2_rational",
        "enhance_4x2_quadratic",
        "enhance_2x2_rational",
        "enhance_2x2_quadratic",
        "enhance_1x1_rational",
        "enhance_1x1_quadratic",
    ],
)
def test_structures_are_as_large_in_c_as_in_python(kernel: str) -> None:
    library = host.library(SampleFormat(layout=PixelLayout(kind="bgr")))
    name = "untint" if kernel == "black" else kernel.partition("_")[0]
    structure = getattr(arguments, name.title() + "Arguments")
    assert getattr(library, f"size_for_{kernel}")() == ctypes.sizeof(structure)
