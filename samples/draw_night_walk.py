"""Draw the README's picture: frames of the sample clip, half as they are and half enhanced."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PIL import Image

FOLDER = Path(__file__).parent
_FRAMES = (50, 110)
_SIZE_WH = (640, 360)


def main() -> None:
    """Read night_walk.mp4 here and enhanced.mp4, which `make demo` writes, and write night_walk.jpg here."""
    dark = _frames(FOLDER / "night_walk.mp4")
    bright = _frames(FOLDER.parent / "enhanced.mp4")
    halves = [
        np.where(np.arange(_SIZE_WH[0])[:, None] < _SIZE_WH[0] // 2, a, b)
        for a, b in zip(dark, bright, strict=True)
    ]
    Image.fromarray(np.concatenate(halves, axis=1)).save(FOLDER / "night_walk.jpg", quality=88)


def _frames(clip: Path) -> list[np.ndarray]:
    with av.open(str(clip)) as container:
        return [
            np.array(frame.to_image().resize(_SIZE_WH, Image.Resampling.LANCZOS))
            for index, frame in enumerate(container.decode(video=0))
            if index in _FRAMES
        ]


if __name__ == "__main__":
    main()
