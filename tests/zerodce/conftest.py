"""Pictures made on the spot, and TensorFlow loaded once, without its log lines."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zerodce.backend import load_tensorflow

if sys.version_info < (3, 14):
    load_tensorflow()
else:  # for which there is no TensorFlow yet
    collect_ignore_glob = ["test_*.py"]

MakePictures = Callable[..., list[Path]]


@pytest.fixture
def make_pictures(tmp_path: Path) -> MakePictures:
    """Return a function that fills a folder with pictures of smooth colours and some noise."""

    def make(
        folder: str, count: int, size_wh: tuple[int, int] = (40, 30), brightness: float = 0.2
    ) -> list[Path]:
        generator = np.random.default_rng(count)
        (tmp_path / folder).mkdir(exist_ok=True)
        paths = [tmp_path / folder / f"{index:02}.png" for index in range(count)]
        for path in paths:
            ramp = np.linspace(0.2, 1, size_wh[0])[None, :, None] * generator.uniform(0.3, 1, 3)
            image = brightness * (ramp + generator.uniform(0, 0.2, (size_wh[1], size_wh[0], 3)))
            Image.fromarray(np.uint8(np.clip(image, 0, 1) * 255)).save(path)
        return paths

    return make
