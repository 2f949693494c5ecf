"""Small images of random colours, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from realtime.images.still import enhance_still

from ...contract.fake_enhancer import FakeEnhancer

GAIN = 30
SIZE_WH = (21, 13)


def pixels(channels: int) -> np.ndarray:
    """Return (H, W, channels) uint8, dark enough to gain `GAIN`."""
    shape = (SIZE_WH[1], SIZE_WH[0], channels)
    return np.random.default_rng(3).integers(0, 90, shape, np.uint8)


def enhanced(image: Image.Image, folder: Path, source: str, target: str, **save: Any) -> Image.Image:
    """Save an image, enhance it, and return what came out."""
    image.save(folder / source, **save)
    enhance_still(folder / source, folder / target, FakeEnhancer(gain=GAIN))
    result = Image.open(folder / target)
    result.load()
    return result
