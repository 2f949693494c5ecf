"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import json
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


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and move what was written there into place when all went well.

    Raises:
        OutputError: The file cannot be written.
    """
    partial = path.with_name(f".partial-{path.name}")  # the suffix stays: writers choose the format by it
    try:
        yield partial
        partial.replace(path)
    except OSError as exc:
        raise OutputError(f"cannot write {path}: {exc.strerror or exc}; choose another place") from exc
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON; raises OutputError when that cannot be done."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    with replacing(path) as partial:  # bytes of file names that are no UTF-8 become the escapes that JSON has
        partial.write_text(text, encoding="utf-8", errors="backslashreplace")
