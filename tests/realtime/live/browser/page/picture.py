"""The picture on the page: what it shows, and a drag over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...waiting import wait_until

if TYPE_CHECKING:
    from playwright import sync_api


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
