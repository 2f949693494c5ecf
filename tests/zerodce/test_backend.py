from __future__ import annotations

import importlib
import os
import sys

import pytest

from zerodce.backend import load_tensorflow
from zerodce.errors import MissingPackageError


@pytest.mark.parametrize(
    ("version", "remedy"),
    [((3, 13), "install the extra"), ((3, 14), r"TensorFlow .* train with one of 3\.10")],
)
def test_a_missing_package_is_named(
    version: tuple[int, int], remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", missing)
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(
        MissingPackageError, match=rf"TensorFlow and Keras \(No module named 'tensorflow'\); {remedy}"
    ):
        load_tensorflow()


def test_what_loading_says_stays_off_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib, "import_module", lambda name: os.write(2, b"noise\n"))
    load_tensorflow()
    os.write(2, b"signal\n")
    assert capfd.readouterr().err == "signal\n"
