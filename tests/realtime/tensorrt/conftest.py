"""The machine that the tests run on."""

from __future__ import annotations

import pytest

from .fakes import FakeMachine


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> FakeMachine:
    return FakeMachine.install(monkeypatch)
