"""What can be set, saved and judged on the page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ...waiting import wait_until
from ..preview import Visitor, pixels_of, serving
from .chromium import NEEDS_CHROMIUM, PHONE, Opener
from .painter import BEFORE, GAIN, HEIGHT, WIDTH
from .picture import line, wait_for_colours

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

pytestmark = NEEDS_CHROMIUM


def test_sliders_change_the_pixels_here_and_on_every_other_page(open_page: Opener, visitor: Visitor) -> None:
    page, other = open_page(visitor), open_page(visitor, PHONE)
    page.get_by_role("slider", name="Strength").press("Home")
    for each in (page, other):
        wait_for_colours(each, {10: BEFORE, 90: BEFORE})
        sync_api.expect(each.locator("#strength-value")).to_have_text("0 %")
    other.get_by_role("slider", name="Strength").fill("0.5")
    for each in (page, other):
        wait_for_colours(each, {10: BEFORE, 90: BEFORE + GAIN // 2})
    page.get_by_role("slider", name="Smoothing").fill("1.5")
    page.get_by_role("slider", name="Estimate").press("End")
    wait_until(lambda: visitor.session.settings.options.estimate_every == 16)
    assert visitor.session.settings.options.smoothing.seconds == 1.5
    sync_api.expect(other.locator("#every-value")).to_have_text("every 16 frames")
    page.get_by_role("slider", name="Estimate").press("Home")
    wait_until(lambda: visitor.session.settings.options.estimate_every == "auto")
    page.get_by_role("slider", name="Denoise").press("End")
    wait_until(lambda: visitor.session.settings.options.denoise)
    sync_api.expect(other.locator("#denoise-value")).to_have_text("on")
    places = {id(each): set() for each in (page, other)}
    for each in (page, other):  # both still move
        wait_until(lambda each=each: places[id(each)].add(line(each)) or len(places[id(each)]) > 3)


def test_a_snapshot_is_saved_in_full(open_page: Opener, visitor: Visitor) -> None:
    page = open_page(visitor)
    with page.expect_download() as download:
        page.get_by_role("link", name="Save a snapshot").click()
    assert download.value.suggested_filename.endswith(".png")
    pixels = pixels_of(Path(download.value.path()).read_bytes())
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert set(np.unique(pixels)) == {0, BEFORE + GAIN}


def test_the_picture_that_is_held_is_the_one_that_is_saved(open_page: Opener, visitor: Visitor) -> None:
    page = open_page(visitor)
    page.get_by_role("button", name="Hold").click()
    page.wait_for_timeout(500)
    with page.expect_download() as download:
        page.get_by_role("link", name="Save a snapshot").click()
    pixels = pixels_of(Path(download.value.path()).read_bytes())
    assert np.flatnonzero(pixels[0, :, 0] == 0)[0] == line(page)


def test_thumbs_are_kept(open_page: Opener, visitor: Visitor, folder: Path) -> None:
    page = open_page(visitor)
    page.get_by_role("button", name="Looks bad").click()
    sync_api.expect(page.locator("#thanks")).to_have_text("Kept, thank you")
    (record,) = folder.glob("*.json")
    assert json.loads(record.read_text())["verdict"] == "down"


def test_no_thumbs_unless_asked_for(chromium: sync_api.Browser) -> None:
    with serving() as visitor, chromium.new_context() as window:
        page = window.new_page()
        page.goto(visitor.sink.url)
        sync_api.expect(page.locator("#strength-value")).to_have_text("100 %")
        sync_api.expect(page.locator("#verdict")).to_be_hidden()
