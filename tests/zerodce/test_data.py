from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zerodce.data import (
    check_pictures,
    list_split,
    load_image,
    split_dataset,
    training_batches,
    validation_batches,
)
from zerodce.errors import DataError
from zerodce.options import TrainingOptions

MakePictures = Callable[..., list[Path]]

SMALL = TrainingOptions(batch_size=2, size=16, test_count=1, train_count=5)
DARKENED = TrainingOptions(batch_size=2, size=16, test_count=1, train_count=5, darken=True)


def test_split_of_the_lol_training_pairs() -> None:
    paths = [Path(f"{index:04}.png") for index in range(485)]
    split = split_dataset(paths)
    assert split.test == paths[:30]
    assert split.train == paths[30:400]
    assert split.validation == paths[400:]


def test_split_of_fewer_pictures() -> None:
    paths = [Path(f"{index}.png") for index in range(6)]
    split = split_dataset(paths, test_count=1, train_count=3, validation_count=1)
    assert (split.test, split.train, split.validation) == (paths[:1], paths[1:4], paths[4:5])
    assert split_dataset(paths, test_count=2, train_count=9).validation == []


def test_folders_follow_each_other(make_pictures: MakePictures) -> None:
    second, first = make_pictures("a", 2), make_pictures("b", 3)
    split = list_split([first[0].parent, second[0].parent], SMALL)
    assert split.test + split.train == first + second


def test_too_few_pictures_for_a_batch(make_pictures: MakePictures) -> None:
    folder = make_pictures("low", 2)[0].parent
    with pytest.raises(
        DataError, match=r"2 pictures found, 1 of them kept.*a batch of 2; add pictures, 3 are the least"
    ):
        list_split([folder], SMALL)


def test_a_picture_of_the_right_size_is_only_scaled(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    image = load_image(str(tmp_path / "picture.png")).numpy()
    assert image.dtype == np.float32
    np.testing.assert_allclose(image, pixels / 255, atol=1e-7)


def test_other_pictures_are_resized_and_grey_ones_get_three_channels(tmp_path: Path) -> None:
    Image.new("L", (40, 20), 51).save(tmp_path / "picture.jpg")
    image = load_image(str(tmp_path / "picture.jpg"), size=16).numpy()
    assert image.shape == (16, 16, 3)
    np.testing.assert_allclose(image, 0.2, atol=1e-6)


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    pixels = np.full((16, 16, 3), (250, 120, 30), np.uint8)
    Image.fromarray(pixels).quantize(2).save(tmp_path / "picture.bmp")
    image = load_image(str(tmp_path / "picture.bmp"), size=16).numpy()
    np.testing.assert_allclose(image, pixels / 255, atol=1e-6)


def test_names_may_be_of_any_bytes(make_pictures: MakePictures) -> None:
    paths = [path.rename(os.fsdecode(os.fsencode(path) + b"\xff.png")) for path in make_pictures("low", 2)]
    for options in (SMALL, DARKENED, replace(DARKENED, supervised=True)):
        assert len(list(training_batches(paths, options, epoch=1))) == 1


@pytest.mark.parametrize("options", [SMALL, DARKENED], ids=["dark", "darkened"])
def test_batches_drop_the_remainder(make_pictures: MakePictures, options: TrainingOptions) -> None:
    batches = list(training_batches(make_pictures("low", 5), options, epoch=1))
    assert [batch.shape for batch in batches] == [(2, 16, 16, 3)] * 2
    assert all(batch.numpy().min() >= 0 and batch.numpy().max() <= 1 for batch in batches)


@pytest.mark.parametrize("options", [SMALL, DARKENED], ids=["dark", "darkened"])
def test_an_epoch_repeats_exactly_and_the_next_one_differs(
    make_pictures: MakePictures, options: TrainingOptions
) -> None:
    paths = make_pictures("low", 8)

    def epoch(number: int) -> np.ndarray:
        return np.concatenate(list(training_batches(paths, options, number)))

    np.testing.assert_array_equal(epoch(3), epoch(3))
    assert (epoch(3) != epoch(4)).any()


def test_supervised_batches_are_pairs(make_pictures: MakePictures) -> None:
    paths = make_pictures("photographs", 5, brightness=0.8)
    batches = list(training_batches(paths, replace(DARKENED, supervised=True), epoch=1))
    assert len(batches) == 2
    for dark, reference in batches:
        assert dark.shape == reference.shape == (2, 16, 16, 3)
        assert dark.numpy().mean() <= reference.numpy().mean() + 1e-3


def test_training_shuffles_and_validation_does_not(make_pictures: MakePictures) -> None:
    paths = make_pictures("low", 8)
    in_order = np.stack([load_image(str(path), 16) for path in paths])
    validation = np.concatenate(list(validation_batches(paths, SMALL)))
    training = np.concatenate(list(training_batches(paths, SMALL, epoch=1)))
    np.testing.assert_array_equal(validation, in_order)
    assert (training != in_order).any()
    np.testing.assert_allclose(np.sort(training.mean((1, 2, 3))), np.sort(in_order.mean((1, 2, 3))))


def test_the_picture_that_cannot_be_read_is_found(make_pictures: MakePictures) -> None:
    paths = make_pictures("low", 3)
    check_pictures(paths)
    paths[1].write_bytes(paths[1].read_bytes()[:60])
    with pytest.raises(DataError, match=r"cannot read .*01\.png"):
        check_pictures(paths)
