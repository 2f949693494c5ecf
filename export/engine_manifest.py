"""What a TensorRT engine was built from and for, as JSON beside it.

A plan runs with the TensorRT and on the GPU that it was built for, and there is no way to ask a plan. So it
is deserialised only if its manifest says that it fits.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from .errors import EngineError
from .manifest import Curve, manifest_path, sha256_hex

FORMAT_VERSION = 1

# Long side of the small pictures that the network sees, in pixels, unless said otherwise.
DEFAULT_MAP_SIZE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineKey:
    """All that an engine depends on: engines of equal keys can stand in for each other.

    Attributes:
        model: Name of the model, such as `context`.
        model_sha256: Checksum of the ONNX file that the engine is made from.
        map_size: The long side of the largest small picture, in pixels.
        map_stride: Side of a curve-map cell, in pixels of the small picture.
        maps: Of each colour.
        curve: What maps do to a picture.
        precision: Number format of the weights and of the arithmetic; inputs and outputs are float32.
        flavour: `tensorrt` or `tensorrt_rtx`.
        version: Version of that.
        gpu: Name of the GPU.
        compute_capability: Of the GPU, such as `8.7`.
    """

    model: str
    model_sha256: str
    map_size: int
    map_stride: int
    maps: int
    curve: Curve
    precision: Literal["fp16"] = "fp16"
    flavour: str
    version: str
    gpu: str
    compute_capability: str

    @property
    def file_name(self) -> str:
        """The name under which the engine is kept; another key has another name."""
        digest = sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
        return f"{self.model}-{digest[:20]}.engine"

    @property
    def place(self) -> str:
        """Where such an engine runs, in words."""
        return f"{self.flavour} {self.version} on '{self.gpu}' ({self.compute_capability})"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineManifest:
    """Describe one engine.

    Attributes:
        key: What it depends on.
        sha256: Checksum of the plan.
        shapes: The smallest, the best and the largest input of each optimisation profile, NCHW.
    """

    key: EngineKey
    sha256: str
    shapes: list[list[list[int]]]

    def write(self, engine: Path) -> Path:
        """Write the manifest beside an engine, and return its path."""
        path = manifest_path(engine)
        text = json.dumps({"format_version": FORMAT_VERSION, **asdict(self)}, indent=2) + "\n"
        path.write_text(text, encoding="utf-8")
        return path


def read_engine(path: Path) -> tuple[bytes, EngineManifest]:
    """Read an engine that is whole; whether it can run here is for `EngineKey` to tell.

    Args:
        path: The engine; its manifest lies beside it.

    Returns:
        The plan and its manifest.

    Raises:
        EngineError: One of the two is missing or damaged, or they do not belong together.
    """
    beside = manifest_path(path)
    try:
        plan, text = path.read_bytes(), beside.read_bytes()
    except OSError as exc:
        raise EngineError(
            f"cannot read {exc.filename} ({exc.strerror}); build the engine: zerodce-export engine MODEL.onnx"
        ) from exc
    try:
        fields = json.loads(text)
        if fields.pop("format_version") != FORMAT_VERSION:
            raise ValueError("its format is of another version of this program")
        manifest = EngineManifest(key=EngineKey(**fields.pop("key")), **fields)
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        raise EngineError(f"{beside} is damaged ({exc}); build the engine again") from exc
    if sha256_hex(plan) != manifest.sha256:
        raise EngineError(
            f"{path} is truncated or not the engine that {beside.name} describes; build it again"
        )
    return plan, manifest
