"""ONNX Runtime, which sends nothing: from 1.29 on it reports models and machines to its makers if it may."""

from __future__ import annotations

import os

# Read when ONNX Runtime is first imported. Its own function is too late: by then it has stored an identifier.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime

__all__ = ["onnxruntime"]
