"""From a Keras model to ONNX files: build in memory, verify, and only then write."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx

from .errors import ManifestError, OutputError
from .fp16_from_fp32 import fp16_from_fp32
from .keras_archive import read_keras_archive
from .manifest import Manifest, Precision, manifest_path, sha256_hex
from .network_from_keras import network_from_keras
from .numpy_reference import reference_curves
from .onnx_from_network import OPSET, onnx_from_network
from .verification import FP16_TOLERANCE, FP32_TOLERANCE, onnx_curves, sample_image, verify

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A verified file, not written yet, and its manifest."""

    file_name: str
    data: bytes
    manifest: Manifest


def fp32_artefact(model: Path, name: str) -> Artefact:
    """Convert a Keras model to FP32 ONNX, and hold it against the same network in NumPy float64.

    Args:
        model: A .keras file.
        name: Name of the artefact, without a suffix.

    Raises:
        ArchiveError: The file cannot be read as a Keras model.
        UnsupportedNetworkError: The network cannot be exported.
        VerificationError: The ONNX model computes something else.
    """
    archive = read_keras_archive(model)
    network = network_from_keras(archive)
    log.info("%s: %d parameters, Keras %s", model, network.parameters, archive.keras_version)
    data = _serialised(onnx_from_network(network))
    file_name = f"{name}.onnx"
    image = sample_image()
    agreement = verify(file_name, onnx_curves(data, image), reference_curves(network, image), FP32_TOLERANCE)
    return Artefact(
        file_name=file_name,
        data=data,
        manifest=Manifest(
            model=name,
            precision="fp32",
            sha256=sha256_hex(data),
            source_sha256=archive.sha256,
            parameters=network.parameters,
            opset=OPSET,
            producers={"keras": archive.keras_version}
            | {package: _version(package) for package in ("zerodce-realtime", "onnx", "onnxruntime")},
            max_error=agreement.max_error,
            mean_error=agreement.mean_error,
            tolerance=agreement.tolerance,
            map_stride=network.map_stride,
            curve=network.curve,
            maps=network.maps,
        ),
    )


def fp16_artefact(fp32: Artefact) -> Artefact:
    """Convert an FP32 ONNX artefact to FP16, and hold it against the former.

    Raises:
        PrecisionError: A weight is too large for FP16.
        VerificationError: The precision costs more accuracy than is tolerable.
    """
    data = _serialised(fp16_from_fp32(onnx.load_from_string(fp32.data)))
    file_name = f"{fp32.manifest.model}.fp16.onnx"
    image = sample_image()
    agreement = verify(file_name, onnx_curves(data, image), onnx_curves(fp32.data, image), FP16_TOLERANCE)
    return Artefact(
        file_name=file_name,
        data=data,
        manifest=replace(
            fp32.manifest,
            precision="fp16",
            sha256=sha256_hex(data),
            source_sha256=fp32.manifest.sha256,
            **agreement._asdict(),
        ),
    )


def export_onnx(
    model: Path, out_dir: Path, name: str, precisions: Sequence[Precision], *, overwrite: bool = False
) -> list[Artefact]:
    """Write a Keras model as ONNX files with their manifests.

    A file of the other precision that lies there already, and was made from another network, is mentioned.

    Args:
        model: A .keras file.
        out_dir: Where to write; it is made if it is missing.
        name: Name of the artefacts, without a suffix.
        precisions: Which artefacts to write.
        overwrite: Replace files that exist.

    Returns:
        What was written, in the order of `precisions`.

    Raises:
        ExportError: Anything went wrong; nothing was written.
    """
    fp32 = fp32_artefact(model, name)
    artefacts = [fp32 if precision == "fp32" else fp16_artefact(fp32) for precision in precisions]
    write_artefacts(artefacts, out_dir, overwrite=overwrite)
    for path in (out_dir / f"{name}.onnx", out_dir / f"{name}.fp16.onnx"):
        if path.name not in [artefact.file_name for artefact in artefacts] and _is_of_another(path, fp32):
            log.warning(
                "%s was there before and is of another network; add --precision both, or remove it", path
            )
    return artefacts


def write_artefacts(artefacts: Sequence[Artefact], out_dir: Path, *, overwrite: bool = False) -> None:
    """Write artefacts and their manifests, all or none of them.

    Raises:
        OutputError: A file exists and is not to be replaced, or the place cannot be written to.
    """
    targets = [out_dir / artefact.file_name for artefact in artefacts]
    try:
        existing = [path for target in targets for path in (target, manifest_path(target)) if path.exists()]
        if existing and not overwrite:
            raise OutputError(f"{existing[0]} exists; add --overwrite to replace it, or choose another name")
        out_dir.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".export-", dir=out_dir) as staging:
            staged = [Path(staging, artefact.file_name) for artefact in artefacts]
            for path, artefact in zip(staged, artefacts, strict=True):
                path.write_bytes(artefact.data)
                artefact.manifest.write(path)
            for path, target in zip(staged, targets, strict=True):
                path.replace(target)
                manifest_path(path).replace(manifest_path(target))
    except OSError as exc:
        raise OutputError(
            f"cannot write to {out_dir} ({exc.strerror}); choose another folder or name"
        ) from exc


def _is_of_another(path: Path, fp32: Artefact) -> bool:
    """Whether a file lies there that is neither this FP32 artefact nor made from it."""
    try:
        manifest = Manifest.read(path)
    except ManifestError:
        return path.exists()
    return fp32.manifest.sha256 not in (manifest.sha256, manifest.source_sha256)


def _serialised(model: onnx.ModelProto) -> bytes:
    """Return the bytes of an ONNX file, the same ones every time: its checksum identifies the model."""
    return bytes(model.SerializeToString(deterministic=True))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # ours, run from a checkout
        return "unknown"
