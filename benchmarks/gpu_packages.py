"""What a Python needs to measure and test on a GPU. Standard library only."""

from __future__ import annotations

from importlib.util import find_spec

# By the names that they are imported by.
_NEEDED = ("av", "numba", "numpy", "onnx", "onnxruntime", "pycuda", "rich", "typer")


def missing_packages(*more: str) -> list[str]:
    """Return which of them are not installed; TensorRT and PyTorch may be missing, and are not asked for."""
    return [name for name in (*_NEEDED, *more) if find_spec(name) is None]
