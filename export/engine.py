"""Build a TensorRT engine from an FP16 ONNX graph, for a range of picture sizes.

One path serves TensorRT 10 and 11 and TensorRT for RTX: the network is strongly typed, so that all precision
is the graph's. TensorRT 8 knows no such networks; there the builder is allowed FP16 instead.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .engine_callbacks import BuildProgress, Callbacks
from .errors import EngineError
from .manifest import COLOURS, INPUT_NAME
from .tensorrt_api import TensorRT

log = logging.getLogger(__name__)

Shape = tuple[int, int, int, int]


class Profile(NamedTuple):
    """Input shapes, NCHW: the smallest, the one to be fastest at, and the largest."""

    smallest: Shape
    best: Shape
    largest: Shape


@dataclass(frozen=True, slots=True)
class BuiltEngine:
    """What the builder made.

    Attributes:
        plan: The serialised engine.
        timing_cache: What was measured while building, to be used again on the same machine.
    """

    plan: bytes
    timing_cache: bytes


def engine_profiles(map_size: int, map_stride: int) -> tuple[Profile, Profile]:
    """Return the sizes to build for: landscape first, then portrait.

    The runner shows the network small pictures of up to `map_size` pixels, in whole cells of `map_stride`,
    mirrored beyond each side over two cells, or four pixels.
    """
    border = 2 * max(map_stride, 2)
    smallest, short, long = (
        -(-side // map_stride) * map_stride + 2 * border for side in (1, map_size * 9 // 16, map_size)
    )

    def shape(height: int, width: int) -> Shape:
        return 1, COLOURS, height, width

    ends = shape(smallest, smallest), shape(long, long)
    return (
        Profile(ends[0], shape(short, long), ends[1]),
        Profile(ends[0], shape(long, short), ends[1]),
    )


def build_engine(
    tensorrt: TensorRT,
    graph: bytes,
    profiles: Sequence[Profile],
    *,
    workspace_bytes: int = 1 << 28,
    timing_cache: bytes = b"",
    progress: BuildProgress | None = None,
) -> BuiltEngine:
    """Build an engine. TensorRT other than that for RTX needs the GPU that it is for.

    Args:
        tensorrt: What builds.
        graph: A serialised ONNX model that computes in FP16, see `fp16_from_fp32`.
        profiles: The sizes of pictures that it is to take.
        workspace_bytes: Scratch memory that a layer may use on the device.
        timing_cache: What an earlier build returned, or nothing.
        progress: Shown the phases of the build.

    Raises:
        EngineError: TensorRT does not accept the graph, or cannot build it here.
    """
    callbacks = Callbacks.of(tensorrt.api, progress)
    # What TensorRT calls must outlive its objects, down to their destructors: those live in `_build`.
    built = _build(tensorrt, graph, profiles, workspace_bytes, timing_cache, callbacks)
    if callbacks.monitor is not None and callbacks.monitor.interruption is not None:
        raise callbacks.monitor.interruption
    if built is None:
        raise EngineError(f"TensorRT cannot build the engine: {callbacks.reason}")
    return built


def _build(
    tensorrt: TensorRT,
    graph: bytes,
    profiles: Sequence[Profile],
    workspace_bytes: int,
    timing_cache: bytes,
    callbacks: Callbacks,
) -> BuiltEngine | None:
    """Build an engine; None where the builder gives up or is interrupted."""
    api = tensorrt.api
    try:
        builder = api.Builder(callbacks.logger)
    except (TypeError, RuntimeError) as exc:  # what the bindings make of a null pointer
        raise EngineError(f"TensorRT does not start here: {callbacks.reason}") from exc
    network = _made(builder.create_network(creation_flags(tensorrt)), "make a network", callbacks)
    _parse(api, network, graph, callbacks)
    config = _made(builder.create_builder_config(), "make a configuration", callbacks)
    config.set_memory_pool_limit(api.MemoryPoolType.WORKSPACE, workspace_bytes)
    config.profiling_verbosity = api.ProfilingVerbosity.DETAILED
    if not tensorrt.is_strongly_typed:
        config.set_flag(api.BuilderFlag.FP16)
    for profile in profiles:
        _add_profile(builder, config, profile, callbacks)
    if tensorrt.has_timing_cache:
        _use_timings(config, timing_cache, callbacks)
    if callbacks.monitor is not None:
        config.progress_monitor = callbacks.monitor
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        return None
    used = config.get_timing_cache() if tensorrt.has_timing_cache else None
    return BuiltEngine(bytes(plan), b"" if used is None else bytes(used.serialize()))


def describe_layers(tensorrt: TensorRT, plan: bytes) -> str:
    """Return TensorRT's own account of an engine's layers, as JSON. It takes the GPU.

    Raises:
        EngineError: The engine does not load.
    """
    callbacks = Callbacks.of(tensorrt.api)
    layers = _describe(tensorrt.api, plan, callbacks)
    if layers is None:
        raise EngineError(f"TensorRT cannot load the engine that it has built: {callbacks.reason}")
    return layers


def _describe(api: Any, plan: bytes, callbacks: Callbacks) -> str | None:
    runtime = api.Runtime(callbacks.logger)
    engine = runtime.deserialize_cuda_engine(plan)
    if engine is None:
        return None
    return str(engine.create_engine_inspector().get_engine_information(api.LayerInformationFormat.JSON))


def creation_flags(tensorrt: TensorRT) -> int:
    """Return the flags of a network; their numbers differ between versions, so they are looked up by name."""
    flag = tensorrt.api.NetworkDefinitionCreationFlag
    name = "STRONGLY_TYPED" if tensorrt.is_strongly_typed else "EXPLICIT_BATCH"
    return 1 << int(getattr(flag, name))


def _parse(api: Any, network: Any, graph: bytes, callbacks: Callbacks) -> None:
    parser = api.OnnxParser(network, callbacks.logger)
    if not parser.parse(graph):
        reason = parser.get_error(0).desc().splitlines() if parser.num_errors else [callbacks.reason]
        raise EngineError(
            f"TensorRT does not accept the ONNX graph: {' '.join(reason[:2])}; export the model again"
        )


def _add_profile(builder: Any, config: Any, profile: Profile, callbacks: Callbacks) -> None:
    shapes = _made(builder.create_optimization_profile(), "make an optimisation profile", callbacks)
    shapes.set_shape(INPUT_NAME, *profile)  # it raises where it refuses, and returns nothing
    index = config.add_optimization_profile(shapes)
    _made(index >= 0, "take the optimisation profile", callbacks)


def _use_timings(config: Any, timing_cache: bytes, callbacks: Callbacks) -> None:
    """Have the builder use what was measured before; start anew if that was with something else."""
    cache = config.create_timing_cache(timing_cache)
    if cache is not None and config.set_timing_cache(cache, ignore_mismatch=False):
        return
    log.info("the timing cache is of another TensorRT or another GPU, and is made anew")
    callbacks.logger.errors.clear()  # what is said of it is no reason for what may fail later
    empty = _made(config.create_timing_cache(b""), "make a timing cache", callbacks)
    _made(config.set_timing_cache(empty, ignore_mismatch=False), "use a timing cache", callbacks)


def _made(result: Any, what: str, callbacks: Callbacks) -> Any:
    """Return what a call made; raise if it is None or False, since TensorRT does not raise by itself."""
    if result is None or result is False:
        raise EngineError(f"TensorRT cannot {what}: {callbacks.reason}")
    return result
