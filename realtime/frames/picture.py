"""Frames as the enhancer sees them: planes of samples, and what the samples mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .colour import Matrix, PixelLayout, matrix_for_untagged
from .gpu_frames import GpuPlanes, planar_format

CodeArray = npt.NDArray[Any]  # uint8 or uint16

# The planar YUV and grey formats that are enhanced as they are; others are converted to one of these.
# A fourth plane, of transparency, stays as it is.
_PLANAR = re.compile(
    r"(?P<kind>yuv[ja]?(?P<sampling>420|422|444|440|411|410)p|gray)(?P<bits>9|10|12|14|16)?(le)?"
)
_PACKED: dict[str, Literal["rgb", "bgr"]] = {"rgb24": "rgb", "bgr24": "bgr"}
_CHROMA_SHIFT_WH = {"420": (1, 1), "422": (1, 0), "444": (0, 0), "440": (0, 1), "411": (2, 0), "410": (2, 2)}

# FFmpeg's numbers (AVColorSpace), the same as in ITU-T H.273.
_MATRICES: dict[int, Matrix] = {
    1: "bt709",
    4: "bt601",  # FCC, within 0.002 of it
    5: "bt601",  # BT.470 BG
    6: "bt601",  # SMPTE 170M
    7: "bt709",  # SMPTE 240M, within 0.015 of it
    9: "bt2020",
    10: "bt2020",  # constant luminance, read as if it were not
}
# Those that cannot be enhanced, since red, green and blue would come out wrong.
_OTHER_MATRICES = {
    8: "YCgCo",
    11: "YDzDx",
    12: "derived from their primaries",
    13: "derived from their primaries",
    14: "ICtCp",
    15: "IPT-C2",
    16: "YCgCo",
    17: "YCgCo",
}
_RGB, _UNSPECIFIED = 0, 2
LIMITED_RANGE, FULL_RANGE = 1, 2  # AVColorRange: MPEG, JPEG

COLOUR_TAGS = ("color_range", "colorspace", "color_primaries", "color_trc")


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame's samples, to be read and written in place.

    Attributes:
        planes: C-contiguous (rows, samples a row) uint8 or uint16 each; a row may end in padding. Y, U and V,
            or Y alone, or one packed plane of RGB or BGR.
        width: In pixels.
        height: In pixels.
        layout: What the samples mean.
        source: Where the samples are read from instead, if they are on a GPU: 4:2:0, of the same depth. What
            the planes hold then is not defined until they are written; without any, they stay on the GPU,
            and are overwritten there.
    """

    planes: tuple[CodeArray, ...]
    width: int
    height: int
    layout: PixelLayout
    source: GpuPlanes | None = None

    @classmethod
    def from_packed(cls, array: npt.NDArray[np.uint8], order: Literal["rgb", "bgr"] = "rgb") -> Picture:
        """View a C-contiguous (H, W, 3) uint8 array as a picture.

        The picture shares the array's memory, so enhancing it changes the array.

        Raises:
            ValueError: It is no such array, or has no pixels.
        """
        if not isinstance(array, np.ndarray):
            raise ValueError(
                f"expected an array, not {type(array).__name__}; OpenCV gives None for a picture that it "
                "cannot read, and its captures give a tuple with the frame in it"
            )
        if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
            raise ValueError(
                f"expected an (H, W, 3) uint8 array, not {array.dtype} {array.shape}; convert it first"
            )
        if not array.flags.c_contiguous:
            raise ValueError("expected a C-contiguous array; np.ascontiguousarray makes it one")
        if not array.size:
            raise ValueError(f"the picture has no pixels: its shape is {array.shape}")
        height, width, _ = array.shape
        return cls((array.reshape(height, -1),), width, height, PixelLayout(kind=order))


def is_enhanced_directly(pixel_format: str) -> bool:
    """Whether frames of an FFmpeg pixel format are planar and enhanced without conversion."""
    return _PLANAR.fullmatch(pixel_format) is not None


def has_direct_layout(frame: av.VideoFrame) -> bool:
    """Whether `layout_of` and `picture_of` take a frame as it is."""
    return frame.format.name in _PACKED or is_enhanced_directly(frame.format.name)


def layout_of(frame: av.VideoFrame) -> PixelLayout:
    """Read the layout of a frame from its pixel format and colour tags; on a GPU, of the same as planes.

    Raises:
        InputError: The pixel format is neither planar nor packed RGB or BGR.
    """
    name = planar_format(frame) or frame.format.name
    if name in _PACKED:
        return PixelLayout(kind=_PACKED[name], full_range=True)
    match = _PLANAR.fullmatch(name)
    if match is None:
        raise InputError(f"pixel format {name} cannot be enhanced directly")
    sampling = match["sampling"]
    return PixelLayout(
        kind="yuv" if sampling else "grey",
        bits=int(match["bits"] or 8),
        chroma_shift_wh=_CHROMA_SHIFT_WH[sampling] if sampling else (0, 0),
        matrix=matrix_of(frame),
        full_range=is_full_range(frame),
    )


def picture_of(frame: av.VideoFrame, source: GpuPlanes | None = None) -> Picture:
    """View a frame's samples; the frame must be writable and outlive the picture.

    Args:
        frame: The frame.
        source: Where its samples are as yet, if that is on a GPU.

    Raises:
        InputError: The pixel format is neither planar nor packed RGB or BGR.
    """
    layout = layout_of(frame)
    dtype = np.dtype(np.uint8 if layout.bits == 8 else np.uint16)
    planes = tuple(
        np.frombuffer(plane, dtype).reshape(-1, plane.line_size // dtype.itemsize)  # type: ignore[call-overload]
        for plane in frame.planes[:3]
    )
    return Picture(planes, frame.width, frame.height, layout, source)


def picture_on_gpu(frame: av.VideoFrame) -> Picture:
    """Refer to the samples of a frame that is on a GPU as one of `PLANAR_FORMATS`, and is to stay there."""
    return Picture((), frame.width, frame.height, layout_of(frame), GpuPlanes.of(frame))


def sample_widths(picture: Picture) -> list[int]:
    """Return the samples in a row of each plane, padding left out."""
    layout = picture.layout
    if layout.kind in ("rgb", "bgr"):
        return [3 * picture.width]
    chroma = -(-picture.width // (1 << layout.chroma_shift_wh[0]))
    return [picture.width, chroma, chroma][: len(picture.planes)]


def samples_of(planes: Sequence[CodeArray], layout: PixelLayout) -> list[CodeArray]:
    """Return each plane, or of a packed one each colour: (H, ≥ W) views."""
    if layout.kind in ("rgb", "bgr"):
        return [planes[0][:, colour::3] for colour in range(3)]
    return list(planes)


def room_for(frame: av.VideoFrame, pixel_format: str) -> av.VideoFrame:
    """Return a frame of the same size, colour tags and times in a format, whose samples are not set."""
    room = av.VideoFrame(frame.width, frame.height, pixel_format)
    for tag in COLOUR_TAGS:
        setattr(room, tag, getattr(frame, tag))
    set_times(room, frame)
    return room


def copy_of(frame: av.VideoFrame) -> av.VideoFrame:
    """Return a frame of the same samples, colour tags and times that may be written to."""
    copy = room_for(frame, frame.format.name)
    for target, source in zip(copy.planes, frame.planes, strict=True):
        rows, room = (
            np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
            for plane in (source, target)
        )
        common = min(source.line_size, target.line_size)
        np.copyto(room[: len(rows), :common], rows[: len(room), :common])
    return copy


def matrix_of(frame: av.VideoFrame) -> Matrix:
    """Return the matrix of a frame's colours, guessed the way players do where it has no tag."""
    return _MATRICES.get(int(frame.colorspace)) or matrix_for_untagged(frame.height)


def refuse_matrix(path: Path | str, frame: av.VideoFrame) -> None:
    """Refuse a video by one of its frames if its colours are coded in a way that is not handled.

    Raises:
        InputError: It is such a video.
    """
    name = _OTHER_MATRICES.get(int(frame.colorspace))
    if name is not None:
        raise InputError(
            f"the colours of {path} are coded in a way that is not handled ({name}); "
            "convert it to BT.709 first"
        )


def clear_wrong_matrix(frame: av.VideoFrame) -> None:
    """Take the tag of RGB from a frame of another kind; decoders of images say it of grey, too."""
    if int(frame.colorspace) == _RGB and not (frame.format.is_rgb or frame.format.has_palette):
        frame.colorspace = _UNSPECIFIED


def is_full_range(frame: av.VideoFrame) -> bool:
    """Whether a frame's luma spans all codes; untagged grey does, as FFmpeg reads it."""
    name = frame.format.name
    is_grey = name.startswith(("gray", "ya", "mono"))
    return (
        frame.color_range == FULL_RANGE
        or name.startswith("yuvj")
        or (is_grey and frame.color_range != LIMITED_RANGE)
    )


def set_times(frame: av.VideoFrame, source: av.VideoFrame) -> None:
    """Give a frame the times of another, if that has any."""
    if source.time_base is not None:
        frame.pts, frame.time_base, frame.duration = source.pts, source.time_base, source.duration
