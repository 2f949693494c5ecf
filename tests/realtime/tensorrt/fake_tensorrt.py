"""As much of TensorRT's API as the runner uses: plans are ONNX files, run by ONNX Runtime on the CPU."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from export.onnx_runtime import onnxruntime

from .fake_cuda import FakeCuda

__version__ = "10.13.3"


class NetworkDefinitionCreationFlag:
    STRONGLY_TYPED = 1


class ILogger:
    ERROR, INTERNAL_ERROR, WARNING = "error", "internal error", "warning"

    def log(self, severity: str, message: str) -> None:
        raise NotImplementedError


class FakeTensorRT:
    """Stands for the module `tensorrt`.

    Attributes:
        enqueued: How often a network was put on a stream.
        fails_at: The so-manieth time that fails, and all after it.
        refuses: The method of contexts that returns False, if any.
        has_room: Whether there is memory to run an engine.
        Engine: What engines are.
    """

    ILogger = ILogger
    NetworkDefinitionCreationFlag = NetworkDefinitionCreationFlag
    __version__ = __version__

    def __init__(self, cuda: FakeCuda) -> None:
        self.cuda = cuda
        self.enqueued = 0
        self.fails_at: int | None = None
        self.refuses = ""
        self.has_room = True
        self.Engine = ICudaEngine

    def Runtime(self, logger: Any) -> Runtime:  # noqa: N802
        return Runtime(self, logger)


class Runtime:
    def __init__(self, api: FakeTensorRT, logger: Any) -> None:
        self._api, self._logger = api, logger

    def deserialize_cuda_engine(self, plan: bytes) -> ICudaEngine | None:
        try:
            session = onnxruntime.InferenceSession(plan, providers=["CPUExecutionProvider"])
        except Exception:  # noqa: BLE001 - ONNX Runtime's errors have no other base
            self._logger.log(ILogger.WARNING, "a warning")
            self._logger.log(ILogger.ERROR, "magic tag does not match")
            return None
        return self._api.Engine(self._api, session, self._logger)


class ICudaEngine:
    num_optimization_profiles = 2

    def __init__(self, api: FakeTensorRT, session: onnxruntime.InferenceSession, logger: Any) -> None:
        self._api, self._session, self._logger = api, session, logger
        self._names = [tensor.name for tensor in (*session.get_inputs(), *session.get_outputs())]

    @property
    def num_io_tensors(self) -> int:
        return len(self._names)

    def get_tensor_name(self, index: int) -> str:
        return self._names[index]

    def create_execution_context(self) -> IExecutionContext | None:
        if not self._api.has_room:
            self._logger.log(ILogger.ERROR, "out of memory")
            return None
        return IExecutionContext(self._api, self._session, self._logger)


class IExecutionContext:
    def __init__(self, api: FakeTensorRT, session: onnxruntime.InferenceSession, logger: Any) -> None:
        self._api, self._session, self._logger = api, session, logger
        self._addresses: dict[str, int] = {}
        self._shape: tuple[int, ...] = ()
        self._profile = -1

    def set_optimization_profile_async(self, index: int, stream: int) -> bool:
        self._api.cuda.stream_of(stream)
        self._profile = index
        return self._accepts("set_optimization_profile_async")

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        assert name == "image"
        self._shape = shape
        if self._profile != int(shape[2] > shape[3]) or max(shape) > 1000:
            self._logger.log(ILogger.ERROR, "shape out of range")
            return False
        return self._accepts("set_input_shape")

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        image = np.zeros(self._shape, np.float32)
        (curves,) = self._session.run([name], {"image": image})
        return tuple(curves.shape)

    def set_tensor_address(self, name: str, address: int) -> bool:
        assert address % 256 == 0
        self._addresses[name] = address
        return self._accepts("set_tensor_address")

    def execute_async_v3(self, stream: int) -> bool:
        self._api.enqueued += 1
        if self._api.fails_at is not None and self._api.enqueued >= self._api.fails_at:
            self._logger.log(ILogger.ERROR, "enqueue failed")
            return False
        self._api.cuda.stream_of(stream).put(self._run)
        return True

    def _accepts(self, method: str) -> bool:
        if self._api.refuses == method:
            self._logger.log(ILogger.ERROR, f"{method} refused")
        return self._api.refuses != method

    def _run(self) -> None:
        size = int(np.prod(self._shape))
        floats = (ctypes.c_float * size).from_address(self._addresses["image"])
        image = np.frombuffer(floats, np.float32).reshape(self._shape)
        (curves,) = self._session.run(["curves"], {"image": image})
        ctypes.memmove(self._addresses["curves"], np.ascontiguousarray(curves).ctypes.data, curves.nbytes)
