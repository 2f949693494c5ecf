"""The fake of TensorRT promises no more than TensorRT holds, and the real one refuses what is no engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from export.engine_files import engine_key
from export.manifest import Manifest
from export.tensorrt_api import TensorRT
from realtime.errors import DeviceError
from realtime.estimator import find_model

from . import fake_tensorrt
from .fakes import GPU, EngineNetwork

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
