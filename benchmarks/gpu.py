"""Speed on an NVIDIA GPU: frames per second with copies, and the full-size pass against a plain copy.

Times on the device are between events on a stream; frames per second are by the clock, with three frames
under way and the host's copies included. The pass and the copy go over more frames than a cache holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import numpy as np

from export.gpu import find_gpu
from export.tensorrt_api import is_installed
from realtime.backend import open_enhancer
from realtime.colour import PixelLayout
from realtime.cuda import kernels
from realtime.cuda.kernels import SampleFormat
from realtime.enhancer import Enhancer
from realtime.estimator import find_model
from realtime.frames import Picture
from realtime.map_geometry import MapGeometry
from realtime.options import Backend, EnhancerOptions
from realtime.tensorrt.device import Device
from realtime.tensorrt.enhancer import TensorrtEnhancer
from realtime.tensorrt.frame_slot import FrameSlot
from realtime.tensorrt.map_memory import MapMemory

from .host_network import HostNetwork

_LAYOUT = PixelLayout(kind="yuv", chroma_shift_wh=(1, 1))
_MORE_THAN_CACHES_BYTES = 1 << 27
_WARM_UP_FRAMES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuResult:
    """What was measured with frames of one size, 8-bit 4:2:0.

    Attributes:
        width: In pixels.
        height: In pixels.
        p50_ms: Time from a frame on the host to the same frame enhanced, nothing else under way.
        p95_ms: The same.
        fps: Frames per second with as many under way as there may be.
        streams_at_30_fps: How many streams of 30 frames per second that is.
        pass_ms: Time of the full-size pass on the device.
        pass_gb_s: Bytes that it reads and writes, per second.
        copy_gb_s: The same of a plain copy on the device, in the same run.
        share_of_copy: The former as a share of the latter.
    """

    width: int
    height: int
    p50_ms: float
    p95_ms: float
    fps: float
    streams_at_30_fps: int
    pass_ms: float
    pass_gb_s: float
    copy_gb_s: float
    share_of_copy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReport:
    """All that was measured.

    Attributes:
        gpu: Name of the GPU.
        compute_capability: Of the GPU, such as `8.7`.
        model: Name of the model.
        network: What ran it: `tensorrt`, or `onnxruntime on the host` where there is no TensorRT.
        frames: Frames measured each time, the warm-up left out.
        results: One for each size.
    """

    gpu: str
    compute_capability: str
    model: str
    network: str
    frames: int
    results: list[GpuResult]


def measure_gpu(model: str, sizes_wh: list[tuple[int, int]], frames: int) -> GpuReport:
    """Measure the speed on the first GPU.

    Args:
        model: Name of a shipped model, or path of an ONNX file.
        sizes_wh: Sizes of frames, in pixels.
        frames: How many frames to measure.

    Raises:
        NoGpuError: There is none.
        EnhanceError: It cannot be used.
    """
    gpu = find_gpu()
    options = EnhancerOptions(model=model, backend=Backend.TENSORRT)
    return GpuReport(
        gpu=gpu.name,
        compute_capability="{}.{}".format(*gpu.compute_capability),
        model=model,
        network="tensorrt" if is_installed() else "onnxruntime on the host",
        frames=frames,
        results=[_measure(options, size, frames) for size in sizes_wh],
    )


def _measure(options: EnhancerOptions, size_wh: tuple[int, int], frames: int) -> GpuResult:
    pictures = [_picture(size_wh, seed) for seed in range(8)]
    with _open(options) as enhancer:
        _under_way(enhancer, pictures, _WARM_UP_FRAMES)
        seconds = _under_way(enhancer, pictures, frames)
        alone_ms = [1e3 * _under_way(enhancer, pictures[:1], 1) for _ in range(frames)]
    fps = frames / seconds
    pass_ms, copy_ms = _pass_and_copy_ms(options, pictures[0], frames)
    moved_bytes = 2 * sum(plane.nbytes for plane in pictures[0].planes)
    return GpuResult(
        width=size_wh[0],
        height=size_wh[1],
        p50_ms=round(float(np.percentile(alone_ms, 50)), 3),
        p95_ms=round(float(np.percentile(alone_ms, 95)), 3),
        fps=round(fps, 1),
        streams_at_30_fps=int(fps // 30),
        pass_ms=round(pass_ms, 4),
        pass_gb_s=round(moved_bytes / pass_ms / 1e6, 1),
        copy_gb_s=round(moved_bytes / copy_ms / 1e6, 1),
        share_of_copy=round(copy_ms / pass_ms, 3),
    )


def _open(options: EnhancerOptions) -> Enhancer:
    """Open the enhancer, with the network on the host where TensorRT is not there."""
    if is_installed():
        return open_enhancer(options)
    return TensorrtEnhancer(options, Device(), HostNetwork(find_model(options.model)))


def _picture(size_wh: tuple[int, int], seed: int) -> Picture:
    """Make a dark, noisy frame."""
    random = np.random.default_rng(seed)
    width, height = size_wh
    chroma = -(-height // 2), -(-width // 2)
    luma = random.integers(16, 70, (height, width), np.uint8)
    planes = luma, *(random.integers(120, 136, chroma, np.uint8) for _ in range(2))
    return Picture(planes, width, height, _LAYOUT)


def _under_way(enhancer: Enhancer, pictures: list[Picture], frames: int) -> float:
    """Enhance so many frames, as many at once as there may be; return the seconds."""
    start = time.perf_counter()
    for index in range(frames):
        if index >= enhancer.depth:
            enhancer.finish()
        enhancer.begin(pictures[index % len(pictures)], index / 30)
    for _ in range(min(frames, enhancer.depth)):
        enhancer.finish()
    return time.perf_counter() - start


def _pass_and_copy_ms(options: EnhancerOptions, picture: Picture, repeats: int) -> tuple[float, float]:
    """Return the time on the device of the full-size pass over a frame, and of a copy of it."""
    device, samples = Device(), SampleFormat(layout=picture.layout)
    geometry = MapGeometry.of((picture.width, picture.height), options.map_size, 1)
    frame_bytes = sum(plane.nbytes for plane in picture.planes)
    with device.current():
        stream, compiled, memory = device.stream(), device.kernels(samples), MapMemory(geometry)
        memory.maps.clear(stream)
        room = range(max(2, _MORE_THAN_CACHES_BYTES // frame_bytes))
        slots = [FrameSlot(device, picture, samples) for _ in room]
        calls = [
            kernels.enhance(
                samples,
                slot.planes,
                slot.planes,
                geometry,
                maps=memory.maps.address,
                strength=options.strength,
                shadow_floor=options.shadow_floor,
            )
            for slot in slots
        ]
        passes, copies = count(), count()

        def enhance() -> None:
            compiled.launch(calls[next(passes) % len(slots)], stream)

        def copy() -> None:
            index = next(copies)
            slots[index % len(slots)].copy_to(slots[(index + 1) % len(slots)], stream)

        pass_ms = min(_device_ms(device, enhance, stream, repeats) for _ in range(3))
        copy_ms = min(_device_ms(device, copy, stream, repeats) for _ in range(3))
        for slot in slots:
            slot.free()
        memory.free()
    return pass_ms, copy_ms


def _device_ms(device: Device, work: Callable[[], None], stream: object, repeats: int) -> float:
    """Return the mean time on the device of some work, done again and again."""
    for _ in range(_WARM_UP_FRAMES):
        work()
    start, end = device.timer(), device.timer()
    start.record(stream)
    for _ in range(repeats):
        work()
    end.record(stream)
    end.synchronize()
    return float(start.time_till(end)) / repeats
