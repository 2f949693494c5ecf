"""The GPU by way of PyCUDA: its context, and the errors that it may raise at any time."""

from __future__ import annotations

import atexit
import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pycuda.driver as cuda

from ..cuda.compiler import compile_kernels
from ..cuda.launch import Launch
from ..cuda.sample_format import SampleFormat
from ..errors import DeviceError

_NON_BLOCKING = 1  # CU_STREAM_NON_BLOCKING: does not wait for the default stream


class Device:
    """The first GPU. Everything that touches it happens within `current`, in whatever thread.

    The primary context is used, which TensorRT uses too. It is current in a thread only while it is needed:
    frames are enhanced in one thread, and what is allocated is freed in another.
    """

    def __init__(self) -> None:
        """Take hold of the GPU.

        Raises:
            DeviceError: It cannot be used.
        """
        try:
            cuda.init()
            self.compute_capability: tuple[int, int] = cuda.Device(0).compute_capability()
            self._primary = _primary_context()
        except cuda.Error as exc:
            raise DeviceError(f"the GPU cannot be used ({exc}); see docs/gpu.md") from exc

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the context current in this thread while the body runs.

        Raises:
            DeviceError: The GPU failed in the body, or earlier: work on it is asynchronous. Unless it was but
                short of memory it is lost, and so is all that is on it.
        """
        if self._primary.is_lost:
            raise DeviceError("the GPU failed before; start again, or use --backend cpu")
        context = self._primary.context
        try:
            context.push()
            try:
                yield
            except BaseException as exc:
                if isinstance(exc, cuda.MemoryError) or not isinstance(exc, cuda.Error):
                    context.pop()
                raise
            context.pop()
        except cuda.MemoryError as exc:
            raise DeviceError(
                f"the GPU has too little free memory ({exc}); close what else uses it, or use --backend cpu"
            ) from exc
        except cuda.Error as exc:
            self._primary.abandon()
            raise DeviceError(f"the GPU failed ({exc}); look at dmesg, or use --backend cpu") from exc

    def stream(self) -> Any:
        """Make a stream."""
        return cuda.Stream(_NON_BLOCKING)

    def event(self) -> Any:
        """Make an event to order streams by, and to wait for without taking a core."""
        flags = cuda.event_flags
        return cuda.Event(int(flags.DISABLE_TIMING) | int(flags.BLOCKING_SYNC))

    def timer(self) -> Any:
        """Make an event that tells the time on the device."""
        return cuda.Event(int(cuda.event_flags.BLOCKING_SYNC))

    def kernels(self, samples: SampleFormat) -> Kernels:
        """Compile the kernels for a format and load them.

        Raises:
            KernelError: They cannot be compiled.
        """
        return Kernels(cuda.module_from_buffer(compile_kernels(samples.macros, self.compute_capability)))


class _PrimaryContext:
    """The primary context, retained for the life of the process; every `Device` has the same.

    Where PyCUDA releases a context it leaves it current in the thread, destroyed if nobody else holds it, and
    other libraries stumble over it. Where it is left to release it by itself, it takes it for one of its own.

    Attributes:
        context: As PyCUDA has it.
        is_lost: Whether the GPU failed.
    """

    def __init__(self) -> None:
        self.context = cuda.Device(0).retain_primary_context()
        self.is_lost = False
        atexit.register(self.release)

    def abandon(self) -> None:
        """Have PyCUDA leave alone what is on the device: freeing it would fail, and that ends in a crash."""
        self.is_lost = True
        _primary_context.cache_clear()
        self.release()
        # What is left on this thread's stack, if another thread has released the context, ends in one, too;
        # PyCUDA drops it when it looks for a valid one.
        cuda.Context.get_current()

    def release(self) -> None:
        """Release it, unless that was done."""
        with suppress(cuda.Error):
            self.context.detach()


_primary_context = lru_cache(maxsize=1)(_PrimaryContext)


class DeviceBuffer:
    """Memory on the device. Allocated and freed within `Device.current`.

    Attributes:
        address: Where it begins, a multiple of 256.
        size: In bytes.
    """

    def __init__(self, size: int) -> None:
        """Allocate so many bytes; what they hold is not defined."""
        self._memory = cuda.mem_alloc(size)
        self.size = size
        self.address = int(self._memory)

    def clear(self, stream: Any) -> None:
        """Fill it with zeros, in the order of a stream."""
        cuda.memset_d8_async(self._memory, 0, self.size, stream)

    def upload(self, host: npt.NDArray[np.uint8], stream: Any) -> None:
        """Copy page-locked memory here, in the order of a stream."""
        cuda.memcpy_htod_async(self._memory, host, stream)

    def download(self, host: npt.NDArray[np.uint8], stream: Any) -> None:
        """Copy this into page-locked memory, in the order of a stream."""
        cuda.memcpy_dtoh_async(host, self._memory, stream)

    def copy_to(self, other: DeviceBuffer, stream: Any) -> None:
        """Copy this to another of the same size, in the order of a stream."""
        cuda.memcpy_dtod_async(other._memory, self._memory, self.size, stream)

    def free(self) -> None:
        """Give it back; nothing may use it any more."""
        self._memory.free()


def copy_from_device(array: npt.NDArray[np.float32], address: int) -> None:
    """Fill an array of the host from an address on the device, at once."""
    cuda.memcpy_dtoh(array, address)


def copy_to_device(address: int, array: npt.NDArray[np.float32], stream: Any) -> None:
    """Copy an array of the host to an address on the device, in the order of a stream.

    A copy without a stream may return before the data has arrived, and our streams would not wait for it.
    """
    cuda.memcpy_htod_async(address, array, stream)


class HostBuffer:
    """Page-locked memory of the host, which the device reads and writes by itself.

    Attributes:
        array: (size,) uint8.
    """

    def __init__(self, size: int) -> None:
        """Allocate so many bytes."""
        self.array: npt.NDArray[np.uint8] = cuda.pagelocked_empty(size, np.uint8)

    def free(self) -> None:
        """Give it back; nothing may use it any more, views of the array included."""
        self.array.base.free()  # type: ignore[union-attr]


class Kernels:
    """Compiled kernels, loaded on the device."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._functions: dict[str, Any] = {}

    def launch(self, launch: Launch, stream: Any) -> None:
        """Run a kernel, in the order of a stream."""
        function = self._functions.get(launch.kernel)
        if function is None:
            function = self._module.get_function(launch.kernel)
            function.prepare([f"{ctypes.sizeof(launch.arguments)}s"])
            self._functions[launch.kernel] = function
        function.prepared_async_call(launch.grid, launch.block, stream, bytes(launch.arguments))
