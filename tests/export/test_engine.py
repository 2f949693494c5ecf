"""The real parser and builder of TensorRT for RTX, which need no GPU, take what we give them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from export import engine_files
from export.cli import app
from export.engine import build_engine, describe_layers, engine_profiles
from export.engine_files import cached_engine, given_engine, write_engine
from export.engine_manifest import read_engine
from export.errors import EngineError, ManifestError, NoGpuError, OutputError
from export.fp16_from_fp32 import fp16_from_fp32
from export.gpu import Gpu
from export.manifest import manifest_path
from export.tensorrt_api import TensorRT
from realtime.curves.map_geometry import MapGeometry
from realtime.estimator import find_model, shipped_models

from ..realtime.tiny_model import tiny_network, write_model
from .fake_driver import FakeDriver, without_driver

api = pytest.importorskip("tensorrt_rtx_bindings", reason="TensorRT for RTX is for Linux on x86-64")
RTX = TensorRT.of(api, "tensorrt_rtx")
ORIN = Gpu("Orin", (8, 7), (12, 6))


class Phases:
    """Notes the phases of a build; fails at a step if told to."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.seen: list[str] = []
        self.under_way = 0
        self._error = error

    def start(self, phase: str, steps: int) -> None:
        assert steps > 0
        self.seen.append(phase)
        self.under_way += 1

    def advance(self, phase: str) -> None:
        assert phase in self.seen
        if self._error is not None:
            raise self._error

    def finish(self, phase: str) -> None:
        assert phase in self.seen
        self.under_way -= 1


@contextmanager
def shown() -> Iterator[Phases]:
    yield Phases()


def half_precision(model: Path) -> onnx.ModelProto:
    return fp16_from_fp32(onnx.load(str(model)))


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small model, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return write_model(tmp_path / "tiny.onnx", tiny_network(stride=4))


@pytest.mark.parametrize("name", shipped_models())
def test_the_models_that_ship_build_in_half_precision(name: str) -> None:
    phases = Phases()
    stride = 4 if name == "context" else 1
    graph = half_precision(find_model(name)).SerializeToString()
    built = build_engine(RTX, graph, engine_profiles(256, stride), progress=phases)
    assert len(built.plan) > 100_000
    assert "Building engine" in phases.seen
    assert phases.under_way == 0


def test_precisions_that_are_mixed_are_caught(tiny: Path) -> None:
    graph = half_precision(tiny)
    bias = next(tensor for tensor in graph.graph.initializer if tensor.name.endswith("bias"))
    bias.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(bias).astype("float32"), bias.name))
    with pytest.raises(
        EngineError,
        match=r"not accept the ONNX graph: .* type Half but .* type Float.*; export the model again",
    ):
        build_engine(RTX, graph.SerializeToString(), engine_profiles(64, 4))


def test_what_is_no_graph_is_refused() -> None:
    with pytest.raises(EngineError, match="TensorRT does not accept the ONNX graph"):
        build_engine(RTX, b"no graph", engine_profiles(64, 1))


def test_a_graph_with_another_input_is_refused() -> None:
    picture = helper.make_tensor_value_info("photo", TensorProto.FLOAT16, [1, 3, "height", "width"])
    result = helper.make_tensor_value_info("curves", TensorProto.FLOAT16, [1, 3, "height", "width"])
    graph = helper.make_graph([helper.make_node("Relu", ["photo"], ["curves"])], "g", [picture], [result])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(EngineError, match="TensorRT cannot "):
        build_engine(RTX, model.SerializeToString(), engine_profiles(64, 1))


def test_ctrl_c_ends_a_build(tiny: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        build_engine(
            RTX,
            half_precision(tiny).SerializeToString(),
            engine_profiles(64, 4),
            progress=Phases(KeyboardInterrupt()),
        )


def test_an_engine_that_does_not_load_is_no_crash() -> None:
    with pytest.raises(EngineError, match="cannot load the engine"):
        describe_layers(RTX, b"no plan")


@given(
    width=st.integers(1, 8000),
    height=st.integers(1, 8000),
    map_size=st.integers(16, 512),
    stride=st.integers(1, 8),
)
def test_every_picture_fits_a_profile(width: int, height: int, map_size: int, stride: int) -> None:
    profile = engine_profiles(map_size, stride)[height > width]
    sides = MapGeometry.of((width, height), map_size, stride, 1, "rational").image_size_wh[::-1]
    for low, side, high in zip(profile.smallest[2:], sides, profile.largest[2:], strict=True):
        assert low <= side <= high


def test_the_best_size_is_that_of_common_video() -> None:
    landscape, portrait = engine_profiles(256, 4)
    assert landscape.best[2:] == MapGeometry.of((2048, 1152), 256, 4, 1, "rational").image_size_wh[::-1]
    assert portrait.best[2:] == MapGeometry.of((1152, 2048), 256, 4, 1, "rational").image_size_wh[::-1]


def test_an_engine_is_built_once_and_found_again(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cached_engine(tiny, 64, RTX, ORIN, shown)
    monkeypatch.setattr(engine_files, "build_engine", None)
    again = cached_engine(tiny, 64, RTX, ORIN, shown)
    assert again == first
    assert read_engine(first.path) == (first.plan, first.manifest)
    key = first.manifest.key
    assert (key.gpu, key.compute_capability, key.version) == ("Orin", "8.7", RTX.version)
    assert first.path.parent == tiny.parent / "cache" / "zerodce-realtime" / "engines"


def other_model(model: Path) -> dict[str, object]:
    write_model(model, tiny_network(stride=4, seed=1))
    return {}


@pytest.mark.parametrize(
    "change",
    [
        lambda model: {"gpu": Gpu("Thor", (11, 0), (13, 0))},
        lambda model: {"tensorrt": TensorRT(api, "tensorrt_rtx", "1.8.0")},
        lambda model: {"tensorrt": TensorRT(api, "tensorrt", RTX.version)},
        lambda model: {"map_size": 96},
        other_model,
    ],
    ids=["GPU", "version", "flavour", "size", "model"],
)
@pytest.mark.filterwarnings("ignore:Use Deprecated in TensorRT-RTX")  # its timing cache is a no-op
def test_an_engine_for_something_else_is_not_taken(tiny: Path, change) -> None:
    first = cached_engine(tiny, 64, RTX, ORIN, shown)
    here = {"map_size": 64, "tensorrt": RTX, "gpu": ORIN} | change(tiny)
    other = cached_engine(tiny, here["map_size"], here["tensorrt"], here["gpu"], shown)
    assert other.path != first.path
    assert first.path.exists()


@pytest.mark.parametrize("damage", ["truncated", "no manifest", "manifest"])
def test_a_damaged_engine_is_built_again(tiny: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    first = cached_engine(tiny, 64, RTX, ORIN, shown)
    match damage:
        case "truncated":
            first.path.write_bytes(first.plan[:-1])
        case "no manifest":
            manifest_path(first.path).unlink()
        case "manifest":
            manifest_path(first.path).write_text("{}")
    with pytest.raises(EngineError, match="build"):
        read_engine(first.path)
    again = cached_engine(tiny, 64, RTX, ORIN, shown)
    assert again.manifest.key == first.manifest.key
    assert read_engine(again.path)[0] == again.plan
    assert "build" in caplog.text


def test_a_manifest_that_claims_another_key_is_not_believed(tiny: Path) -> None:
    first = cached_engine(tiny, 64, RTX, ORIN, shown)
    replace(first.manifest, key=replace(first.manifest.key, gpu="Thor")).write(first.path)
    again = cached_engine(tiny, 64, RTX, ORIN, shown)
    assert again.manifest.key.gpu == "Orin"


def test_a_given_engine_for_another_machine_is_refused(tiny: Path, tmp_path: Path) -> None:
    target = tmp_path / "tiny.engine"
    write_engine(tiny, target, 64, RTX, ORIN, shown)
    assert given_engine(target, RTX, ORIN).plan == target.read_bytes()
    complaint = (
        rf"tiny\.engine was built for tensorrt_rtx {RTX.version} on 'Orin' \(8\.7\), "
        r"and this is tensorrt 10\.13 on 'Thor' \(11\.0\); build it here"
    )
    with pytest.raises(EngineError, match=complaint):
        given_engine(target, TensorRT(api, "tensorrt", "10.13"), Gpu("Thor", (11, 0), (13, 0)))


@pytest.fixture
def on_orin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("export.gpu.find_gpu", lambda: ORIN)
    monkeypatch.setattr("export.tensorrt_api.load_tensorrt", lambda: RTX)


@pytest.mark.usefixtures("on_orin")
def test_the_command_builds_where_the_runner_looks(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(app, ["engine", str(tiny), "--map-size", "64"])
    assert result.exit_code == 0, result.output
    assert f"for tensorrt_rtx {RTX.version} on 'Orin' (8.7)" in result.stdout
    monkeypatch.setattr(engine_files, "build_engine", None)
    assert str(cached_engine(tiny, 64, RTX, ORIN, shown).path) in result.stdout


@pytest.mark.usefixtures("on_orin")
def test_everything_is_made_of_a_trained_network(keras_file: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["all", str(keras_file), str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    name = keras_file.stem
    files = {path.name for path in (tmp_path / "out").iterdir()}
    artefacts = {f"{name}.onnx", f"{name}.fp16.onnx", f"{name}.engine"}
    assert files == artefacts | {f"{artefact}.json" for artefact in artefacts}
    assert given_engine(tmp_path / "out" / f"{name}.engine", RTX, ORIN).manifest.key.model == name


def test_without_a_driver_the_command_writes_nothing(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_driver(monkeypatch)
    before = sorted(tiny.parent.iterdir())
    result = CliRunner().invoke(app, ["engine", str(tiny), str(tiny.parent / "tiny.engine")])
    assert isinstance(result.exception, NoGpuError)
    assert sorted(tiny.parent.iterdir()) == before


@pytest.mark.parametrize("command", ["engine", "all"])
def test_for_a_gpu_that_tensorrt_for_rtx_does_not_run_on_nothing_is_written(
    command: str, tiny: Path, keras_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeDriver(name="H100", compute_capability=(9, 0)).install(monkeypatch)
    monkeypatch.setattr(
        "export.tensorrt_api.find_spec", lambda name: name if name == "tensorrt_rtx" else None
    )
    before = sorted(tiny.parent.rglob("*"))
    arguments = {
        "engine": [str(tiny)],  # where the runner looks
        "all": [str(keras_file), str(tiny.parent / "out")],
    }
    result = CliRunner().invoke(app, [command, *arguments[command]])
    assert isinstance(result.exception, EngineError)
    assert "TensorRT for RTX does not run on H100" in str(result.exception)
    assert sorted(tiny.parent.rglob("*")) == before


def test_nothing_is_replaced_unasked(tiny: Path, tmp_path: Path) -> None:
    target = tmp_path / "tiny.engine"
    target.write_text("mine")
    with pytest.raises(OutputError, match=r"tiny\.engine exists; add --overwrite"):
        write_engine(tiny, target, 64, RTX, ORIN, shown)
    assert target.read_text() == "mine"


def test_a_model_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.onnx").write_bytes(b"other")
    with pytest.raises(ManifestError, match=r"cannot read .*other\.onnx\.json"):
        write_engine(tmp_path / "other.onnx", tmp_path / "o.engine", 64, RTX, ORIN, shown)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.onnx"]
