from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from zerodce.compression import compressed_as_jpeg, compressed_as_video

Compress = Callable[[np.ndarray, int], np.ndarray]
CODECS = [(compressed_as_jpeg, 95, 30), (compressed_as_video, 10, 40)]


@pytest.fixture
def picture() -> np.ndarray:
    rows, columns = np.mgrid[:48, :64]
    scene = np.stack([rows * 2, columns * 2, rows + columns], axis=-1) + 20
    return (scene + np.random.default_rng(3).normal(0, 4, scene.shape)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(("compress", "fine", "coarse"), CODECS)
def test_the_worse_the_quality_the_more_is_lost(
    compress: Compress, fine: int, coarse: int, picture: np.ndarray
) -> None:
    errors = []
    for quality in (fine, coarse):
        result = compress(picture, quality)
        assert (result.shape, result.dtype) == (picture.shape, np.uint8)
        errors.append(float(np.abs(result.astype(int) - picture).mean()))
    assert errors[0] < 4
    assert errors[1] > errors[0] + 0.5


@pytest.mark.parametrize(("compress", "fine", "coarse"), CODECS)
def test_the_same_picture_always_comes_out_the_same(
    compress: Compress, fine: int, coarse: int, picture: np.ndarray
) -> None:
    np.testing.assert_array_equal(compress(picture, coarse), compress(picture, coarse))


@pytest.mark.parametrize(("compress", "fine", "coarse"), CODECS)
def test_grey_stays_grey(compress: Compress, fine: int, coarse: int) -> None:
    grey = np.full((32, 32, 3), 77, np.uint8)
    assert np.abs(compress(grey, fine).astype(int) - grey).max() <= 2
