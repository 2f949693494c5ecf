"""The names of TensorRT's API that are used exist in every version that is supported.

`tensorrt/api.jsonl` holds the names of real bindings; `tensorrt/record_api.py` says how they were read.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from export.engine import creation_flags
from export.errors import EngineError, NoGpuError
from export.gpu import Gpu, find_gpu
from export.tensorrt_api import TensorRT, load_tensorrt, unsupported_gpu

from .fake_driver import FakeDriver, without_driver

RECORDED = [json.loads(line) for line in (Path(__file__).parent / "tensorrt" / "api.jsonl").open()]

# Runtime names are those of `realtime.tensorrt`, too.
USED = {
    "Builder": (
        "build_serialized_network", "create_builder_config", "create_network", "create_optimization_profile",
    ),
    "EngineInspector": ("get_engine_information",),
    "IBuilderConfig": (
        "add_optimization_profile", "create_timing_cache", "get_timing_cache", "profiling_verbosity",
        "set_flag", "set_memory_pool_limit", "set_timing_cache",
    ),
    "ICudaEngine": (
        "create_engine_inspector", "create_execution_context", "get_tensor_dtype", "get_tensor_mode",
        "get_tensor_name", "num_io_tensors", "num_optimization_profiles",
    ),
    "IExecutionContext": (
        "execute_async_v3", "get_tensor_shape", "set_input_shape", "set_optimization_profile_async",
        "set_tensor_address",
    ),
    "ILogger": ("ERROR", "INTERNAL_ERROR", "log"),
    "IOptimizationProfile": ("set_shape",),
    "ITimingCache": ("serialize",),
    "LayerInformationFormat": ("JSON",),
    "MemoryPoolType": ("WORKSPACE",),
    "OnnxParser": ("get_error", "num_errors", "parse"),
    "ProfilingVerbosity": ("DETAILED",),
    "Runtime": ("deserialize_cuda_engine",),
}  # fmt: skip


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded["version"])
def test_the_names_used_exist(recorded: dict[str, dict[str, list[str]]]) -> None:
    names = recorded["names"]
    assert {
        f"{kind}.{name}" for kind, used in USED.items() for name in used if name not in names[kind]
    } == set()


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded["version"])
def test_what_only_some_versions_have_is_where_it_is_taken_for_granted(recorded: dict) -> None:
    names, major = recorded["names"], int(recorded["version"].split(".")[0])
    assert ("STRONGLY_TYPED" in names["NetworkDefinitionCreationFlag"]) is (major >= 10)
    assert ("IProgressMonitor" in names) is (major >= 10)
    if major < 10:
        assert "EXPLICIT_BATCH" in names["NetworkDefinitionCreationFlag"]
        assert "FP16" in names["BuilderFlag"]
    else:
        assert {"phase_start", "step_complete", "phase_finish"} <= set(names["IProgressMonitor"])
        assert "progress_monitor" in names["IBuilderConfig"]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"EXPLICIT_BATCH": 0}, 1 << 0),  # 8.6
        ({"EXPLICIT_BATCH": 0, "STRONGLY_TYPED": 1}, 1 << 1),  # 10
        ({"STRONGLY_TYPED": 0}, 1 << 0),  # 11
    ],
)
def test_networks_are_typed_strongly_wherever_that_is_known(flags: dict[str, int], expected: int) -> None:
    api = SimpleNamespace(__version__="0", NetworkDefinitionCreationFlag=SimpleNamespace(**flags))
    assert creation_flags(TensorRT.of(api, "tensorrt")) == expected


def test_a_missing_tensorrt_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("export.tensorrt_api.PACKAGES", ("no_such_tensorrt",))
    with pytest.raises(EngineError, match=r"TensorRT is not installed; pip install tensorrt, as docs"):
        load_tensorrt()


def test_a_tensorrt_that_does_not_load_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_tensorrt.py").write_text("raise ImportError('libnvinfer.so.10: not found')")
    monkeypatch.syspath_prepend(tmp_path)
    FakeDriver().install(monkeypatch)
    monkeypatch.setattr("export.tensorrt_api.PACKAGES", ("broken_tensorrt",))
    with pytest.raises(EngineError, match=r"broken_tensorrt is installed but does not load \(libnvinfer"):
        load_tensorrt()


def test_the_first_of_the_packages_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeDriver().install(monkeypatch)
    monkeypatch.setattr(json, "__version__", "1.2.3", raising=False)
    monkeypatch.setattr("export.tensorrt_api.PACKAGES", ("no_such_tensorrt", "json"))
    assert load_tensorrt() == TensorRT(json, "json", "1.2.3")


def install(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    """Have these packages and no other TensorRT, as far as can be told without importing them."""
    monkeypatch.setattr("export.tensorrt_api.find_spec", lambda name: name if name in packages else None)


@pytest.mark.parametrize("capability", [(8, 0), (8, 6), (8, 9), (12, 0), (12, 1), (13, 0)])
def test_tensorrt_for_rtx_takes_the_gpus_that_its_engines_run_on(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int]
) -> None:
    install(monkeypatch, "tensorrt_rtx")
    assert unsupported_gpu(Gpu("RTX", capability, (13, 0))) is None


@pytest.mark.parametrize("capability", [(6, 1), (7, 0), (7, 5), (8, 7), (9, 0), (10, 0), (10, 3), (11, 0)])
def test_tensorrt_for_rtx_is_not_imported_for_other_gpus(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int]
) -> None:
    FakeDriver(name="Other", compute_capability=capability).install(monkeypatch)
    install(monkeypatch, "tensorrt_rtx")
    monkeypatch.setattr("export.tensorrt_api.import_module", None)
    complaint = (
        r"^TensorRT for RTX does not run on Other \(compute capability {}\.{}\); "
        r"pip install tensorrt in place of tensorrt-rtx, as docs/gpu\.md says$"
    ).format(*capability)
    with pytest.raises(EngineError, match=complaint):
        load_tensorrt()


@pytest.mark.parametrize("packages", [("tensorrt",), ("tensorrt", "tensorrt_rtx")])
@pytest.mark.parametrize("capability", [(7, 5), (8, 7), (9, 0), (11, 0), (12, 0)])
def test_tensorrt_takes_every_gpu_and_goes_first(
    monkeypatch: pytest.MonkeyPatch, packages: tuple[str, ...], capability: tuple[int, int]
) -> None:
    install(monkeypatch, *packages)
    monkeypatch.setattr("export.tensorrt_api.import_module", lambda _: SimpleNamespace(__version__="10.16"))
    FakeDriver(compute_capability=capability).install(monkeypatch)
    assert unsupported_gpu(find_gpu()) is None
    assert load_tensorrt().flavour == "tensorrt"


def test_without_a_driver_nothing_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    without_driver(monkeypatch)
    install(monkeypatch, "tensorrt")
    monkeypatch.setattr("export.tensorrt_api.import_module", None)
    with pytest.raises(NoGpuError, match="no NVIDIA driver"):
        load_tensorrt()


def test_the_gpus_that_the_builder_can_name_are_those_that_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    api = pytest.importorskip("tensorrt_rtx_bindings", reason="TensorRT for RTX is for Linux on x86-64")
    named = {name.removeprefix("SM") for name in api.ComputeCapability.__members__ if name.startswith("SM")}
    capabilities = {(int(digits[:-1]), int(digits[-1])) for digits in named}
    install(monkeypatch, "tensorrt_rtx")
    refused = {each for each in capabilities if unsupported_gpu(Gpu("RTX", each, (13, 0)))}
    assert refused == {(7, 5)}  # its engines have to be asked for
