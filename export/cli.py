"""The command `zerodce-export`.

Each command imports the libraries that it needs by itself, so that help is instant.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from zerodce.command_line import run

from .engine_manifest import DEFAULT_MAP_SIZE
from .errors import ExportError, NoGpuError
from .manifest import Manifest, Precision

if TYPE_CHECKING:
    from .gpu import Gpu
    from .tensorrt_api import TensorRT

_WORKSPACE_MIB = 256

app = typer.Typer(
    help="Turn a trained Keras network into ONNX files and TensorRT engines, each with a manifest beside it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def onnx(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL.keras", help="The trained network.", show_default=False)
    ],
    out_dir: Annotated[
        Path | None,
        typer.Argument(metavar="OUT_DIR", help="Where to write; the model's folder if not given."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the files; the model's if not given.")
    ] = None,
    precision: Annotated[
        Literal["fp32", "fp16", "both"],
        typer.Option(help="Which to write: NAME.onnx, NAME.fp16.onnx, or both."),
    ] = "both",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
) -> None:
    """Write a Keras network as ONNX, FP32 and FP16, once each agrees with what it was made from."""
    from .artefacts import export_onnx

    name = model.stem if name is None else name
    if not name or Path(name).name != name:
        raise typer.BadParameter(f"{name!r} is not a plain file name", param_hint="--name")
    precisions: tuple[Precision, ...] = ("fp32", "fp16") if precision == "both" else (precision,)
    out_dir = model.parent if out_dir is None else out_dir
    artefacts = export_onnx(model, out_dir, name, precisions, overwrite=overwrite)
    table = Table(
        "file", "size", "max error", "mean error", "tolerance", title=escape(f"Written to {out_dir}")
    )
    for artefact in artefacts:
        manifest = artefact.manifest
        errors = (manifest.max_error, manifest.mean_error, manifest.tolerance)
        table.add_row(
            escape(artefact.file_name),
            f"{len(artefact.data) / 1000:.0f} kB",
            *(f"{error:.1e}" for error in errors),
        )
    Console().print(table)


@app.command()
def engine(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL.onnx", help="An exported network.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Argument(metavar="OUT.engine", help="Where to write; if not given, where the runner looks."),
    ] = None,
    map_size: Annotated[
        int, typer.Option(min=16, max=4096, metavar="PIXELS", help="As for zerodce-enhance.")
    ] = DEFAULT_MAP_SIZE,
    workspace: Annotated[
        int, typer.Option(min=1, metavar="MIB", help="Scratch memory that a layer may use on the GPU.")
    ] = _WORKSPACE_MIB,
    layers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write TensorRT's account of the layers, as JSON.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
) -> None:
    """Build the FP16 TensorRT engine of a network for the GPU of this machine."""
    _build(model, out, map_size, workspace, layers, overwrite=overwrite)


@app.command("all")
def everything(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL.keras", help="The trained network.", show_default=False)
    ],
    out_dir: Annotated[
        Path | None,
        typer.Argument(metavar="OUT_DIR", help="Where to write; the model's folder if not given."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
) -> None:
    """Write a Keras network as ONNX, FP32 and FP16, and as the engine for the GPU of this machine."""
    _gpu_and_tensorrt()  # nothing is to be written if the last step cannot be done
    onnx(model, out_dir, overwrite=overwrite)
    target = (model.parent if out_dir is None else out_dir) / f"{model.stem}.engine"
    _build(
        target.with_suffix(".fp16.onnx"), target, DEFAULT_MAP_SIZE, _WORKSPACE_MIB, None, overwrite=overwrite
    )


def _gpu_and_tensorrt() -> tuple[Gpu, TensorRT]:
    """Return what to build for, and with."""
    from .gpu import find_gpu
    from .tensorrt_api import load_tensorrt

    try:
        gpu = find_gpu()
    except NoGpuError as exc:
        raise NoGpuError(f"{exc}: an engine is built on the machine that it is for; see docs/gpu.md") from exc
    return gpu, load_tensorrt()


def _build(
    model: Path, out: Path | None, map_size: int, workspace: int, layers: Path | None, *, overwrite: bool
) -> None:
    from .build_progress import show_build
    from .cache import cache_folder
    from .engine_files import engine_key, write_engine

    gpu, tensorrt = _gpu_and_tensorrt()
    manifest = Manifest.read(model)
    key = engine_key(manifest, map_size, tensorrt, gpu)
    if out is None:
        out, overwrite = cache_folder() / "engines" / key.file_name, True
    written = write_engine(
        *(model, out, map_size, tensorrt, gpu, show_build),
        overwrite=overwrite,
        workspace_bytes=workspace << 20,
        layers=layers,
    )
    typer.echo(f"{written.path}: {len(written.plan) / 1e6:.1f} MB, for {key.place}")


@app.command()
def check(
    artefact: Annotated[
        Path, typer.Argument(metavar="MODEL.onnx", help="The file to check.", show_default=False)
    ],
) -> None:
    """Check that a file is the one that its manifest describes, and print the manifest."""
    typer.echo(Manifest.read(artefact).as_json(), nl=False)


def main() -> None:
    """Run the command line."""
    run(app, "zerodce-export", ExportError)
