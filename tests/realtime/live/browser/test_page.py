"""The page, in a real browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from realtime.live.frame import EnhancedFrame

from ..waiting import wait_until
from .preview import Visitor, pixels_of, serving

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium; on Debian: apt install chromium"),
]

WIDTH, HEIGHT, STEP = 320, 180, 8
BEFORE, GAIN = 40, 120
DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


class Painter(threading.Thread):
    """Shows a dark grey with a black line that moves on with every frame, made brighter as it is set."""

    def __init__(self, visitor: Visitor) -> None:
        super().__init__(daemon=True)
        self._visitor = visitor
        self._stopping = threading.Event()

    def run(self) -> None:
        number = 0
        while not self._stopping.wait(0.04):
            number += 1
            x = number * STEP % WIDTH
            original = np.full((HEIGHT, WIDTH, 3), BEFORE, np.uint8)
            enhanced = original + np.uint8(GAIN * self._visitor.session.settings.options.strength)
            for pixels in (original, enhanced):
                pixels[: HEIGHT // 2, x : x + STEP] = 0
            now_s = time.perf_counter()
            self._visitor.session.stats.frame_enhanced(
                0.01, size_wh=(WIDTH, HEIGHT), backend="painter", estimate_every=1
            )
            self._visitor.sink.show(
                EnhancedFrame(
                    original=av.VideoFrame.from_ndarray(original, "rgb24"),
                    enhanced=av.VideoFrame.from_ndarray(enhanced, "rgb24"),
                    captured_s=now_s,
                    time_s=now_s,
                )
            )

    def stop(self) -> None:
        self._stopping.set()
        self.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[sync_api.Browser]:
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


Opener = Callable[..., "sync_api.Page"]


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


def colours(page: sync_api.Page) -> list[int]:
    """Return the red of the lower half of the picture, from left to right in percent."""
    return page.evaluate(
        """() => {
            const canvas = document.getElementById("canvas");
            const { data } = canvas.getContext("2d").getImageData(0, canvas.height * 3 / 4, canvas.width, 1);
            const place = (percent) => Math.floor((percent + 0.5) * canvas.width / 100);
            return Array.from({ length: 100 }, (_, percent) => data[4 * place(percent)]);
        }"""
    )


def wait_for_colours(page: sync_api.Page, expected: dict[int, int]) -> None:
    """Wait until the picture has these reds at these percents of its width."""
    wait_until(lambda: all(abs(colours(page)[place] - red) <= 3 for place, red in expected.items()))


def line(page: sync_api.Page) -> int:
    """Return where the black line is that moves in the upper half."""
    return page.evaluate(
        """() => {
            const canvas = document.getElementById("canvas");
            const { data } = canvas.getContext("2d").getImageData(0, canvas.height / 4, canvas.width, 1);
            for (let x = 0; x < canvas.width; x++) if (data[4 * x] < 20) return x;
            return -1;
        }"""
    )


def drag(page: sync_api.Page, start: float, end: float) -> None:
    """Drag over the picture, from and to shares of its width."""
    box = page.locator("#frame").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], y)
    page.mouse.down()
    for step in range(1, 5):
        page.mouse.move(box["x"] + (start + (end - start) * step / 4) * box["width"], y)
    page.mouse.up()


def test_the_picture_moves_and_the_figures_say_so(open_page: Opener, visitor: Visitor) -> None:
    page = open_page(visitor)
    places = set()
    wait_until(lambda: places.add(line(page)) or len(places) > 5)
    sync_api.expect(page.locator("#state")).to_have_text("Live")
    sync_api.expect(page.locator("#backend")).to_have_text("painter")
    sync_api.expect(page.locator("#fps")).to_have_text(re.compile(r"\d"))
    sync_api.expect(page.locator("#screen-p50")).to_have_text(re.compile(r"\d"))
    sync_api.expect(page.locator("#notice")).to_be_hidden()


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
