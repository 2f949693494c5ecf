"""The enhancer on an NVIDIA GPU: estimate small, smooth small, apply large, all on the device."""

from __future__ import annotations

from collections import deque
from contextlib import suppress

from ..cuda.sample_format import SampleFormat
from ..curves.map_geometry import MapGeometry
from ..enhancer import Enhancer
from ..errors import DeviceError
from ..frames.bands import Bands
from ..frames.gpu_frames import GpuContext
from ..frames.picture import Picture
from ..options import EnhancerOptions
from ..stage_times import StageTimes
from ..stream_state import StreamState, part_of, prefixed, restore, state_of
from .device import Device, Kernels
from .frame_slots import FrameSlots, Slot
from .frame_work import enqueue_frame
from .map_memory import MapMemory
from .network import Network

# One frame is uploaded, one computed and one downloaded at the same time.
_SLOTS = 3
# On 16 cores four were slower at 1920×1080, and hardly faster at 3840×2160: handing out the work takes time.
_COPYING_THREADS = 2

_STATE = ("_time_s", "_frames_since_estimate")


class TensorrtEnhancer(Enhancer):
    """See `Enhancer`. The network runs on every frame unless `estimate_every` says otherwise.

    What is computed is what `CpuEnhancer` computes, within one code at 8 bits.

    Attributes:
        times: Where the host's time is measured: to `load` a frame, to `enqueue` the work on it, to `wait`
            for the device, and to `store` the result.
    """

    backend = "tensorrt"
    depth = _SLOTS

    def __init__(
        self,
        options: EnhancerOptions,
        device: Device,
        network: Network,
        *,
        times: StageTimes | None = None,
    ) -> None:
        """Take over a device and a network; both are closed with the enhancer.

        Raises:
            DeviceError: The GPU cannot be used.
        """
        self.times = times or StageTimes()
        self._options = options
        self._device = device
        self._network = network
        self._kernels: dict[SampleFormat, Kernels] = {}
        self._memory: MapMemory | None = None
        self._under_way: deque[Slot | None] = deque()  # None: there was nothing to do
        self._frames_since_estimate = 0
        self._time_s: float | None = None  # of the frame before; None if there is none
        self._restored: StreamState | None = None  # until there is memory to put it into
        self._is_closed = False
        self._copies = Bands(threads=min(options.threads, _COPYING_THREADS), name="copies")
        self._slots = FrameSlots(device, self._copies, _SLOTS)
        with device.current():
            self._upload, self._compute, self._download = (device.stream() for _ in range(3))

    @property
    def gpu_context(self) -> GpuContext:
        """See `Enhancer`."""
        return self._device.current

    @property
    def estimate_every(self) -> int:
        """See `Enhancer`."""
        every = self._options.estimate_every
        return 1 if every == "auto" else every

    def adjust(self, options: EnhancerOptions) -> None:
        """See `Enhancer`."""
        options.check_adjusts(self._options)
        self._options = options

    def enhance(self, picture: Picture, time_s: float) -> None:
        """See `Enhancer`."""
        if self._under_way:
            raise RuntimeError("frames that were begun must be finished first")
        self.begin(picture, time_s)
        self.finish()

    def begin(self, picture: Picture, time_s: float) -> None:
        """See `Enhancer`."""
        if len(self._under_way) == self.depth:
            raise RuntimeError(f"{self.depth} frames are under way; finish one first")
        if self._options.strength == 0 and (picture.source is None or not picture.planes):
            self._under_way.append(None)
            return
        with self._device.current():
            samples = _samples_of(picture)
            slot = self._slots.next_for(picture, samples, self._drain)
            memory = self._memory_for(picture)
            if samples not in self._kernels:
                self._kernels[samples] = self._device.kernels(samples)
            with self.times.measure("load"):
                slot.upload(picture, self._upload, self._compute)
            self._under_way.append(slot)
            with self.times.measure("enqueue"):
                self._enqueue(slot, samples, memory, time_s)
                slot.download(self._download, self._compute)

    def finish(self) -> None:
        """See `Enhancer`."""
        slot = self._under_way.popleft()
        if slot is None or slot.picture is None:
            return
        with self._device.current():
            with self.times.measure("wait"):
                slot.wait()
            with self.times.measure("store"):
                slot.store()

    def reset(self) -> None:
        """See `Enhancer`."""
        with self._device.current():
            for slot in self._under_way:
                if slot is not None and slot.picture is not None:
                    slot.wait()
                    slot.picture = None
            self._under_way.clear()
            self._start_stream()
            self._restored = None

    def state(self) -> StreamState:
        """See `Enhancer`."""
        if self._restored is not None:
            return self._restored
        if self._memory is None or self._time_s is None:
            return {}
        with self._device.current():
            return state_of(self, _STATE) | prefixed("memory", self._memory.contents(self._compute))

    def restore(self, state: StreamState) -> None:
        """See `Enhancer`."""
        self.reset()
        self._restored = state or None

    def close(self) -> None:
        """See `Enhancer`."""
        if self._is_closed:
            return
        self._is_closed = True
        self._under_way.clear()
        self._copies.close()
        # A device that is lost has nothing to give back.
        with suppress(DeviceError), self._device.current():
            for stream in (self._upload, self._compute, self._download):
                stream.synchronize()
            self._network.close()
            self._slots.free()
            if self._memory is not None:
                self._memory.free()
            self._kernels.clear()
            # They must go while the context is current.
            del stream, self._upload, self._compute, self._download

    def _enqueue(self, slot: Slot, samples: SampleFormat, memory: MapMemory, time_s: float) -> None:
        """Put everything between upload and download on the compute stream."""

        def estimate() -> None:
            if self._is_due(memory):
                self._network.run()
                self._frames_since_estimate = 0
            self._frames_since_estimate += 1

        elapsed_s = 0.0 if self._time_s is None else time_s - self._time_s
        enqueue_frame(
            self._kernels[samples],
            samples,
            slot.source,
            slot.target,
            memory,
            self._options,
            elapsed_s,
            estimate,
            self._compute,
        )
        self._time_s = time_s

    def _is_due(self, memory: MapMemory) -> bool:
        """Whether to run the network: on the first frame, on every N-th, and at a cut, which takes a look."""
        if self._time_s is None or self._frames_since_estimate >= self.estimate_every:
            return True
        return memory.is_cut(self._compute)

    def _memory_for(self, picture: Picture) -> MapMemory:
        """Return the memory of the stream; another size of frames starts another."""
        size_wh, network = (picture.width, picture.height), self._network
        geometry = MapGeometry.of(
            size_wh, self._options.map_size, network.map_stride, network.maps, network.curve
        )
        if self._memory is None or self._memory.geometry != geometry:
            self._drain()
            if self._memory is not None:
                self._memory.free()
                self._memory = None
            memory = MapMemory(geometry)
            try:
                self._network.bind(geometry, memory.image.address, memory.curves.address, self._compute)
            except BaseException:
                memory.free()
                raise
            self._memory = memory
            self._start_stream()
        if self._restored is not None:
            self._memory.fill(part_of(self._restored, "memory"), self._compute)
            restore(self, _STATE, self._restored)
            self._restored = None
        return self._memory

    def _start_stream(self) -> None:
        self._time_s = None
        if self._memory is not None:
            self._memory.clear(self._compute)

    def _drain(self) -> None:
        """Bring every frame under way home; `finish` has nothing left to do for it."""
        for slot in self._under_way:
            if slot is not None and slot.picture is not None:
                slot.wait()
                slot.store()


def _samples_of(picture: Picture) -> SampleFormat:
    """Tell how the samples of a frame lie in device memory."""
    if picture.source is None:
        return SampleFormat(layout=picture.layout)
    return SampleFormat(
        layout=picture.layout,
        interleaved_chroma=True,
        shifted_up=picture.layout.bits > 8,
        to_planar=bool(picture.planes),
    )
