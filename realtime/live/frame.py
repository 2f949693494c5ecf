"""Frames of a live run, as they are captured and as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Interpolation

from ..frames.colour import Matrix
from ..frames.conversion import thread_reformatter
from ..frames.picture import layout_of
from .sound import SoundFormat

# FFmpeg's numbers; PyAV 17 has no name for the last.
_COLORSPACES: dict[Matrix, int] = {"bt601": 5, "bt709": 1, "bt2020": 9}


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFrame:
    """One captured frame.

    Attributes:
        video: The samples, in a format that is enhanced directly. Read only.
        captured_s: When it was received and decoded, by `time.perf_counter`; latency is counted from here.
        time_s: When it is shown: seconds since the source was opened, ever rising, paced as the source says.
        is_first: Whether it is the first one taken after the source was opened, came back or changed its
            size: nothing before it may influence how it is enhanced.
        sound: The sound that comes with the frames of this connection; None for none.
    """

    video: av.VideoFrame
    captured_s: float
    time_s: float
    is_first: bool
    sound: SoundFormat | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnhancedFrame:
    """One frame before and after; sinks share it, so it is read only.

    Attributes:
        original: The samples as captured.
        enhanced: The same frame, enhanced: same size and format.
        captured_s: See `LiveFrame`.
        time_s: See `LiveFrame`.
        sound: See `LiveFrame`.
    """

    original: av.VideoFrame
    enhanced: av.VideoFrame
    captured_s: float
    time_s: float
    sound: SoundFormat | None = None


def bgr_of(frame: av.VideoFrame) -> npt.NDArray[np.uint8]:
    """Return a frame as a new (H, W, 3) uint8 array, in the order of OpenCV."""
    return cast("npt.NDArray[np.uint8]", displayed(frame, "bgr24").to_ndarray())


def displayed(
    frame: av.VideoFrame, pixel_format: str, size_wh: tuple[int, int] | None = None
) -> av.VideoFrame:
    """Convert a frame to full-range samples of 8 bits, and to another size.

    Args:
        frame: Of a format that is enhanced directly.
        pixel_format: `rgb24` or `bgr24`; or `yuvj420p`, with the matrix of JPEG, BT.601.
        size_wh: In pixels; None keeps it.
    """
    size_wh = size_wh or (frame.width, frame.height)
    is_same_size = size_wh == (frame.width, frame.height)
    if is_same_size and frame.format.name == pixel_format and pixel_format != "yuvj420p":
        return frame
    layout = layout_of(frame)
    return thread_reformatter().reformat(
        frame,
        *size_wh,
        pixel_format,
        src_colorspace=_COLORSPACES[layout.matrix],
        dst_colorspace=_COLORSPACES["bt601"],
        src_color_range=ColorRange.JPEG if layout.full_range else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=None if is_same_size else Interpolation.AREA,
    )
