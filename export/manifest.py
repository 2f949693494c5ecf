"""The manifest: what an artefact is and what it was made from, as JSON beside it.

Standard library only, so that the runner can read manifests without any exporter's dependency.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from .errors import ManifestError
from .last_layer import last_layer

Precision: TypeAlias = Literal["fp32", "fp16"]
# What a map A does to a value x. Quadratic: x + A·(x² − x), one map of each colour after the other. Rational,
# of a single map: x / (x + ratio·(1 − x)) with ratio = (1 + RATIONAL_REACH·A)².
Curve: TypeAlias = Literal["quadratic", "rational"]

FORMAT_VERSION = 2

# The contract of every artefact, in one place; the manifest repeats it for readers in other languages.
INPUT_NAME = "image"
OUTPUT_NAME = "curves"
COLOURS = 3
RATIONAL_REACH = 0.9
# The full-size passes are compiled for each number of them.
MOST_MAPS = 16
# By name, the layers whose maps are not for quadratic curves.
_CURVE_OF_LAYER: dict[str, Curve] = {"rational_curves": "rational"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Describe one artefact: its contract, its origin, and how closely it was verified.

    Attributes:
        model: Name of the model, such as `zero-dce`.
        precision: Number format of the weights and of the arithmetic; inputs and outputs are float32 in both.
        sha256: Checksum of the artefact, hexadecimal.
        source_sha256: Checksum of the file that the artefact was made from: the .keras file for FP32, the
            FP32 ONNX file for FP16.
        parameters: Number of weights.
        opset: Version of the ONNX operator set.
        producers: Version of each program that took part, by name.
        max_error: Largest difference between the curve maps of the artefact and of its source.
        mean_error: Mean of the same.
        tolerance: What `max_error` was allowed to be.
        map_stride: Side of a curve-map cell, in pixels of the network's input.
        curve: What maps do to a picture.
        maps: Of each colour, up to 16; the output has three channels (R, G, B) for each in turn.
        input_name: Name of the input tensor.
        input_layout: Axes of the input and of the output.
        input_range: Range of the input's values.
        colour_order: Order of the input's channels.
        output_name: Name of the output tensor.
    """

    model: str
    precision: Precision
    sha256: str
    source_sha256: str
    parameters: int
    opset: int
    producers: dict[str, str]
    max_error: float
    mean_error: float
    tolerance: float
    map_stride: int
    curve: Curve
    maps: int
    input_name: str = INPUT_NAME
    input_layout: Literal["NCHW"] = "NCHW"
    input_range: Literal["0..1"] = "0..1"
    colour_order: Literal["RGB"] = "RGB"
    output_name: str = OUTPUT_NAME

    def __post_init__(self) -> None:
        """Reject what no reader of the manifest could follow."""
        if not isinstance(self.model, str) or self.model != Path(self.model).name:
            raise ValueError(f"model is {self.model!r}, not a plain file name")  # engines are named after it
        if not isinstance(self.sha256, str) or len(self.sha256) != 64:
            raise ValueError(f"sha256 is {self.sha256!r}, not 64 hexadecimal digits")
        for name, allowed in (
            ("precision", ("fp32", "fp16")),
            ("input_layout", ("NCHW",)),
            ("input_range", ("0..1",)),
            ("colour_order", ("RGB",)),
            ("curve", ("quadratic", "rational")),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is {getattr(self, name)!r}, not one of {', '.join(allowed)}")
        for name in ("map_stride", "maps"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:  # True is an int, too
                raise ValueError(f"{name} is {value!r}, not a positive whole number")
        if self.maps > most_maps(self.curve):
            raise ValueError(
                f"maps is {self.maps}, and more than {most_maps(self.curve)} of {self.curve} curves"
            )

    def as_json(self) -> str:
        """Return the manifest as the text of its file."""
        return json.dumps({"format_version": FORMAT_VERSION, **asdict(self)}, indent=2) + "\n"

    def write(self, artefact: Path) -> Path:
        """Write the manifest beside an artefact, and return its path."""
        path = manifest_path(artefact)
        path.write_text(self.as_json(), encoding="utf-8")
        return path

    @classmethod
    def read(cls, artefact: Path) -> Manifest:
        """Read the manifest of an artefact, and check that it is of this very file.

        Args:
            artefact: The ONNX file, not the manifest.

        Raises:
            ManifestError: The artefact or its manifest is missing or unreadable, the manifest is damaged or
                of a format that this version does not know, the checksums differ, or the maps are for curves
                of another kind.
        """
        path = manifest_path(artefact)
        manifest = cls._parse(path, _read(path, f"{artefact} cannot be used without its manifest"))
        data = _read(artefact, "there is no artefact to use")
        sha256 = sha256_hex(data)
        if sha256 != manifest.sha256:
            raise ManifestError(
                f"{artefact} is not the file that {path.name} describes (SHA-256 {sha256[:12]}... instead of "
                f"{manifest.sha256[:12]}...); copy both files again, or export the model again"
            )
        layer = last_layer(data, OUTPUT_NAME)
        if layer is not None and curve_of_layer(layer) != manifest.curve:
            raise ManifestError(
                f"{artefact} ends in the layer {layer!r}, whose curves are {curve_of_layer(layer)}, and not "
                f"{manifest.curve} as {path.name} says; export the model again"
            )
        return manifest

    @classmethod
    def _parse(cls, path: Path, text: bytes) -> Manifest:
        try:
            fields = json.loads(text)
            version = fields.pop("format_version")
        except (ValueError, AttributeError, TypeError, KeyError, RecursionError) as exc:
            raise ManifestError(f"{path} is damaged (not a JSON manifest); export the model again") from exc
        if version != FORMAT_VERSION:
            raise ManifestError(
                f"{path} has manifest format {version!r}, this program reads format {FORMAT_VERSION}; "
                "use the program's version that wrote it, or export the model again"
            )
        try:
            return cls(**fields)
        except (TypeError, ValueError) as exc:
            raise ManifestError(f"{path} is damaged ({exc}); export the model again") from exc


def curve_of_layer(name: str) -> Curve:
    """Return what the maps of a network do to a picture, told by the name of its last layer."""
    return _CURVE_OF_LAYER.get(name, "quadratic")


def most_maps(curve: Curve) -> int:
    """Return how many maps of each colour a network may yield."""
    return 1 if curve == "rational" else MOST_MAPS


def manifest_path(artefact: Path) -> Path:
    """Return where the manifest of an artefact lies: `zero-dce.onnx.json` for `zero-dce.onnx`."""
    return artefact.with_name(artefact.name + ".json")


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 checksum of some bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _read(path: Path, consequence: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise ManifestError(
            f"cannot read {path} ({reason}): {consequence}; export the model: zerodce-export onnx MODEL.keras"
        ) from exc
