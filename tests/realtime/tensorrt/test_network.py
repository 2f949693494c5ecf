"""The fake of TensorRT promises no more than TensorRT holds, and the real one refuses what is no engine."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from export.engine_files import engine_key
from export.manifest import Manifest
from export.tensorrt_api import TensorRT
from realtime.errors import DeviceError
from realtime.estimator import find_model
from realtime.tensorrt.graph import CudaGraph

from . import fake_tensorrt
from .fake_cuda import LaunchError
from .fakes import GPU, Device, EngineNetwork, FakeMachine
from .films import OPTIONS, at_once, film

RECORDED = Path(__file__).parents[2] / "export" / "tensorrt" / "api.jsonl"
CLASSES = (fake_tensorrt.Runtime, fake_tensorrt.ICudaEngine, fake_tensorrt.IExecutionContext)


@pytest.mark.parametrize(
    "recorded", [json.loads(line) for line in RECORDED.open()], ids=lambda recorded: recorded["version"]
)
@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_version_has_what_the_fake_has(recorded: dict, kind: type) -> None:
    promised = {name for name in vars(kind) if not name.startswith("_")}
    assert promised
    assert promised <= set(recorded["names"][kind.__name__])


@pytest.mark.parametrize("plan", [b"", b"no engine", bytes(4096)], ids=["empty", "short", "zeros"])
def test_what_is_no_engine_is_refused_by_tensorrt_itself(plan: bytes) -> None:
    api = pytest.importorskip("tensorrt_rtx_bindings", reason="TensorRT for RTX is for Linux on x86-64")
    tensorrt = TensorRT.of(api, "tensorrt_rtx")
    key = engine_key(Manifest.read(find_model("context")), 256, tensorrt, GPU)
    with pytest.raises(DeviceError, match="TensorRT cannot load the engine: "):
        EngineNetwork(tensorrt, plan, key)


def test_tensorrt_for_rtx_is_to_compile_for_the_size_before_a_graph_is_recorded(machine: FakeMachine) -> None:
    real = pytest.importorskip("tensorrt_rtx_bindings", reason="TensorRT for RTX is for Linux on x86-64")
    assert hasattr(real.ICudaEngine, "create_runtime_config")
    assert hasattr(real.IRuntimeConfig, "dynamic_shapes_kernel_specialization_strategy")
    configs = []

    class Engine(fake_tensorrt.ICudaEngine):
        def create_runtime_config(self) -> SimpleNamespace:
            return SimpleNamespace()

        def create_execution_context(self, config: SimpleNamespace) -> object:  # type: ignore[override]
            configs.append(vars(config))
            return super().create_execution_context()

    api = machine.tensorrt
    api.DynamicShapesKernelSpecializationStrategy = real.DynamicShapesKernelSpecializationStrategy
    api.Engine = Engine
    at_once(machine.open(OPTIONS), film(2))
    eager = real.DynamicShapesKernelSpecializationStrategy.EAGER
    assert configs == [{"dynamic_shapes_kernel_specialization_strategy": eager}]


def test_a_capture_ends_where_what_is_captured_fails(machine: FakeMachine) -> None:
    def fail() -> bool:
        raise LaunchError("cuLaunchKernel failed")

    device = Device()
    with device.current():
        stream = device.stream()
        with pytest.raises(LaunchError):
            CudaGraph.record(fail, stream)
        stream.synchronize()  # not to be called while it captures
        assert CudaGraph.record(lambda: False, stream) is None
        stream.synchronize()
    assert machine.library.graphs == 0
