"""A picture to look at a network's work: low, enhanced and reference side by side, with their PSNR."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .evaluation import Judged
from .inference import picture_from_image
from .scores import Score, average

TILE_WH = 240, 160
CAPTION_HEIGHT = 22
MARGIN = 6
_INK = "#202020"
_PAPER = "#ffffff"


def scored_sheet(results: Iterable[Judged], name: str) -> tuple[dict[str, Score], Image.Image]:
    """Average scores, and draw the pictures that they were given for.

    Args:
        results: One for each pair, at least one; each is let go once it is drawn.
        name: Under which of its scores the network's stands.

    Returns:
        The average score by method; and a sheet with, for each pair, three tiles of `TILE_WH` pixels above
        their captions, and the averages in the last line.
    """
    scores, rows = [], []
    for judged in results:
        scores.append(judged.scores)
        rows.append(_row(judged, name))
    mean = average(scores)
    width, height = rows[0].size
    sheet = Image.new("RGB", (width, height * len(rows) + CAPTION_HEIGHT), _PAPER)
    for place, row in enumerate(rows):
        sheet.paste(row, (0, height * place))
    line = "average: " + ", ".join(f"{method} {score.psnr_db:.2f} dB" for method, score in mean.items())
    _write(sheet, (MARGIN, height * len(rows)), line)
    return mean, sheet


def _row(judged: Judged, name: str) -> Image.Image:
    width, height = TILE_WH
    row = Image.new("RGB", (3 * width + 4 * MARGIN, MARGIN + height + CAPTION_HEIGHT), _PAPER)
    captions = (
        f"low {judged.scores['input'].psnr_db:.2f} dB",
        f"enhanced {judged.scores[name].psnr_db:.2f} dB",
        "reference",
    )
    images = (judged.low, judged.enhanced, judged.high)
    for place, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left = MARGIN + place * (width + MARGIN)
        row.paste(_tile(image), (left, MARGIN))
        _write(row, (left, MARGIN + height), caption)
    return row


def _tile(image: np.ndarray) -> Image.Image:
    """Fit an image into a tile, keeping its proportions."""
    tile = Image.new("RGB", TILE_WH, _PAPER)
    fitted = picture_from_image(image)
    fitted.thumbnail(TILE_WH)
    tile.paste(fitted, ((TILE_WH[0] - fitted.width) // 2, (TILE_WH[1] - fitted.height) // 2))
    return tile


def _write(picture: Image.Image, place: tuple[int, int], text: str) -> None:
    ImageDraw.Draw(picture).text(place, text, _INK, ImageFont.load_default(14))
