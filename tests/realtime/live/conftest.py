"""What all tests of live video go by."""

from __future__ import annotations

import pytest

from realtime.live import source as source_module


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sources that are lost be opened again soon."""
    monkeypatch.setattr(source_module, "_FIRST_PAUSE_S", 0.01)
