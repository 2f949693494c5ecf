"""TensorFlow loaded once, without its log lines: some benchmarks need what training needs."""

from __future__ import annotations

from zerodce.backend import load_tensorflow

load_tensorflow()
