"""The kernel that takes off the tint of black computes what the CPU does."""

from __future__ import annotations

import ctypes

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.cuda import scene_kernels
from realtime.cuda.arguments import SceneState
from realtime.cuda.sample_format import SampleFormat
from realtime.curves.black_tint import BlackTintFilter, black_tint, without_tint
from realtime.curves.map_geometry import MapGeometry
from realtime.frames.colour import PixelLayout, yuv_conversion
from realtime.options import SmoothingOptions

from . import host
from .formats import IMAGES

FRAME_S = 1 / 30
# Both add in another order; what float32 loses is divided by as little as a five-hundredth of the sums.
ROUNDING = 1e-4
HALF_ROUNDING = 2.0**-11


@settings(deadline=None, max_examples=40)
@given(brightness=st.sampled_from([0.05, 0.3, 1.0]), **IMAGES)
def test_the_tint_is_found_followed_and_taken_off_as_by_the_cpu(
    width: int, height: int, stride: int, half: bool, brightness: float, seed: int
) -> None:
    geometry, smoothing = MapGeometry((width, height), 1, stride, 4), SmoothingOptions()
    samples = SampleFormat(layout=PixelLayout(kind="bgr", matrix="bt601"))
    weights = yuv_conversion(samples.layout).ycc_from_rgb[0]
    random = np.random.default_rng(seed)
    image_width, image_height = geometry.image_size_wh
    inside = (slice(None), *(slice(geometry.border, geometry.border + side) for side in (height, width)))
    state, expected = SceneState(), BlackTintFilter(smoothing.seconds)
    for frame, cut in enumerate([1, 0, 0, 1, 0]):
        purple = random.uniform(0, 0.05, (3, 1, 1)) * [[[1.0]], [[0.0]], [[1.0]]]
        image = (random.uniform(0, brightness, (3, image_height, image_width)) + purple).clip(0, 1)
        image = image.astype(np.float16 if half else np.float32)
        before = image.astype(np.float32)
        state.cut = cut
        for launch in scene_kernels.untint(
            samples,
            geometry,
            smoothing,
            FRAME_S,
            image=image.ctypes.data,
            state=ctypes.addressof(state),
            half=half,
        ):
            host.run(samples, launch)
        if cut:
            expected.reset()
        tint = expected.follow(black_tint(before[inside], stride, weights), frame * FRAME_S)
        np.testing.assert_allclose(list(state.black), tint, rtol=0, atol=ROUNDING)
        tolerance = ROUNDING + (HALF_ROUNDING if half else 0)
        np.testing.assert_allclose(image, without_tint(before, tint), rtol=0, atol=tolerance)


def test_the_tint_is_found_by_a_single_block_and_taken_off_by_many() -> None:
    samples = SampleFormat(layout=PixelLayout(kind="bgr"))
    find, take_off = scene_kernels.untint(
        samples, MapGeometry((240, 135), 1, 4, 4), SmoothingOptions(), FRAME_S, image=0, state=0
    )
    assert (find.kernel, find.grid, find.block) == ("black", (1, 1, 1), (1024, 1, 1))
    assert (take_off.kernel, take_off.grid, take_off.block) == ("untint", (152, 1, 1), (32, 8, 1))
