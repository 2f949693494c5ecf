"""Speed on an NVIDIA GPU: with all copies, on the device alone, and beside PyTorch at full size.

Frames per second with copies are by the clock, with three frames under way and the host's copies included.
What `device_times` and `torch_peers` measure is on the device alone, between events.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from export.gpu import find_gpu
from export.tensorrt_api import runs_here
from realtime.backend import open_enhancer
from realtime.enhancer import Enhancer
from realtime.estimator import find_model
from realtime.frames.colour import PixelLayout
from realtime.frames.picture import Picture
from realtime.options import Backend, EnhancerOptions
from realtime.tensorrt.device import Device
from realtime.tensorrt.enhancer import TensorrtEnhancer
from realtime.tensorrt.network import Network
from realtime.tensorrt.opening import open_network

from .device_times import measure_device
from .gpu_files import GpuFileResult, measure_files
from .host_network import HostNetwork
from .torch_peers import TorchPeer, has_torch, measure_torch

_LAYOUT = PixelLayout(kind="yuv", chroma_shift_wh=(1, 1))
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
        device_ms: Time of a frame on the device alone, the network on every frame, without copies.
        device_fps: Frames per second of that: of enhancing alone.
        kernels_ms: Of that, all but the network.
        pass_ms: Time of the full-size pass on the device.
        pass_gb_s: Bytes that it reads and writes, per second.
        copy_gb_s: The same of plain copies of such frames on the device, in the same run.
        share_of_copy: The former as a share of the latter.
        large_copy_gb_s: The same of a copy of half a gigabyte: the memory's own speed.
        share_of_large_copy: The pass as a share of that.
        timed_as_graph: Whether kernels and copies were replayed as a graph, which leaves out starting them.
    """

    width: int
    height: int
    p50_ms: float
    p95_ms: float
    fps: float
    streams_at_30_fps: int
    device_ms: float
    device_fps: float
    kernels_ms: float
    pass_ms: float
    pass_gb_s: float
    copy_gb_s: float
    share_of_copy: float
    large_copy_gb_s: float
    share_of_large_copy: float
    timed_as_graph: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReport:
    """All that was measured.

    Attributes:
        gpu: Name of the GPU.
        compute_capability: Of the GPU, such as `8.7`.
        model: Name of the model.
        network: What ran it: `tensorrt`; where that is missing, `pytorch`, or else `onnxruntime on the host`.
        frames: Frames measured each time, the warm-up left out.
        results: One for each size.
        files: From file to file at each size, with each decoder and encoder that there is.
        peers: PyTorch with the same network at full size, where it is installed.
    """

    gpu: str
    compute_capability: str
    model: str
    network: str
    frames: int
    results: list[GpuResult]
    files: list[GpuFileResult]
    peers: list[TorchPeer]


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
    by_torch = has_torch()
    return GpuReport(
        gpu=gpu.name,
        compute_capability="{}.{}".format(*gpu.compute_capability),
        model=model,
        network="tensorrt" if runs_here() else "pytorch" if by_torch else "onnxruntime on the host",
        frames=frames,
        results=[_measure(options, size, frames, by_torch=by_torch) for size in sizes_wh],
        files=[
            result for size in sizes_wh for result in _measure_files(options, size, frames, by_torch=by_torch)
        ],
        peers=measure_torch(find_model(model), sizes_wh, frames) if by_torch else [],
    )


def _measure(options: EnhancerOptions, size_wh: tuple[int, int], frames: int, *, by_torch: bool) -> GpuResult:
    pictures = [_picture(size_wh, seed) for seed in range(8)]
    with _open(options, by_torch=by_torch) as enhancer:
        _under_way(enhancer, pictures, _WARM_UP_FRAMES)
        seconds = _under_way(enhancer, pictures, frames)
        alone_ms = [1e3 * _under_way(enhancer, pictures[:1], 1) for _ in range(frames)]
    fps = frames / seconds
    times = measure_device(options, _open_network(options, by_torch=by_torch), pictures[0], frames)
    moved_mb = 2 * sum(plane.nbytes for plane in pictures[0].planes) / 1e6
    pass_gb_s = moved_mb / times.pass_ms
    copy_gb_s = 2 * times.copy_bytes / 1e6 / times.copy_ms
    large_copy_gb_s = 2 * times.large_copy_bytes / 1e6 / times.large_copy_ms
    return GpuResult(
        width=size_wh[0],
        height=size_wh[1],
        p50_ms=round(float(np.percentile(alone_ms, 50)), 3),
        p95_ms=round(float(np.percentile(alone_ms, 95)), 3),
        fps=round(fps, 1),
        streams_at_30_fps=int(fps // 30),
        device_ms=round(times.frame_ms, 4),
        device_fps=round(1e3 / times.frame_ms, 1),
        kernels_ms=round(times.kernels_ms, 5),
        pass_ms=round(times.pass_ms, 5),
        pass_gb_s=round(pass_gb_s, 1),
        copy_gb_s=round(copy_gb_s, 1),
        share_of_copy=round(pass_gb_s / copy_gb_s, 3),
        large_copy_gb_s=round(large_copy_gb_s, 1),
        share_of_large_copy=round(pass_gb_s / large_copy_gb_s, 3),
        timed_as_graph=times.by_graph,
    )


def _measure_files(
    options: EnhancerOptions, size_wh: tuple[int, int], frames: int, *, by_torch: bool
) -> list[GpuFileResult]:
    with _open(options, by_torch=by_torch) as enhancer:
        return measure_files(enhancer, size_wh, frames)


def _open(options: EnhancerOptions, *, by_torch: bool) -> Enhancer:
    """Open the enhancer, with another network where TensorRT is not there."""
    if runs_here():
        return open_enhancer(options)
    return TensorrtEnhancer(options, Device(), _other_network(options, by_torch=by_torch))


def _open_network(options: EnhancerOptions, *, by_torch: bool) -> Network:
    """Open the network that `_open` gives the enhancer."""
    if runs_here():
        return open_network(options, Device())
    return _other_network(options, by_torch=by_torch)


def _other_network(options: EnhancerOptions, *, by_torch: bool) -> Network:
    model = find_model(options.model)
    if not by_torch:
        return HostNetwork(model)
    from .torch_network import TorchNetwork  # noqa: PLC0415 - imports PyTorch

    return TorchNetwork(model)


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
