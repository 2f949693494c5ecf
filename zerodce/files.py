"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import OutputError


def make_folder(folder: Path) -> None:
    """Create a folder and its parents where they are missing.

    Raises:
        OutputError: It cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise OutputError(f"cannot create the folder {folder}: {exc.strerror}; choose another place") from exc


def check_place(path: Path) -> None:
    """Say before long work, not after, that its result cannot be written.

    Raises:
        OutputError: No file can be written there.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        partial = _partial(path)
        partial.touch()
        partial.unlink()
    except OSError as exc:
        raise _not_written(path, exc) from exc


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and move what was written there into place when all went well.

    Raises:
        OutputError: The file cannot be written.
    """
    partial = _partial(path)
    try:
        yield partial
        partial.replace(path)
    except OSError as exc:
        raise _not_written(path, exc) from exc
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON; raises OutputError when that cannot be done."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    with replacing(path) as partial:  # bytes of file names that are no UTF-8 become the escapes that JSON has
        partial.write_text(text, encoding="utf-8", errors="backslashreplace")


def _partial(path: Path) -> Path:
    return path.with_name(f".partial-{path.name}")  # the suffix stays: writers choose the format by it


def _not_written(path: Path, why: OSError) -> OutputError:
    return OutputError(f"cannot write {path}: {why.strerror or why}; choose another place")
