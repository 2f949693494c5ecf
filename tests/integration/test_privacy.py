"""Nothing is said about the user, the machine or the model to anybody."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from .command import contents, enhance


def test_no_library_leaves_an_identifier_behind_to_report_under(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, folder = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    folder.mkdir()
    Image.new("RGB", (32, 24), (20, 20, 20)).save(folder / "in.png")
    monkeypatch.setenv("HOME", str(home))
    # ONNX Runtime reports nothing where the first are set, and must not without them either.
    for name in ("CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    result = enhance("in.png", "out.png", folder=folder)
    assert result.returncode == 0, result.stderr
    assert contents(home) == {}
