"""PyCUDA's driver module, without a GPU.

Memory of the device is memory of the host, and kernels are run on it compiled as C++.
"""

from __future__ import annotations

import ctypes
import json
import threading
from collections import Counter
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..cuda import host
from .fake_stream import Event, Function, Stream

GARBAGE = 0xA5
_ALIGNMENT = 256


class Error(Exception):
    pass


class MemoryError(Error):
    pass


class LogicError(Error):
    pass


class LaunchError(Error):
    pass


def compiled(macros: Mapping[str, int], compute_capability: tuple[int, int]) -> bytes:
    """Stand for the compiler: the code is what it was to be compiled for."""
    assert compute_capability == (8, 7)
    return json.dumps(dict(macros)).encode()


class FakeCuda:
    """Stands for the module `pycuda.driver`.

    Attributes:
        calls: How often each function was called.
        live: What is allocated: addresses on the device, and buffers of the host.
        capturable: Whether work on streams can be captured as a graph.
        default_stream: Where others put work, such as FFmpeg's decoders.
    """

    Error, MemoryError, LogicError, LaunchError = Error, MemoryError, LogicError, LaunchError
    Context = SimpleNamespace(get_current=lambda: None)
    event_flags = SimpleNamespace(DISABLE_TIMING=2, BLOCKING_SYNC=1)

    def __init__(self, *, memory_bytes: int = 1 << 30, capturable: bool = True) -> None:
        self.calls: Counter[str] = Counter()
        self.live: dict[int, Any] = {}
        self.capturable = capturable
        self._free_bytes = memory_bytes
        self._failures: dict[str, tuple[int, Error]] = {}
        self._contexts = threading.local()
        self._streams: dict[int, Stream] = {}
        self.default_stream = Stream(self, handle=0)

    def fail(self, function: str, error: Error, *, call: int = 1) -> None:
        """Let a function fail from its so-manieth call from now on: what is lost stays lost."""
        self._failures[function] = (self.calls[function] + call, error)

    def called(self, function: str, *, within_context: bool = True) -> None:
        """Note a call, and fail if it is to."""
        self.calls[function] += 1
        if within_context and not getattr(self._contexts, "depth", 0):
            raise LogicError(f"{function} failed: invalid device context")
        call, error = self._failures.get(function, (0, None))
        if error is not None and self.calls[function] >= call:
            raise error

    def init(self) -> None:
        self.called("init", within_context=False)

    def Device(self, ordinal: int) -> SimpleNamespace:  # noqa: N802
        assert ordinal == 0
        return SimpleNamespace(
            compute_capability=lambda: (8, 7),
            retain_primary_context=self._retain,
        )

    def _retain(self) -> SimpleNamespace:
        self.called("retain_primary_context", within_context=False)
        return SimpleNamespace(push=self._push, pop=self._pop, detach=self._detach)

    def _detach(self) -> None:
        self.called("detach", within_context=False)
        self._contexts.depth = 0

    def _push(self) -> None:
        self.called("push", within_context=False)
        self._contexts.depth = getattr(self._contexts, "depth", 0) + 1

    def _pop(self) -> None:
        self._contexts.depth -= 1

    def Stream(self, flags: int) -> Stream:  # noqa: N802
        self.called("Stream")
        assert flags == 1, "must not wait for the default stream"
        stream = Stream(self, handle=1000 + len(self._streams))
        self._streams[stream.handle] = stream
        return stream

    def Event(self, flags: int) -> Event:  # noqa: N802
        self.called("Event")
        assert flags in (1, 3)
        return Event(self)

    def stream_of(self, handle: int) -> Stream:
        """Find a stream by what the driver knows it by."""
        return self._streams[handle]

    def mem_alloc(self, size: int) -> DeviceAllocation:
        self.called("mem_alloc")
        if size > self._free_bytes:
            raise MemoryError("cuMemAlloc failed: out of memory")
        self._free_bytes -= size
        return DeviceAllocation(self, size)

    def pagelocked_empty(self, shape: int, dtype: type) -> np.ndarray:
        self.called("pagelocked_empty")
        array = np.full(shape, GARBAGE, dtype).view(HostArray)
        array.allocation = SimpleNamespace(free=lambda: self.live.pop(id(array)))
        self.live[id(array)] = array
        return array

    def memcpy_htod_async(self, target: DeviceAllocation | int, source: np.ndarray, stream: Stream) -> None:
        self.called("memcpy_htod_async")
        stream.put(lambda: ctypes.memmove(int(target), source.ctypes.data, source.nbytes))

    def memcpy_dtoh_async(self, target: np.ndarray, source: DeviceAllocation, stream: Stream) -> None:
        self.called("memcpy_dtoh_async")
        stream.put(lambda: ctypes.memmove(target.ctypes.data, int(source), target.nbytes))

    def memcpy_dtod_async(
        self, target: DeviceAllocation, source: DeviceAllocation, size: int, stream: Stream
    ) -> None:
        self.called("memcpy_dtod_async")
        stream.put(lambda: ctypes.memmove(int(target), int(source), size))

    def memcpy_dtoh(self, target: np.ndarray, source: int) -> None:
        self.called("memcpy_dtoh")
        ctypes.memmove(target.ctypes.data, source, target.nbytes)

    def memset_d8_async(self, target: DeviceAllocation, value: int, size: int, stream: Stream) -> None:
        self.called("memset_d8_async")
        stream.put(lambda: ctypes.memset(int(target), value, size))

    def module_from_buffer(self, code: bytes) -> SimpleNamespace:
        self.called("module_from_buffer")
        library = host._library(tuple(json.loads(code).items()))
        return SimpleNamespace(get_function=lambda name: Function(self, getattr(library, f"launch_{name}")))


class HostArray(np.ndarray):
    """Page-locked memory; `base` is its allocation, as in PyCUDA."""

    allocation: Any

    @property
    def base(self) -> Any:  # type: ignore[override]
        return self.allocation


class DeviceAllocation:
    """Memory of the device."""

    def __init__(self, cuda: FakeCuda, size: int) -> None:
        self._cuda, self._size = cuda, size
        self._memory = np.full(size + _ALIGNMENT, GARBAGE, np.uint8)
        self._address = -(-self._memory.ctypes.data // _ALIGNMENT) * _ALIGNMENT
        cuda.live[self._address] = self

    def __int__(self) -> int:
        return self._address

    def free(self) -> None:
        del self._cuda.live[self._address]
        self._cuda._free_bytes += self._size
