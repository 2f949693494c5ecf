"""The folder of a training run: what it holds, and how a run is found again to go on."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import keras
import numpy as np

from .data import Split
from .errors import OutputError, ResumeError
from .files import make_folder, replacing, write_json
from .options import TrainingOptions

History = dict[str, list[float]]


class RunFolder:
    """The files of one run, by what they are for.

    Attributes:
        record: The options and which pictures, written at the start.
        history: Each loss of each epoch, written after each epoch.
        checkpoint: Weights and optimiser state, written after each epoch.
        history_plot: The losses, drawn at the end.
        weights: The network, written at the end with a card beside it.
        contact_sheet: Low, enhanced and reference pictures, drawn at the end if there are references.
    """

    def __init__(self, folder: Path, model_name: str = "zero-dce") -> None:
        self.folder = folder
        self.record = folder / "run.json"
        self.history = folder / "history.json"
        self.checkpoint = folder / "checkpoint.npz"
        self.history_plot = folder / "history.png"
        self.weights = folder / f"{model_name}.keras"
        self.contact_sheet = folder / "evaluation.png"

    def start(self, options: TrainingOptions, split: Split, *, overwrite: bool = False) -> None:
        """Create the folder and record what is run in it.

        Raises:
            OutputError: It holds a run that may not be overwritten, or cannot be written to.
        """
        if not overwrite and (self.checkpoint.exists() or self.weights.exists()):
            raise OutputError(
                f"{self.folder} already holds a run: continue it with --resume, replace it with --overwrite, "
                "or choose another folder with --out"
            )
        make_folder(self.folder)
        try:  # before the record: a checkpoint is never taken for that of another run
            self.checkpoint.unlink(missing_ok=True)
            self.contact_sheet.unlink(missing_ok=True)
        except OSError as exc:
            raise OutputError(f"cannot remove {exc.filename}: {exc.strerror}; choose another place") from exc
        write_json(self.record, _identity(options, split))

    def check_resumable(self, options: TrainingOptions, split: Split) -> None:
        """Check that the run in this folder has a checkpoint and is the one described.

        Raises:
            ResumeError: It has none, or was started with other options or pictures.
        """
        if not (self.record.exists() and self.checkpoint.exists()):
            raise ResumeError(f"nothing to resume in {self.folder}: leave --resume out to start a run there")
        recorded = self._read(self.record)
        for key, now in _identity(options, split).items():
            was = recorded.get(key)
            if was != now:
                raise ResumeError(
                    f"cannot resume the run in {self.folder}: its {key} was {was}, and now is {now}; "
                    "use the same options and pictures, or start anew with --overwrite"
                )

    def save(self, model: keras.Model, history: History) -> None:
        """Write the state after an epoch: a run that is interrupted at any moment can be resumed."""
        write_json(self.history, history)
        arrays = {str(index): variable.numpy() for index, variable in enumerate(_variables(model))}
        # In memory first: HDF5, which Keras would write, takes the process down where a disk is full.
        data = io.BytesIO()
        np.savez(data, allow_pickle=False, **arrays)
        with replacing(self.checkpoint) as partial:
            partial.write_bytes(data.getbuffer())

    def restore(self, model: keras.Model, steps_per_epoch: int) -> History:
        """Load weights and optimiser state into a compiled model whose optimiser is built.

        Returns:
            The history up to the checkpoint.

        Raises:
            ResumeError: The checkpoint or the history is damaged.
        """
        try:
            with np.load(self.checkpoint) as arrays:
                for index, variable in enumerate(_variables(model)):
                    variable.assign(arrays[str(index)])
        except (OSError, EOFError, ValueError, TypeError, KeyError, zipfile.BadZipFile, zlib.error) as exc:
            raise self._damaged(self.checkpoint, exc) from exc
        epochs = int(model.optimizer.iterations) // steps_per_epoch
        # The history is written first, so it may be an epoch ahead of the checkpoint.
        return {name: values[:epochs] for name, values in self._read(self.history).items()}

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(value, dict):
                raise ValueError("not a JSON object")
        except (OSError, ValueError) as exc:
            raise self._damaged(path, exc) from exc
        return value

    def _damaged(self, path: Path, why: Exception) -> ResumeError:
        return ResumeError(
            f"cannot resume the run in {self.folder}: {path.name}: {why}; start anew with --overwrite"
        )


def _variables(model: keras.Model) -> list[keras.Variable]:
    """Return what training changes: the weights, and what the optimiser remembers."""
    return [*model.weights, *model.optimizer.variables]


def _identity(options: TrainingOptions, split: Split) -> dict[str, Any]:
    """Describe what decides the weights after any given epoch, in words that an error message can use."""
    identity: dict[str, Any] = dataclasses.asdict(options)
    identity |= identity.pop("losses")
    if not options.decay:  # then more epochs only go further
        del identity["epochs"]
    names = b"\n".join(os.fsencode(path.name) for path in (*split.train, *split.validation))
    identity["list of pictures"] = hashlib.sha256(names).hexdigest()[:12]
    return identity
