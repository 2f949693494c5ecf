"""Turn frames into what a browser shows: JPEG for the moving picture, PNG to keep."""

from __future__ import annotations

from io import BytesIO

import av
import numpy as np
import simplejpeg
from PIL import Image

from ..frame import displayed

FULL_SIZE = 0

_QUALITY = 82
_PNG_LEVEL = 1  # a fifth larger than the default and several times as fast


def fitted_size(size_wh: tuple[int, int], long_side: int) -> tuple[int, int]:
    """Return an even size of the same proportions with a long side of so many pixels at most; 0: no limit."""
    scale = min(1.0, long_side / max(size_wh)) if long_side else 1.0
    width, height = (max(2, 2 * round(scale * side / 2)) for side in size_wh)
    return width, height


def jpeg_of(frame: av.VideoFrame, long_side: int) -> bytes:
    """Encode a frame as JPEG (JFIF: full-range BT.601 at 4:2:0), reduced to a long side; 0 for full size."""
    pixels = displayed(frame, "yuvj420p", fitted_size((frame.width, frame.height), long_side))
    planes = (
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:, : plane.width]  # type: ignore[call-overload]
        for plane in pixels.planes
    )
    jpeg: bytes = simplejpeg.encode_jpeg_yuv_planes(*planes, quality=_QUALITY)
    return jpeg


def png_of(frame: av.VideoFrame, long_side: int = FULL_SIZE) -> bytes:
    """Encode a frame as PNG with 8 bits a channel, reduced to a long side; 0 for full size."""
    file = BytesIO()
    size = fitted_size((frame.width, frame.height), long_side) if long_side else None
    Image.fromarray(displayed(frame, "rgb24", size).to_ndarray()).save(file, "PNG", compress_level=_PNG_LEVEL)
    return file.getvalue()
