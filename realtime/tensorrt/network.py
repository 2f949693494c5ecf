"""The network on the device: an engine, run by TensorRT."""

from __future__ import annotations

from typing import Any, Protocol

from export.engine_callbacks import Callbacks
from export.engine_manifest import EngineKey
from export.manifest import COLOURS, INPUT_NAME, OUTPUT_NAME, Curve
from export.tensorrt_api import TensorRT

from ..curves.map_geometry import MapGeometry
from ..errors import DeviceError
from .graph import CudaGraph


class Network(Protocol):
    """Turns small pictures into curve maps, both on the device. Used within `Device.current`.

    Attributes:
        map_stride: Side of a curve-map cell, in pixels of the small picture.
        maps: Of each colour.
        curve: What maps do to a picture.
    """

    map_stride: int
    maps: int
    curve: Curve

    def bind(self, geometry: MapGeometry, image: int, curves: int, stream: Any) -> None:
        """Settle the sizes and the memory, and get ready.

        Args:
            geometry: Of the frames.
            image: Address of (1, 3, image height, image width) float32, RGB in [0, 1].
            curves: Address of (1, 3·maps, curves height, curves width) float32, to be written.
            stream: What it is run on, from now on.
        """

    def run(self) -> None:
        """Put an estimate on the stream."""

    def close(self) -> None:
        """Free what it holds; may be called again."""


class EngineNetwork:
    """A TensorRT engine; see `Network`. Its work is replayed as a CUDA graph where that can be recorded."""

    def __init__(self, tensorrt: TensorRT, plan: bytes, key: EngineKey) -> None:
        """Load an engine.

        Args:
            tensorrt: What runs it, the same that built it.
            plan: The engine; it was checked to be whole, and built for this machine.
            key: What the engine was built from.

        Raises:
            DeviceError: TensorRT does not load it.
        """
        self.map_stride, self.maps, self.curve = key.map_stride, key.maps, key.curve
        # Freed in reverse: the callbacks must outlive what knows them.
        self._callbacks = Callbacks.of(tensorrt.api)
        self._runtime = tensorrt.api.Runtime(self._callbacks.logger)
        self._engine = self._loaded(self._runtime.deserialize_cuda_engine(plan), "load the engine")
        self._context = self._loaded(self._new_context(tensorrt.api), "make room to run the engine")
        names = {self._engine.get_tensor_name(index) for index in range(self._engine.num_io_tensors)}
        if names != {INPUT_NAME, OUTPUT_NAME}:
            raise DeviceError(f"the engine has the tensors {', '.join(sorted(names))}; it is not one of ours")
        self._graph: CudaGraph | None = None
        self._stream: Any = None

    def bind(self, geometry: MapGeometry, image: int, curves: int, stream: Any) -> None:
        """See `Network`."""
        self._forget_graph()
        self._stream = stream
        (width, height), (curves_width, curves_height) = geometry.image_size_wh, geometry.curves_size_wh
        context = self._context
        portrait = min(int(height > width), self._engine.num_optimization_profiles - 1)
        size = f"pictures of {width}×{height}"
        self._require(context.set_optimization_profile_async(portrait, stream.handle), size)
        self._require(context.set_input_shape(INPUT_NAME, (1, 3, height, width)), size)
        made = tuple(context.get_tensor_shape(OUTPUT_NAME))
        if made != (1, COLOURS * self.maps, curves_height, curves_width):
            raise DeviceError(f"the engine makes other maps than expected of {size}; build it again")
        self._require(context.set_tensor_address(INPUT_NAME, image), size)
        self._require(context.set_tensor_address(OUTPUT_NAME, curves), size)
        self._require(self._enqueue(), size)  # the first run allocates, which cannot be recorded
        stream.synchronize()
        self._graph = CudaGraph.record(self._enqueue, stream)
        if self._graph is None:
            self._callbacks.logger.errors.clear()  # what is said of it is no reason for what may fail later

    def run(self) -> None:
        """See `Network`."""
        if self._graph is None:
            self._require(self._enqueue(), "a picture")
        else:
            self._graph.launch(self._stream)

    def close(self) -> None:
        """See `Network`."""
        self._forget_graph()
        self._context = self._engine = self._runtime = self._stream = None

    def _new_context(self, api: Any) -> Any:
        """Have TensorRT for RTX compile kernels for the size at once, and not use others until it has.

        They would be what a graph records.
        """
        strategies = getattr(api, "DynamicShapesKernelSpecializationStrategy", None)
        if strategies is None:
            return self._engine.create_execution_context()
        config = self._loaded(self._engine.create_runtime_config(), "configure the engine")
        config.dynamic_shapes_kernel_specialization_strategy = strategies.EAGER
        return self._engine.create_execution_context(config)

    def _enqueue(self) -> bool:
        return bool(self._context.execute_async_v3(self._stream.handle))

    def _forget_graph(self) -> None:
        if self._graph is not None:
            self._graph.free()
            self._graph = None

    def _loaded(self, made: Any, what: str) -> Any:
        if made is None:
            raise DeviceError(f"TensorRT cannot {what}: {self._callbacks.reason}")
        return made

    def _require(self, done: bool, what: str) -> None:
        if not done:
            raise DeviceError(f"TensorRT cannot run the network on {what}: {self._callbacks.reason}")
