"""Previews that are painted on, and windows of a real browser to see them in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..preview import Visitor, serving
from .chromium import CHROMIUM, DESK, Opener
from .painter import Painter

if TYPE_CHECKING:
    from playwright import sync_api


@pytest.fixture(scope="module")
def chromium() -> Iterator[sync_api.Browser]:
    sync_api = pytest.importorskip("playwright.sync_api")
    # As the administrator, Chromium runs only without its sandbox.
    sync_api.expect.set_options(timeout=20_000)  # for machines that are busy
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "feedback"


@pytest.fixture
def visitor(folder: Path) -> Iterator[Visitor]:
    with serving(feedback=folder) as visitor:
        painter = Painter(visitor)
        painter.start()
        yield visitor
        painter.stop()


@pytest.fixture
def open_page(chromium: sync_api.Browser) -> Iterator[Opener]:
    """Open a preview in a window of its own, and wait for its first frame."""
    windows = []

    def open_page(visitor: Visitor, kind: dict[str, object] = DESK) -> sync_api.Page:
        windows.append(chromium.new_context(**kind))
        page = windows[-1].new_page()
        page.goto(visitor.sink.url)
        page.wait_for_selector("#frame:not(.empty)")
        return page

    yield open_page
    for window in windows:
        window.close()
