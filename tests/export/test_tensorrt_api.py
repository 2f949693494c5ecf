"""The names of TensorRT's API that are used exist in every version that is supported.

`tensorrt/api.jsonl` holds the names of real bindings; `tensorrt/record_api.py` says how they were read.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from export.engine import creation_flags
from export.errors import EngineError
from export.tensorrt_api import TensorRT, load_tensorrt

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
    monkeypatch.setattr("export.tensorrt_api.PACKAGES", ("broken_tensorrt",))
    with pytest.raises(EngineError, match=r"broken_tensorrt is installed but does not load \(libnvinfer"):
        load_tensorrt()


def test_the_first_of_the_packages_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "__version__", "1.2.3", raising=False)
    monkeypatch.setattr("export.tensorrt_api.PACKAGES", ("no_such_tensorrt", "json"))
    assert load_tensorrt() == TensorRT(json, "json", "1.2.3")
