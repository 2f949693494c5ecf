"""The kernels of tints compute what the CPU does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.manifest import Curve
from realtime.cuda import scene_kernels
from realtime.cuda.sample_format import SampleFormat
from realtime.curves.applier import curve_factors
from realtime.curves.headroom import with_headroom
from realtime.curves.map_geometry import MapGeometry
from realtime.curves.tints import shadow_tints
from realtime.frames.colour import PixelLayout, yuv_conversion

from . import host
from .formats import IMAGES, MAPS


@settings(deadline=None, max_examples=40)
@given(strength=st.sampled_from([0.5, 1.0]), headroom=st.sampled_from([0.0, 0.15, 1.0]), kind=MAPS, **IMAGES)
def test_factors_and_tints_are_those_of_the_cpu(
    width: int,
    height: int,
    stride: int,
    half: bool,
    strength: float,
    headroom: float,
    kind: tuple[int, Curve],
    seed: int,
) -> None:
    count, curve = kind
    geometry = MapGeometry((width, height), 1, stride, count, curve)
    random = np.random.default_rng(seed)
    small = (random.uniform(0, 1, (3, height, width)) ** 2).astype(np.float16).astype(np.float32)
    map_width, map_height = geometry.map_size_wh
    maps = random.uniform(-1, 0, (map_height, map_width, 3 * count)).astype(np.float32)
    image_width, image_height = geometry.image_size_wh
    image = np.full((3, image_height, image_width), np.nan, np.float16 if half else np.float32)
    begin = geometry.border
    image[:, begin : begin + height, begin : begin + width] = small
    stored, light = host.maps_as_stored(maps), np.full((map_height, map_width, 4), np.nan, np.float32)
    written = host.maps_as_stored(np.zeros_like(maps), np.zeros((map_height, map_width, 2), np.float32))
    samples = SampleFormat(layout=PixelLayout(kind="bgr", matrix="bt601"))
    for launch in scene_kernels.tint(
        samples,
        geometry,
        image=image.ctypes.data,
        light=light.ctypes.data,
        maps=stored.ctypes.data,
        factors=written.ctypes.data,
        strength=strength,
        headroom=headroom,
        half=half,
    ):
        host.run(samples, launch)
    weights = yuv_conversion(samples.layout).ycc_from_rgb[0]
    factors = curve_factors(maps, strength, curve)
    if curve == "rational":
        factors = with_headroom(factors, small, stride, headroom)
    expected = shadow_tints(small, factors, stride, weights, curve)
    # Both are float32, and add in another order.
    np.testing.assert_allclose(written[..., -1, :2], expected, rtol=0, atol=2e-4)
    as_stored = factors.reshape(map_height, map_width, -1, 3)
    np.testing.assert_allclose(written[..., :-1, :3], as_stored, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("size_wh", "stride", "blocks"), [((240, 135), 4, 8), ((1, 1), 1, 1)])
def test_launches_are_as_computed_by_hand(size_wh: tuple[int, int], stride: int, blocks: int) -> None:
    samples = SampleFormat(layout=PixelLayout(kind="bgr"))
    launches = scene_kernels.tint(
        samples, MapGeometry(size_wh, 1, stride, 1, "rational"), image=0, light=0, maps=0, factors=0
    )
    assert [launch.kernel for launch in launches] == ["tint_light", "tint_factors"]
    assert all(launch.grid == (blocks, 1, 1) for launch in launches)
