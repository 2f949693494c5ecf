"""A part of the driver's library, without a GPU: graphs are lists of the work that was captured."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from .fake_cuda import FakeCuda


class FakeLibrary:
    """The functions of `libcuda.so.1` that CUDA graphs take.

    Attributes:
        live: How many graphs are ready to be launched.
        graphs: How many recordings were not destroyed.
        status: What launching one returns.
    """

    def __init__(self, cuda: FakeCuda) -> None:
        self._cuda = cuda
        self.status = 0
        self._graphs: dict[int, list[Callable[[], object]]] = {}
        self.live = self.graphs = 0

    def cuStreamBeginCapture_v2(self, stream: ctypes.c_void_p, mode: int) -> int:  # noqa: N802
        assert mode == 1
        if not self._cuda.capturable:
            return 900
        self._cuda.stream_of(stream.value or 0).captured = []
        return 0

    def cuStreamEndCapture(self, stream: ctypes.c_void_p, graph: Any) -> int:  # noqa: N802
        fake = self._cuda.stream_of(stream.value or 0)
        self._graphs[len(self._graphs) + 1] = fake.captured or []
        graph._obj.value = len(self._graphs)
        fake.captured = None
        self.graphs += 1
        return 0

    def cuGraphInstantiateWithFlags(self, executable: Any, graph: Any, flags: Any) -> int:  # noqa: N802
        assert flags.value == 0
        executable._obj.value = graph.value
        self.live += 1
        return 0

    def cuGraphDestroy(self, graph: Any) -> int:  # noqa: N802
        assert graph.value in self._graphs
        self.graphs -= 1
        return 0

    def cuGraphExecDestroy(self, executable: Any) -> int:  # noqa: N802
        assert executable.value in self._graphs
        self.live -= 1
        return 0

    def cuGraphLaunch(self, executable: Any, stream: ctypes.c_void_p) -> int:  # noqa: N802
        self._cuda.calls["cuGraphLaunch"] += 1
        if self.status:
            return self.status
        fake = self._cuda.stream_of(stream.value or 0)
        for work in self._graphs[executable.value]:
            fake.put(work)
        return 0

    def cuGetErrorString(self, status: int, text: Any) -> int:  # noqa: N802
        text._obj.value = f"reason {status}".encode()
        return 0
