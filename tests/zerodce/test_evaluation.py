from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from zerodce.contact_sheet import CAPTION_HEIGHT, MARGIN, TILE_WH, scored_sheet
from zerodce.errors import DataError
from zerodce.evaluation import judge
from zerodce.model import dce_net
from zerodce.pairs import Pair, list_pairs
from zerodce.scores import EQUAL_DB, Score, auto_gamma, average, score

MakePictures = Callable[..., list[Path]]


def grey(value: float, side: int = 16) -> np.ndarray:
    return np.full((side, side, 3), value, np.float32)


@pytest.fixture(scope="module")
def doing_nothing() -> keras.Model:
    """A network whose maps are zero everywhere."""
    network = dce_net()
    network.set_weights([np.zeros_like(weight) for weight in network.get_weights()])
    return network


def test_scores_by_hand() -> None:
    result = score(grey(0.2), grey(0.5))
    assert result.psnr_db == pytest.approx(-10 * np.log10(0.09), abs=1e-5)  # 10.46 dB
    # Without variance SSIM is its luminance term: (2·0.2·0.5 + c) / (0.2² + 0.5² + c), c = 0.01².
    assert result.ssim == pytest.approx(0.2001 / 0.2901, abs=1e-6)


def test_scores_do_not_wrap_around() -> None:
    # In 8-bit arithmetic 16² is 0, and the two would be taken for equal.
    assert score(grey(0), grey(16 / 255)).psnr_db == pytest.approx(20 * np.log10(255 / 16), abs=1e-4)
    assert score(grey(0), grey(1)).psnr_db == pytest.approx(0)


def test_equal_images() -> None:
    image = np.random.default_rng(0).random((16, 16, 3)).astype(np.float32)
    assert score(image, image) == Score(EQUAL_DB, 1.0)


def test_average_by_hand() -> None:
    scores = [{"input": Score(10, 0.2)}, {"input": Score(20, 0.4)}]
    assert average(scores)["input"].psnr_db == pytest.approx(15)
    assert average(scores)["input"].ssim == pytest.approx(0.3)


def test_auto_gamma_reaches_its_mean_luma() -> None:
    image = np.random.default_rng(0).uniform(0, 0.2, (32, 32, 3)).astype(np.float32) * np.float32([1, 0.5, 2])
    result = auto_gamma(image)
    assert (result @ [0.299, 0.587, 0.114]).mean() == pytest.approx(0.45, abs=1e-4)
    exponents = np.log(result) / np.log(image)
    np.testing.assert_allclose(exponents, exponents.mean(), rtol=1e-3)


def test_pairs_are_found_by_name(make_pictures: MakePictures, tmp_path: Path) -> None:
    lows = make_pictures("low", 2)
    make_pictures("high", 3)
    (tmp_path / "high" / "00.png").rename(tmp_path / "high" / "00.PNG")
    pairs = list_pairs(tmp_path / "low", tmp_path / "high")
    assert [(pair.low, pair.high.name) for pair in pairs] == [(lows[0], "00.PNG"), (lows[1], "01.png")]


def test_a_missing_reference_is_named(make_pictures: MakePictures, tmp_path: Path) -> None:
    make_pictures("low", 3)
    make_pictures("high", 1)
    with pytest.raises(
        DataError, match=r"2 of 3 dark pictures have no reference in .*, the first .*low/01\.png"
    ):
        list_pairs(tmp_path / "low", tmp_path / "high")


def test_pictures_of_different_sizes_are_named(
    make_pictures: MakePictures, doing_nothing: keras.Model
) -> None:
    pair = Pair(make_pictures("low", 1)[0], make_pictures("high", 1, size_wh=(30, 40))[0])
    with pytest.raises(DataError, match=r"low/00\.png has 40×30 pixels and .*high/00\.png has 30×40"):
        list(judge([pair], doing_nothing))


def test_pictures_too_small_to_judge_are_named(
    make_pictures: MakePictures, doing_nothing: keras.Model
) -> None:
    pair = Pair(*(make_pictures(name, 1, size_wh=(40, 6))[0] for name in ("low", "high")))
    with pytest.raises(DataError, match="has 40×6 pixels: SSIM needs 7 each way"):
        list(judge([pair], doing_nothing))


def test_every_method_is_scored(tmp_path: Path, doing_nothing: keras.Model) -> None:
    for name, level in (("low", 51), ("high", 102)):
        Image.new("RGB", (24, 16), (level,) * 3).save(tmp_path / f"{name}.png")
    pair = Pair(tmp_path / "low.png", tmp_path / "high.png")
    (judged,) = judge([pair], doing_nothing)
    psnr = {name: one.psnr_db for name, one in judged.scores.items()}
    assert psnr["input"] == pytest.approx(-20 * np.log10(0.2), abs=1e-4)
    assert psnr["gamma 0.4"] == pytest.approx(-20 * np.log10(0.2**0.4 - 0.4), abs=1e-4)
    assert psnr["auto-gamma"] == pytest.approx(-20 * np.log10(0.05), abs=1e-2)
    assert psnr["model"] == pytest.approx(psnr["input"], abs=1e-4)  # it does nothing
    (small,) = judge([pair], doing_nothing, map_size=16)
    assert set(small.scores) == {"input", "gamma 0.4", "auto-gamma", "model, maps at 16"}


def test_contact_sheet(tmp_path: Path, doing_nothing: keras.Model) -> None:
    colours = {"low": (51, 0, 0), "high": (0, 102, 0)}
    for name, colour in colours.items():
        Image.new("RGB", (48, 32), colour).save(tmp_path / f"{name}.png")
    pair = Pair(tmp_path / "low.png", tmp_path / "high.png")

    mean, sheet = scored_sheet(judge([pair, pair], doing_nothing), "model")

    width, height = TILE_WH
    row_height = MARGIN + height + CAPTION_HEIGHT
    assert sheet.size == (3 * width + 4 * MARGIN, 2 * row_height + CAPTION_HEIGHT)
    assert mean["model"].psnr_db == pytest.approx(mean["input"].psnr_db)
    for row in range(2):
        top = row * row_height
        for column, expected in enumerate((colours["low"], colours["low"], colours["high"])):
            left = MARGIN + column * (width + MARGIN)
            assert sheet.getpixel((left + width // 2, top + MARGIN + height // 2)) == expected
            caption = sheet.crop((left, top + MARGIN + height, left + width, top + row_height))
            assert caption.getextrema() != ((255, 255),) * 3  # something is written there


def test_of_references_of_one_name_that_of_the_same_suffix_is_taken(
    make_pictures: MakePictures, tmp_path: Path
) -> None:
    (low,) = make_pictures("low", 1)
    (high,) = make_pictures("high", 1)
    other = high.with_suffix(".bmp")
    Image.open(high).save(other)
    assert list_pairs(low.parent, high.parent) == [Pair(low, high)]
    high.rename(high.with_suffix(".jpg"))
    with pytest.raises(DataError, match=r"low/00\.png could go with .*00\.bmp and .*00\.jpg: leave only one"):
        list_pairs(low.parent, high.parent)
