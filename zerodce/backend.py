"""Loading TensorFlow without its log lines on the user's terminal."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from .errors import MissingPackageError


def load_tensorflow() -> None:
    """Make TensorFlow the Keras backend of this process, and import it silently.

    Raises:
        MissingPackageError: TensorFlow or Keras is not installed.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with _silent_stderr():
            importlib.import_module("tensorflow")
            importlib.import_module("keras")
    except ImportError as exc:
        remedy = "install the extra: pip install '.[train]'"
        if sys.version_info >= (3, 14):
            remedy = "TensorFlow does not come for Python 3.14 yet: train with one of 3.10 to 3.13"
        raise MissingPackageError(f"training needs TensorFlow and Keras ({exc}); {remedy}") from exc


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Drop what the process writes to stderr: TensorFlow's first lines come before it reads any setting."""
    saved = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
