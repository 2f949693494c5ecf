"""Before and after beside each other, with a divider to drag between them."""

from __future__ import annotations

import pytest

from ...waiting import wait_until
from ..preview import Visitor
from .chromium import NEEDS_CHROMIUM, PHONE, Opener
from .painter import BEFORE, GAIN
from .picture import drag, line, wait_for_colours

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

pytestmark = NEEDS_CHROMIUM


def test_the_divider_shows_both_sides_wherever_it_is_dragged(open_page: Opener, visitor: Visitor) -> None:
    page = open_page(visitor)
    after = BEFORE + GAIN
    wait_for_colours(page, {10: BEFORE, 45: BEFORE, 55: after, 90: after})
    drag(page, 0.5, 0.8)
    wait_for_colours(page, {10: BEFORE, 75: BEFORE, 85: after})
    split = page.get_by_role("slider", name="Divider between before and after")
    assert split.get_attribute("aria-valuenow") == "80"
    split.press("Home")
    wait_for_colours(page, {1: after, 99: after})
    split.press("End")
    wait_for_colours(page, {1: BEFORE, 99: BEFORE})
    split.press("Shift+ArrowLeft")
    wait_for_colours(page, {85: BEFORE, 95: after})
    assert split.get_attribute("aria-valuetext") == "90 % before"


def test_the_divider_moves_without_any_new_frame(open_page: Opener, visitor: Visitor) -> None:
    page = open_page(visitor)
    page.get_by_role("button", name="Hold").click()
    sync_api.expect(page.locator("#state")).to_have_text("Held")
    page.wait_for_timeout(300)
    held = line(page)
    drag(page, 0.5, 0.2)
    wait_for_colours(page, {15: BEFORE, 25: BEFORE + GAIN})
    assert line(page) == held
    page.get_by_role("button", name="Hold").click()
    wait_until(lambda: line(page) != held)


def test_comparing_can_be_turned_off(open_page: Opener, visitor: Visitor) -> None:
    page = open_page(visitor)
    page.get_by_role("button", name="Compare").click()
    wait_for_colours(page, {1: BEFORE + GAIN, 99: BEFORE + GAIN})
    sync_api.expect(page.get_by_role("slider", name="Divider")).to_be_hidden()
    page.get_by_role("button", name="Compare").click()
    wait_for_colours(page, {1: BEFORE, 99: BEFORE + GAIN})


def test_a_finger_moves_the_divider(open_page: Opener, visitor: Visitor) -> None:
    page = open_page(visitor, PHONE)
    box = page.locator("#frame").bounding_box()
    y = box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *shares: float) -> None:
        points = [{"x": box["x"] + share * box["width"], "y": y} for share in shares]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", 0.5)
    for share in (0.6, 0.7, 0.75):
        send("touchMove", share)
    send("touchEnd")
    wait_for_colours(page, {70: BEFORE, 80: BEFORE + GAIN})
