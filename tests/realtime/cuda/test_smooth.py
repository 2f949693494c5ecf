"""Maps on the device follow their estimates as those on the CPU do, scene cuts included."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from realtime.cuda import arguments, scene_kernels
from realtime.cuda.arguments import SceneState
from realtime.cuda.sample_format import SampleFormat
from realtime.curves.map_geometry import MapGeometry
from realtime.curves.small_picture import block_means
from realtime.curves.smoothing import MapSmoother
from realtime.frames.colour import PixelLayout
from realtime.options import SmoothingOptions

from . import host

FloatArray = NDArray[np.float32]

SAMPLES = SampleFormat(layout=PixelLayout(kind="bgr"))
# Shares are computed in float64 on the CPU and in float32 here; the rest is float32 in both. Changes of
# brightness count a hundredfold, and so does what rounding makes of the luma, 1e-7.
ROUNDING = 2e-5
SIDES = st.integers(1, 20)


@dataclass
class HostSmoother:
    """What a device holds between frames."""

    geometry: MapGeometry
    options: SmoothingOptions

    def __post_init__(self) -> None:
        shape = self.geometry.map_size_wh[::-1]
        self.luma, self.reference, self.other = (np.full(shape, np.nan, np.float32) for _ in range(3))
        self.maps = host.maps_as_stored(np.full((*shape, 3 * self.geometry.maps), np.nan, np.float32))
        self.state = SceneState()

    def follow(self, curves: NDArray[np.floating], small_luma: FloatArray, elapsed_s: float) -> bool:
        """Take one frame, and return whether it is a cut; curves are the network's (C, h, w)."""
        state = ctypes.addressof(self.state)
        detect = scene_kernels.detect(
            self.geometry,
            self.options,
            elapsed_s,
            small_luma=small_luma.ctypes.data,
            luma=self.luma.ctypes.data,
            reference=self.reference.ctypes.data,
            state=state,
        )
        host.run(SAMPLES, detect)
        follow = scene_kernels.follow(
            self.geometry,
            self.options,
            elapsed_s,
            curves=curves.ctypes.data,
            luma=self.luma.ctypes.data,
            reference=self.reference.ctypes.data,
            next_reference=self.other.ctypes.data,
            maps=self.maps.ctypes.data,
            state=state,
            half=curves.dtype == np.float16,
        )
        host.run(SAMPLES, follow)
        self.reference, self.other = self.other, self.reference
        return bool(self.state.cut)


def scene(random: np.random.Generator, geometry: MapGeometry, light: float) -> FloatArray:
    """Draw the small luma of a scene."""
    width, height = geometry.small_size_wh
    return random.uniform(0.5 * light, light, (height, width)).astype(np.float32)


@settings(deadline=None, max_examples=30)
@given(
    width=SIDES,
    height=SIDES,
    stride=st.sampled_from([1, 4]),
    count=st.sampled_from([1, 8]),
    seconds=st.sampled_from([0.0, 0.4]),
    half=st.booleans(),
    frames=st.lists(
        # How the scene changes; and how much time passes, at times none or less.
        st.tuples(
            st.sampled_from(["as before", "noise", "motion", "cut"]), st.sampled_from([0.04, 0.2, 0.0, -1.0])
        ),
        min_size=1,
        max_size=12,
    ),
    seed=st.integers(0, 2**32),
)
def test_a_stream_is_smoothed_as_on_the_cpu(
    width: int,
    height: int,
    stride: int,
    count: int,
    seconds: float,
    half: bool,
    frames: list[tuple[str, float]],
    seed: int,
) -> None:
    geometry = MapGeometry((width, height), 1, stride, count)
    options = SmoothingOptions(seconds=seconds)
    on_host, on_cpu = HostSmoother(geometry, options), MapSmoother(options)
    random = np.random.default_rng(seed)
    curves_width, curves_height = geometry.curves_size_wh
    map_width, map_height = geometry.map_size_wh
    luma, time_s = scene(random, geometry, 0.4), 0.0
    for change, elapsed_s in frames:
        match change:
            case "noise":
                luma = luma + random.normal(0, 0.005, luma.shape).astype(np.float32)
            case "motion":
                luma = luma * np.float32(1.08)
            case "cut":
                luma = scene(random, geometry, 0.9 if luma.mean() < 0.4 else 0.1)
        luma = np.ascontiguousarray(luma.clip(0, 1))
        time_s += elapsed_s
        curves = random.uniform(-1, 1, (3 * count, curves_height, curves_width)).astype(
            np.float16 if half else np.float32
        )
        inner = slice(geometry.map_border, geometry.map_border + map_height)
        within = curves[:, inner, geometry.map_border : geometry.map_border + map_width]
        estimate = np.ascontiguousarray(within.transpose(1, 2, 0).astype(np.float32))

        on_grid = block_means(luma, stride)
        is_cut = on_cpu.is_cut(on_grid)
        if is_cut:
            on_cpu.reset()
        expected = on_cpu.follow(estimate, on_grid, time_s)

        assert on_host.follow(curves, luma, elapsed_s) == is_cut
        actual = on_host.maps[..., :3].reshape(map_height, map_width, -1)
        np.testing.assert_allclose(actual, expected, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize(
    ("before", "after", "is_cut"), [(0.2, 0.25, False), (0.2, 0.6, True), (0.6, 0.2, True)]
)
def test_a_cut_is_a_change_of_much_of_the_light(before: float, after: float, is_cut: bool) -> None:
    geometry = MapGeometry((40, 30), 1, 1, 1)
    smoother = HostSmoother(geometry, SmoothingOptions())
    curves = np.zeros((3, *geometry.curves_size_wh[::-1]), np.float32)
    assert smoother.follow(
        curves, np.full((30, 40), before, np.float32), 0.04
    )  # the first frame starts a scene
    assert smoother.follow(curves, np.full((30, 40), after, np.float32), 0.04) is is_cut


def test_a_smaller_change_is_a_cut_where_it_is_sudden() -> None:
    geometry = MapGeometry((8, 6), 1, 1, 1)
    smoother = HostSmoother(geometry, SmoothingOptions())
    curves = np.zeros((3, *geometry.curves_size_wh[::-1]), np.float32)
    for _ in range(5):
        smoother.follow(curves, np.full((6, 8), 0.4, np.float32), 0.04)
    # (0.5 − 0.4) / (0.5 + 0.02) is more than the level of a jump, 0.1, and less than that of a cut, 0.35.
    assert smoother.follow(curves, np.full((6, 8), 0.5, np.float32), 0.04)
    assert smoother.state.has_usual == 0


def test_blocks_of_detection_are_as_large_as_the_kernel_takes() -> None:
    detect = scene_kernels.detect(
        MapGeometry((8, 6), 1, 1, 1), SmoothingOptions(), 0.04, small_luma=0, luma=0, reference=0, state=0
    )
    assert (detect.grid, detect.block) == ((1, 1, 1), (1024, 1, 1))


def test_every_cell_and_map_has_its_thread() -> None:
    launch = scene_kernels.follow(
        MapGeometry((1920, 1080), 8, 4, 8),
        SmoothingOptions(),
        0.04,
        curves=0,
        luma=0,
        reference=0,
        next_reference=0,
        maps=0,
        state=0,
    )
    assert (launch.kernel, launch.grid, launch.block) == ("follow", (64, 1, 1), (32, 8, 1))  # 60·34·8 / 256
    assert isinstance(launch.arguments, arguments.FollowArguments)
    assert launch.arguments.steps == pytest.approx(0.04 / 3)
