"""Times on the device: of a frame's whole work, of its full-size pass, and of plain copies.

All are between events on a stream. What takes microseconds is recorded as a graph, so that it is the device
that is timed and not how fast Python starts work on it. The pass and the copies go over more frames than a
cache holds.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NamedTuple

from realtime.cuda import frame_kernels
from realtime.cuda.sample_format import SampleFormat
from realtime.curves.map_geometry import MapGeometry
from realtime.frames.bands import Bands
from realtime.frames.picture import Picture
from realtime.options import EnhancerOptions
from realtime.tensorrt.device import Device, DeviceBuffer
from realtime.tensorrt.frame_slot import FrameSlot
from realtime.tensorrt.frame_work import enqueue_frame
from realtime.tensorrt.graph import CudaGraph
from realtime.tensorrt.map_memory import MapMemory
from realtime.tensorrt.network import Network

_MORE_THAN_CACHES_BYTES = 1 << 28
_LARGE_COPY_BYTES = 1 << 29
_FRAMES_A_SECOND = 30


class DeviceTimes(NamedTuple):
    """Milliseconds on the device.

    Attributes:
        frame_ms: A frame's whole work, frame after frame, the network on each, copies left out. If the host
            is slower at starting it, it is that.
        kernels_ms: Of that, all but the network.
        pass_ms: The full-size pass.
        copy_ms: A copy of a frame, its rows padded, from one place on the device to another.
        copy_bytes: What that is.
        large_copy_ms: A copy of `large_copy_bytes`.
        large_copy_bytes: Far more than a cache holds.
        by_graph: Whether kernels and copies were recorded; else starting them is in their times.
    """

    frame_ms: float
    kernels_ms: float
    pass_ms: float
    copy_ms: float
    copy_bytes: int
    large_copy_ms: float
    large_copy_bytes: int
    by_graph: bool


def measure_device(options: EnhancerOptions, network: Network, picture: Picture, repeats: int) -> DeviceTimes:
    """Measure with a frame in device memory.

    Args:
        options: What to do to it.
        network: Closed in the end.
        picture: The frame.
        repeats: How often each is done, at least: each goes over all frames that no cache holds together.

    Raises:
        DeviceError: The GPU failed, or has too little memory.
    """
    device, samples = Device(), SampleFormat(layout=picture.layout)
    size_wh = picture.width, picture.height
    geometry = MapGeometry.of(size_wh, options.map_size, network.map_stride, network.maps, network.curve)
    with device.current(), ExitStack() as owned:
        owned.callback(network.close)
        stream, compiled, memory = device.stream(), device.kernels(samples), MapMemory(geometry)
        owned.callback(memory.free)
        room = range(max(2, _MORE_THAN_CACHES_BYTES // sum(plane.nbytes for plane in picture.planes)))
        bands = Bands(threads=1, name="copies")
        owned.callback(bands.close)
        slots = [FrameSlot(device, picture, samples, bands) for _ in room]
        for slot in slots:
            owned.callback(slot.free)
            slot.upload(picture, stream, stream)
        memory.clear(stream)
        network.bind(geometry, memory.image.address, memory.curves.address, stream)

        def frame(index: int, estimate: Callable[[], None]) -> None:
            planes = slots[index % len(slots)].target
            step_s = 1 / _FRAMES_A_SECOND
            enqueue_frame(compiled, samples, planes, planes, memory, options, step_s, estimate, stream)

        timed = _Timed(device, stream, max(repeats, len(slots)))
        owned.callback(timed.free)

        def enhance(index: int) -> None:
            planes = slots[index % len(slots)].target
            call = frame_kernels.enhance(
                samples,
                planes,
                planes,
                geometry,
                factors=memory.factors.address,
                shadow_floor=options.shadow_floor,
            )
            compiled.launch(call, stream)

        def copy(index: int) -> None:
            slots[index % len(slots)].copy_to(slots[(index + 1) % len(slots)], stream)

        frame_ms = timed.mean_ms(lambda index: frame(index, network.run), as_graph=False)
        kernels_ms = timed.mean_ms(lambda index: frame(index, lambda: None))
        pass_ms, copy_ms = timed.mean_ms(enhance), timed.mean_ms(copy)
        large = [DeviceBuffer(_LARGE_COPY_BYTES) for _ in range(2)]
        for buffer in large:
            owned.callback(buffer.free)
        large_ms = timed.mean_ms(lambda index: large[index % 2].copy_to(large[1 - index % 2], stream))
        return DeviceTimes(
            frame_ms,
            kernels_ms,
            pass_ms,
            copy_ms,
            slots[0].device_bytes,
            large_ms,
            _LARGE_COPY_BYTES,
            timed.by_graph,
        )


class _Timed:
    """Times work that is done many times in a row, recorded as a graph where that can be."""

    def __init__(self, device: Device, stream: Any, repeats: int) -> None:
        self._device, self._stream, self._repeats = device, stream, repeats
        self._graphs: list[CudaGraph] = []
        self.by_graph = True

    def mean_ms(self, work: Callable[[int], None], *, as_graph: bool = True) -> float:
        """Return the mean time of the work, of the best of four rounds."""
        work(0)  # loads what is loaded at the first use, which cannot be recorded

        def enqueue() -> bool:
            for index in range(self._repeats):
                work(index)
            return True

        self._stream.synchronize()
        graph = CudaGraph.record(enqueue, self._stream) if as_graph else None
        if graph is not None:
            self._graphs.append(graph)
        elif as_graph:
            self.by_graph = False
        return min(self._round_ms(enqueue, graph) for _ in range(4)) / self._repeats

    def _round_ms(self, enqueue: Callable[[], bool], graph: CudaGraph | None) -> float:
        start, end = self._device.timer(), self._device.timer()
        start.record(self._stream)
        if graph is None:
            enqueue()
        else:
            graph.launch(self._stream)
        end.record(self._stream)
        end.synchronize()
        return float(start.time_till(end))

    def free(self) -> None:
        """Give the graphs back."""
        for graph in self._graphs:
            graph.free()
