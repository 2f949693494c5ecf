"""What codecs do to dark pictures: blocks, and colour at half the resolution."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
from PIL import Image

_FRAME_RATE = Fraction(25)


def compressed_as_jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    """Compress an image as JPEG, and decode it.

    Args:
        pixels: (H, W, 3) uint8, RGB.
        quality: 1 to 95.

    Returns:
        The same shape and type.
    """
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def compressed_as_video(pixels: np.ndarray, crf: int) -> np.ndarray:
    """Compress an image as the first frame of an H.264 video, 4:2:0, and decode it.

    Args:
        pixels: (H, W, 3) uint8, RGB; both sides even.
        crf: Constant rate factor of x264, 0 to 51; higher is worse.

    Returns:
        The same shape and type.
    """
    encoder = av.CodecContext.create("libx264", "w")
    encoder.height, encoder.width = pixels.shape[:2]
    encoder.pix_fmt = "yuv420p"
    encoder.framerate, encoder.time_base = _FRAME_RATE, 1 / _FRAME_RATE
    encoder.thread_count = 1
    encoder.options = {"crf": str(crf), "preset": "veryfast"}
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    (decoded,) = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    return decoded.to_ndarray(format="rgb24")
