from __future__ import annotations

import importlib
import os

import pytest

from zerodce.backend import load_tensorflow
from zerodce.errors import MissingPackageError


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(
        MissingPackageError, match=r"TensorFlow and Keras \(No module named 'tensorflow'\); install"
    ):
        load_tensorflow()


def test_what_loading_says_stays_off_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib, "import_module", lambda name: os.write(2, b"noise\n"))
    load_tensorflow()
    os.write(2, b"signal\n")
    assert capfd.readouterr().err == "signal\n"
