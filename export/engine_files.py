"""Engines as files: in the cache of this machine, where the runner looks, or wherever they are wanted."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx

from .cache import cache_folder
from .engine import build_engine, describe_layers, engine_profiles
from .engine_callbacks import BuildProgress
from .engine_manifest import EngineKey, EngineManifest, read_engine
from .errors import EngineError, OutputError
from .fp16_from_fp32 import fp16_from_fp32
from .gpu import Gpu
from .manifest import Manifest, manifest_path, sha256_hex
from .tensorrt_api import TensorRT

log = logging.getLogger(__name__)

# Opens a display of a build.
ShowBuild = Callable[[], AbstractContextManager[BuildProgress]]


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that can run here.

    Attributes:
        path: Where it lies.
        plan: What TensorRT deserialises.
        manifest: What it was built from and for.
    """

    path: Path
    plan: bytes
    manifest: EngineManifest


def engine_key(manifest: Manifest, map_size: int, tensorrt: TensorRT, gpu: Gpu) -> EngineKey:
    """Return what an engine of a model depends on, on this machine."""
    return EngineKey(
        model=manifest.model,
        model_sha256=manifest.sha256,
        map_size=map_size,
        map_stride=manifest.map_stride,
        maps=manifest.maps,
        curve=manifest.curve,
        flavour=tensorrt.flavour,
        version=tensorrt.version,
        gpu=gpu.name,
        compute_capability="{}.{}".format(*gpu.compute_capability),
    )


def cached_engine(model: Path, map_size: int, tensorrt: TensorRT, gpu: Gpu, show: ShowBuild) -> Engine:
    """Find the engine of a model in the cache; build it if it is missing, damaged, or for something else.

    Args:
        model: An ONNX file of ours, FP32 or FP16, with its manifest.
        map_size: The long side of the largest small picture, in pixels.
        tensorrt: What builds, and is to run it.
        gpu: What it is to run on.
        show: Shows the build.

    Raises:
        ManifestError: The model is not one of ours.
        EngineError: The engine cannot be built.
    """
    key = engine_key(Manifest.read(model), map_size, tensorrt, gpu)
    path = cache_folder() / "engines" / key.file_name
    if path.exists():
        try:
            plan, manifest = read_engine(path)
        except EngineError as exc:
            log.warning("%s", exc)
        else:
            if manifest.key == key:
                return Engine(path, plan, manifest)
    log.info("building the engine of %s for %s, once; this can take some minutes", key.model, key.place)
    return write_engine(model, path, map_size, tensorrt, gpu, show, overwrite=True)


def given_engine(path: Path, tensorrt: TensorRT, gpu: Gpu) -> Engine:
    """Read an engine that the user names.

    Raises:
        EngineError: It is damaged, or was built for something else.
    """
    plan, manifest = read_engine(path)
    key = manifest.key
    here = replace(
        key,
        flavour=tensorrt.flavour,
        version=tensorrt.version,
        gpu=gpu.name,
        compute_capability="{}.{}".format(*gpu.compute_capability),
    )
    if key != here:
        raise EngineError(
            f"{path} was built for {key.place}, and this is {here.place}; "
            "build it here: zerodce-export engine MODEL.onnx"
        )
    return Engine(path, plan, manifest)


def write_engine(
    model: Path,
    target: Path,
    map_size: int,
    tensorrt: TensorRT,
    gpu: Gpu,
    show: ShowBuild,
    *,
    overwrite: bool = False,
    workspace_bytes: int = 1 << 28,
    layers: Path | None = None,
) -> Engine:
    """Build the engine of a model, and write it with its manifest, both or neither.

    Args:
        model: An ONNX file of ours, FP32 or FP16, with its manifest.
        target: Where to write.
        map_size: The long side of the largest small picture, in pixels.
        tensorrt: What builds.
        gpu: What it is for: the GPU of this machine.
        show: Shows the build.
        overwrite: Replace files that exist.
        workspace_bytes: Scratch memory that a layer may use on the device.
        layers: Where to write TensorRT's account of the layers, as JSON, if at all.

    Raises:
        ManifestError: The model is not one of ours.
        OutputError: A file exists and is not to be replaced, or the place cannot be written to.
        EngineError: The engine cannot be built.
    """
    for path in (target, manifest_path(target), *([] if layers is None else [layers])):
        if path.exists() and not overwrite:
            raise OutputError(f"{path} exists; add --overwrite to replace it, or choose another name")
    manifest = Manifest.read(model)
    key = engine_key(manifest, map_size, tensorrt, gpu)
    profiles = engine_profiles(map_size, manifest.map_stride)
    timings = cache_folder() / f"timings-{key.flavour}-{key.version}-{key.compute_capability}.cache"
    with show() as progress:
        built = build_engine(
            tensorrt,
            _half_precision(model, manifest),
            profiles,
            workspace_bytes=workspace_bytes,
            timing_cache=_bytes_of(timings),
            progress=progress,
        )
    report = None if layers is None else describe_layers(tensorrt, built.plan)
    described = EngineManifest(
        key=key,
        sha256=sha256_hex(built.plan),
        shapes=[[list(shape) for shape in profile] for profile in profiles],
    )
    try:
        if layers is not None and report is not None:
            layers.write_text(report + "\n", encoding="utf-8")
        _write(target, built.plan, described)
    except OSError as exc:
        raise OutputError(f"cannot write {exc.filename} ({exc.strerror}); choose another place") from exc
    with suppress(OSError):  # it saves time, and that is all
        timings.parent.mkdir(parents=True, exist_ok=True)
        timings.write_bytes(built.timing_cache)
    return Engine(target, built.plan, described)


def _half_precision(model: Path, manifest: Manifest) -> bytes:
    """Return a model as one that computes in FP16."""
    if manifest.precision == "fp16":
        return model.read_bytes()
    return bytes(fp16_from_fp32(onnx.load(str(model))).SerializeToString())


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _write(target: Path, plan: bytes, manifest: EngineManifest) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".engine-", dir=target.parent) as staging:
        staged = Path(staging, target.name)
        staged.write_bytes(plan)
        manifest.write(staged)
        staged.replace(target)
        manifest_path(staged).replace(manifest_path(target))
