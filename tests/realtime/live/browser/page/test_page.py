"""The page as a whole, in a real browser: it moves, fits every screen, loads cleanly, and outlives a run."""

from __future__ import annotations

import re

import pytest

from ...waiting import wait_until
from ..preview import Visitor, serving
from .chromium import NEEDS_CHROMIUM, PHONE, Opener
from .painter import HEIGHT, WIDTH, Painter
from .picture import drag, line

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

pytestmark = NEEDS_CHROMIUM


def test_the_picture_moves_and_the_figures_say_so(open_page: Opener, visitor: Visitor) -> None:
    page = open_page(visitor)
    places = set()
    wait_until(lambda: places.add(line(page)) or len(places) > 5)
    sync_api.expect(page.locator("#state")).to_have_text("Live")
    sync_api.expect(page.locator("#backend")).to_have_text("painter")
    sync_api.expect(page.locator("#fps")).to_have_text(re.compile(r"\d"))
    sync_api.expect(page.locator("#screen-p50")).to_have_text(re.compile(r"\d"))
    sync_api.expect(page.locator("#notice")).to_be_hidden()


VIEWPORTS = [(390, 844), (360, 640), (844, 390), (768, 1024), (1280, 800), (2560, 1080)]
CONTROLS = [
    ("slider", "Strength"),
    ("slider", "Smoothing"),
    ("slider", "Estimate"),
    ("slider", "Denoise"),
    ("slider", "Divider between before and after"),
    ("link", "Save a snapshot"),
    ("button", "Compare"),
    ("button", "Hold"),
    ("button", "Detail"),
    ("button", "Full screen"),
    ("button", "Looks good"),
    ("button", "Looks bad"),
]


def test_everything_has_a_name_and_fits_every_screen(open_page: Opener, visitor: Visitor) -> None:
    page = open_page(visitor, PHONE)
    for width, height in VIEWPORTS:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.documentElement.scrollHeight") <= height
        picture = page.locator("#frame").bounding_box()
        assert picture["width"] / picture["height"] == pytest.approx(WIDTH / HEIGHT, rel=0.02)
        assert picture["width"] * picture["height"] > 0.15 * width * height
        for role, name in CONTROLS:
            control = page.get_by_role(role, name=name)
            control.scroll_into_view_if_needed()
            box = control.bounding_box()
            assert box["x"] >= 0, (name, width)
            assert box["x"] + box["width"] <= width, (name, width)
            assert box["y"] + box["height"] <= height + 1, (name, width)
            assert box["height"] >= (28 if role == "slider" else 40), (name, width)


def test_nothing_fails_and_nothing_is_loaded_from_elsewhere(
    chromium: sync_api.Browser, visitor: Visitor
) -> None:
    requested: list[str] = []
    complaints: list[str] = []
    with chromium.new_context() as window:
        page = window.new_page()
        page.on("request", lambda request: requested.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(visitor.sink.url)
        page.wait_for_selector("#frame:not(.empty)")
        drag(page, 0.5, 0.6)
    assert len(requested) >= 5
    assert all(url.startswith(visitor.sink.url) for url in requested)
    assert complaints == []


def test_a_page_tells_the_end_and_comes_back_with_the_next_run(chromium: sync_api.Browser) -> None:
    page = chromium.new_page()
    with serving() as first:
        page.goto(first.sink.url)
        sync_api.expect(page.locator("#strength-value")).to_have_text("100 %")
    sync_api.expect(page.locator("#state")).to_have_text("Ended")
    page.wait_for_timeout(1200)  # it has tried to connect again meanwhile
    sync_api.expect(page.locator("#notice")).to_have_text("The run has ended.")
    with serving(f"http://127.0.0.1:{first.port}") as second:
        painter = Painter(second)
        painter.start()
        page.wait_for_selector("#frame:not(.empty)")
        sync_api.expect(page.locator("#state")).to_have_text("Live")
        painter.stop()
    page.close()


def test_a_page_that_is_one_too_many_says_so(
    chromium: sync_api.Browser, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.live.browser.application._MOST_CLIENTS", 0)
    with chromium.new_context() as window:
        page = window.new_page()
        page.goto(visitor.sink.url)
        sync_api.expect(page.locator("#notice")).to_have_text("Too many viewers. Trying again …")
        monkeypatch.undo()
        page.wait_for_selector("#frame:not(.empty)")


def test_a_picture_that_cannot_be_decoded_is_left_out(chromium: sync_api.Browser, visitor: Visitor) -> None:
    with chromium.new_context() as window:
        page = window.new_page()
        page.add_init_script("""
            const decode = createImageBitmap;
            createImageBitmap = () => {
                createImageBitmap = decode;
                return Promise.reject(new Error("no memory"));
            };
        """)
        page.goto(visitor.sink.url)
        page.wait_for_selector("#frame:not(.empty)")
