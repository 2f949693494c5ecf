"""On a GPU: the kernels compute what they do as C++, also for formats that the enhancer does not use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from export.manifest import Curve
from realtime.cuda import frame_kernels, scene_kernels
from realtime.cuda.arguments import Planes, SceneState
from realtime.cuda.launch import Launch
from realtime.cuda.sample_format import SampleFormat
from realtime.curves.applier import curve_factors
from realtime.curves.map_geometry import MapGeometry
from realtime.frames.colour import PixelLayout
from realtime.options import SmoothingOptions

from ..realtime.cuda import host
from ..realtime.curves.test_applier import draw_maps, draw_picture, draw_tints
from .test_enhancer import need_gpu

if TYPE_CHECKING:
    from realtime.tensorrt.device import Device

pytestmark = pytest.mark.gpu

YUV420 = PixelLayout(kind="yuv", chroma_shift_wh=(1, 1))
YUV420_10 = replace(YUV420, bits=10, matrix="bt2020")
FORMATS = {
    "yuv420p": SampleFormat(layout=YUV420),
    "nv12": SampleFormat(layout=YUV420, interleaved_chroma=True),
    "yuv420p10le": SampleFormat(layout=YUV420_10),
    "p010le": SampleFormat(layout=YUV420_10, interleaved_chroma=True, shifted_up=True),
    "nv12 to yuv420p": SampleFormat(layout=YUV420, interleaved_chroma=True, to_planar=True),
    "yuv410p": SampleFormat(layout=replace(YUV420, chroma_shift_wh=(2, 2), full_range=True)),
    "gray": SampleFormat(layout=PixelLayout(kind="grey")),
    "bgr24": SampleFormat(layout=PixelLayout(kind="bgr")),
}
SIZE_WH = (333, 121)
# Codes: the two add in another order, which rounds to the other neighbour at most.
TOLERANCE = 1
# Means: float32's rounding of three products of up to 2.
ROUNDING = 2e-6


class DeviceRun:
    """Arrays on the device, and kernels that run over them."""

    def __init__(self, device: Device, samples: SampleFormat) -> None:
        self._device, self._kernels, self._stream = device, device.kernels(samples), device.stream()
        self._owned = ExitStack()

    def close(self) -> None:
        """Free what it holds."""
        self._owned.close()

    def put(self, array: NDArray[Any]) -> tuple[int, Any]:
        """Copy an array to the device; return its address there, and what `take` knows it by."""
        from realtime.tensorrt.device import DeviceBuffer, HostBuffer  # noqa: PLC0415

        staged, buffer = HostBuffer(array.nbytes), DeviceBuffer(array.nbytes)
        self._owned.callback(staged.free)
        self._owned.callback(buffer.free)
        staged.array[:] = np.ascontiguousarray(array).view(np.uint8).ravel()
        buffer.upload(staged.array, self._stream)
        return buffer.address, (staged, buffer, array)

    def run(self, launch: Launch) -> None:
        """Put a kernel in line."""
        self._kernels.launch(launch, self._stream)

    def take(self, held: Any) -> NDArray[Any]:
        """Wait, and return what an array on the device holds now."""
        staged, buffer, array = held
        buffer.download(staged.array, self._stream)
        self._stream.synchronize()
        result: NDArray[Any] = np.array(staged.array).view(array.dtype).reshape(array.shape)
        return result


@pytest.fixture(params=FORMATS.values(), ids=FORMATS.keys())
def device_run(request: pytest.FixtureRequest) -> Iterator[tuple[DeviceRun, SampleFormat]]:
    """The GPU, with the kernels for a format."""
    need_gpu()
    from realtime.tensorrt.device import Device  # noqa: PLC0415

    device = Device()
    with device.current():
        run = DeviceRun(device, request.param)
        yield run, request.param
        run.close()


@pytest.mark.parametrize("cell", [8, 5, 6], ids=["4x2", "2x2", "1x1"])
@pytest.mark.parametrize("padding", [1, 16], ids=["unaligned", "padded"])
@pytest.mark.parametrize("kind", [(8, "quadratic"), (1, "rational")], ids=["quadratic", "rational"])
def test_frames_are_enhanced_as_by_the_same_code_on_the_host(
    device_run: tuple[DeviceRun, SampleFormat], cell: int, padding: int, kind: tuple[int, Curve]
) -> None:
    run, samples = device_run
    count, curve = kind
    geometry = MapGeometry(SIZE_WH, cell, 1, count, curve)
    picture = draw_picture(samples.layout, *SIZE_WH, 0, seed=cell)
    maps = draw_maps(*SIZE_WH, cell, seed=cell, count=count)
    factors = host.maps_as_stored(curve_factors(maps, 1.0, curve), draw_tints(maps, seed=cell))
    black = np.array([0.02, -0.01, 0.03], np.float32)
    frame = host.stored(picture, samples, padding)
    target = host.stored(picture, samples.written, padding) if samples.to_planar else frame

    planes, held = planes_on(run, frame)
    target_planes, held = planes_on(run, target) if samples.to_planar else (planes, held)
    (factors_at, _), (black_at, _) = run.put(factors), run.put(black)
    run.run(
        frame_kernels.enhance(
            samples, planes, target_planes, geometry, factors=factors_at, black=black_at, shadow_floor=0.06
        )
    )
    written = host.StoredFrame(tuple(run.take(array) for array in held), samples.written)
    actual = host.visible(written, picture)

    on_host = frame_kernels.enhance(
        samples,
        frame.planes,
        target.planes,
        geometry,
        factors=factors.ctypes.data,
        black=black.ctypes.data,
        shadow_floor=0.06,
    )
    host.run(samples, on_host)
    for plane, expected in zip(actual, host.visible(target, picture), strict=True):
        assert np.abs(plane.astype(int) - expected).max() <= TOLERANCE


@pytest.mark.parametrize("half", [False, True], ids=["float32", "float16"])
def test_frames_are_shrunk_as_by_the_same_code_on_the_host(
    device_run: tuple[DeviceRun, SampleFormat], half: bool
) -> None:
    run, samples = device_run
    geometry = MapGeometry(SIZE_WH, 5, 4, 4)
    frame = host.stored(draw_picture(samples.layout, *SIZE_WH, 0, seed=7), samples, 16)
    image = np.zeros((3, *geometry.image_size_wh[::-1]), np.float16 if half else np.float32)
    luma = np.zeros(geometry.small_size_wh[::-1], np.float32)

    planes, _ = planes_on(run, frame)
    (image_at, image_held), (luma_at, luma_held) = run.put(image), run.put(luma)
    run.run(frame_kernels.shrink(samples, planes, geometry, image=image_at, luma=luma_at, half=half))
    on_host = frame_kernels.shrink(
        samples, frame.planes, geometry, image=image.ctypes.data, luma=luma.ctypes.data, half=half
    )
    host.run(samples, on_host)
    # Half precision has 11 bits, and what float32 loses may round to the other neighbour.
    np.testing.assert_allclose(run.take(image_held), image, rtol=0, atol=2.0**-11 if half else ROUNDING)
    np.testing.assert_allclose(run.take(luma_held), luma, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("half", [False, True], ids=["float32", "float16"])
@pytest.mark.parametrize("curve", ["quadratic", "rational"])
def test_factors_and_tints_are_told_as_by_the_same_code_on_the_host(
    device_run: tuple[DeviceRun, SampleFormat], half: bool, curve: Curve
) -> None:
    run, samples = device_run
    geometry = MapGeometry(SIZE_WH, 5, 4, 4, curve)
    random = np.random.default_rng(8)
    image = random.uniform(0, 1, (3, *geometry.image_size_wh[::-1])).astype(
        np.float16 if half else np.float32
    )
    cells = geometry.map_size_wh[::-1]
    light = np.zeros((*cells, 4), np.float32)
    maps = host.maps_as_stored(random.uniform(-1, 0, (*cells, 12)).astype(np.float32))
    factors = host.maps_as_stored(np.zeros((*cells, 12), np.float32), np.zeros((*cells, 2), np.float32))

    (image_at, _), (light_at, _), (maps_at, _) = run.put(image), run.put(light), run.put(maps)
    factors_at, factors_held = run.put(factors)
    for launch in scene_kernels.tint(
        samples,
        geometry,
        image=image_at,
        light=light_at,
        maps=maps_at,
        factors=factors_at,
        headroom=0.12,
        half=half,
    ):
        run.run(launch)
    for launch in scene_kernels.tint(
        samples,
        geometry,
        image=image.ctypes.data,
        light=light.ctypes.data,
        maps=maps.ctypes.data,
        factors=factors.ctypes.data,
        headroom=0.12,
        half=half,
    ):
        host.run(samples, launch)
    told = run.take(factors_held)
    np.testing.assert_allclose(told[..., :-1, :3], factors[..., :-1, :3], rtol=0, atol=1e-5)
    np.testing.assert_allclose(told[..., -1, :2], factors[..., -1, :2], rtol=0, atol=2e-4)


@pytest.mark.parametrize("half", [False, True], ids=["float32", "float16"])
def test_the_tint_of_black_is_taken_off_as_by_the_same_code_on_the_host(
    device_run: tuple[DeviceRun, SampleFormat], half: bool
) -> None:
    run, samples = device_run
    geometry = MapGeometry(SIZE_WH, 2, 4, 4)
    random = np.random.default_rng(9)
    purple = np.array([0.03, 0.0, 0.03])[:, np.newaxis, np.newaxis]
    image = (random.uniform(0.02, 0.3, (3, *geometry.image_size_wh[::-1])) + purple).astype(
        np.float16 if half else np.float32
    )
    state = np.frombuffer(bytearray(SceneState(cut=1)), np.uint8)

    (image_at, image_held), (state_at, state_held) = run.put(image), run.put(state)
    options = SmoothingOptions()
    for launch in scene_kernels.untint(
        samples, geometry, options, 0.0, image=image_at, state=state_at, half=half
    ):
        run.run(launch)
    for launch in scene_kernels.untint(
        samples, geometry, options, 0.0, image=image.ctypes.data, state=state.ctypes.data, half=half
    ):
        host.run(samples, launch)
    actual, expected = (
        list(SceneState.from_buffer_copy(held).black) for held in (run.take(state_held), state)
    )
    assert min(expected[0], expected[2]) > 0.01
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-4)
    np.testing.assert_allclose(run.take(image_held), image, rtol=0, atol=1e-4 + half * 2.0**-11)


def planes_on(run: DeviceRun, frame: host.StoredFrame) -> tuple[Planes, list[Any]]:
    """Copy a frame to the device."""
    put = [run.put(array) for array in frame.arrays]
    pitches = [array.strides[0] for array in frame.arrays]
    return Planes.at([address for address, _ in put], pitches), [held for _, held in put]
