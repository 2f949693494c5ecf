from __future__ import annotations

import hashlib
import json
from pathlib import Path

import keras
import pytest

from zerodce.card import card_path, record_scores, write_card
from zerodce.errors import ModelError
from zerodce.scores import Score


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "zero-dce.keras"
    path.write_bytes(b"weights")
    return path


def test_a_card_lies_beside_its_file_and_knows_it(weights: Path) -> None:
    write_card(weights, {"licence": "CC0-1.0"})
    assert card_path(weights).name == "zero-dce.keras.json"
    card = json.loads(card_path(weights).read_text())
    assert card["file"] == "zero-dce.keras"
    assert card["sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert card["licence"] == "CC0-1.0"
    assert card["versions"]["keras"] == keras.__version__


def test_scores_are_added_to_those_that_are_there(weights: Path) -> None:
    write_card(weights, {"scores": {"LOL": {"input": {"psnr_db": 7.77, "ssim": 0.19}}}})
    record_scores(weights, "LOL", {"model": Score(14.86123, 0.5)})
    record_scores(weights, "SICE", {"input": Score(9.0, 0.25)})
    assert json.loads(card_path(weights).read_text())["scores"] == {
        "LOL": {"input": {"psnr_db": 7.77, "ssim": 0.19}, "model": {"psnr_db": 14.8612, "ssim": 0.5}},
        "SICE": {"input": {"psnr_db": 9.0, "ssim": 0.25}},
    }


def test_scores_are_not_added_to_a_card_of_other_weights(weights: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot read the card .*zero-dce\.keras\.json"):
        record_scores(weights, "LOL", {})
    write_card(weights, {})
    weights.write_bytes(b"other weights")
    with pytest.raises(ModelError, match="describes another file: its SHA-256 is not that of"):
        record_scores(weights, "LOL", {})
