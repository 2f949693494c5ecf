"""CUDA graphs: work on a stream, recorded once and started again by a single call.

PyCUDA has none, so that these are the driver's own functions. CUDA Driver API, "Graph Management" and
"Stream Management".
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable
from typing import Any

from export.gpu import driver_error, driver_library

from ..errors import DeviceError

log = logging.getLogger(__name__)

_SUCCESS = 0
_THREAD_LOCAL = 1  # CUstreamCaptureMode: other threads may go on using the device


class CudaGraph:
    """Recorded work. Used within `Device.current`; the addresses and shapes in it are fixed."""

    def __init__(self, driver: ctypes.CDLL, executable: ctypes.c_void_p) -> None:
        self._driver = driver
        self._executable = executable

    @classmethod
    def record(cls, enqueue: Callable[[], bool], stream: Any) -> CudaGraph | None:
        """Record what a function puts on a stream; none of it runs.

        Args:
            enqueue: Puts the work on the stream, and tells whether it could.
            stream: Not the default one.

        Returns:
            The graph; None where the work cannot be recorded, which is to be done call by call then.
        """
        try:
            driver = driver_library()
            begin, end = driver.cuStreamBeginCapture_v2, driver.cuStreamEndCapture
            instantiate = driver.cuGraphInstantiateWithFlags
        except (OSError, AttributeError) as exc:  # drivers older than CUDA 11.4
            return cls._without(str(exc))
        handle, graph, executable = ctypes.c_void_p(stream.handle), ctypes.c_void_p(), ctypes.c_void_p()
        status = begin(handle, _THREAD_LOCAL)
        if status != _SUCCESS:
            return cls._without(f"capture cannot begin (error {status})")
        enqueued = False
        try:
            enqueued = enqueue()
        finally:
            status = end(handle, ctypes.byref(graph))  # also after a failure, or the stream stays unusable
            if graph and not enqueued:
                driver.cuGraphDestroy(graph)
        if status != _SUCCESS or not enqueued or not graph:
            return cls._without(f"the work cannot be captured (error {status})")
        status = instantiate(ctypes.byref(executable), graph, ctypes.c_ulonglong(0))
        driver.cuGraphDestroy(graph)
        if status != _SUCCESS:
            return cls._without(f"the graph cannot be instantiated (error {status})")
        return cls(driver, executable)

    @staticmethod
    def _without(reason: str) -> CudaGraph | None:
        log.info("without CUDA graphs: %s", reason)
        return None

    def launch(self, stream: Any) -> None:
        """Start the work, in the order of a stream.

        Raises:
            DeviceError: The GPU failed.
        """
        status = self._driver.cuGraphLaunch(self._executable, ctypes.c_void_p(stream.handle))
        if status != _SUCCESS:
            reason = driver_error(self._driver, status)
            raise DeviceError(
                f"the GPU failed (cuGraphLaunch: {reason}); look at dmesg, or use --backend cpu"
            )

    def free(self) -> None:
        """Give it back."""
        self._driver.cuGraphExecDestroy(self._executable)
