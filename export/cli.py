"""The command `zerodce-export`.

Each command imports the libraries that it needs by itself, so that help is instant.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from zerodce.command_line import run

from .errors import ExportError
from .manifest import Manifest, Precision

app = typer.Typer(
    help="Turn a trained Keras network into ONNX files for the runner, each with a manifest beside it.",
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
    table = Table("file", "size", "max error", "mean error", "tolerance", title=f"Written to {out_dir}")
    for artefact in artefacts:
        manifest = artefact.manifest
        errors = (manifest.max_error, manifest.mean_error, manifest.tolerance)
        table.add_row(
            artefact.file_name, f"{len(artefact.data) / 1000:.0f} kB", *(f"{error:.1e}" for error in errors)
        )
    Console().print(table)


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
