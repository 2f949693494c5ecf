"""Convert frames between pixel formats, sizes and ranges of codes."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import VideoReformatter

from ..errors import InputError
from .colour import Matrix, matrix_for_untagged
from .gpu_frames import on_host, planar_format
from .picture import COLOUR_TAGS, FULL_RANGE, LIMITED_RANGE, is_full_range, matrix_of, set_times
from .pixel_formats import samples_of

_INTERPOLATION = "BICUBIC"
_COLOUR_SPACES: dict[Matrix, int] = {"bt601": 5, "bt709": 1, "bt2020": 9}
_MATRIX_NAMES = {number: name for name, number in _COLOUR_SPACES.items()}
_RANGE_NAMES = {LIMITED_RANGE: "limited", FULL_RANGE: "full"}
_ANY_TIME_BASE = Fraction(1, 90000)
# Of one plane, whose samples are bytes.
_PACKED_ALPHA_LAST = ("rgba", "bgra")

_of_thread = threading.local()


def thread_reformatter() -> VideoReformatter:
    """Return the calling thread's converter; that of a frame is shared by all that convert the frame."""
    if not hasattr(_of_thread, "reformatter"):
        _of_thread.reformatter = VideoReformatter()
    reformatter: VideoReformatter = _of_thread.reformatter
    return reformatter


def has_rgb_samples(frame: av.VideoFrame) -> bool:
    """Whether a frame holds RGB samples, or a palette of them, rather than YUV."""
    return frame.format.is_rgb or frame.format.has_palette


def is_transparent(frame: av.VideoFrame) -> bool:
    """Whether a frame shows what is behind it anywhere."""
    name = frame.format.name
    if not samples_of(name).has_alpha:
        return False
    bits = frame.format.components[-1].bits
    if name in _PACKED_ALPHA_LAST:
        opacities = _rows(frame, 0, bits)[:, 3 : 4 * frame.width : 4]
    elif frame.format.is_planar and bits <= 16 and not frame.format.is_big_endian:
        opacities = _rows(frame, 3, bits)[:, : frame.width]
    else:
        bits = 8
        opacities = _rows(frame.reformat(format="yuva444p"), 3, bits)[:, : frame.width]
    return bool(opacities.min() < (1 << bits) - 1)


def yuv_tags_for_rgb(height: int) -> tuple[int, int]:
    """Return FFmpeg's numbers of the matrix and range that RGB is converted to."""
    return _COLOUR_SPACES[matrix_for_untagged(height)], LIMITED_RANGE


def samples_in_bytes(frame: av.VideoFrame) -> int:
    """Return about how much memory a frame takes."""
    return sum(plane.buffer_size for plane in frame.planes)


class FilterChain:
    """Some of FFmpeg's filters, one after the other, for frames of one kind."""

    def __init__(self, frame: av.VideoFrame, filters: Iterable[tuple[str, str]]) -> None:
        """Set up the filters.

        Args:
            frame: The first of those to be filtered; the others are of its size, format and colours.
            filters: FFmpeg's names of them, with their arguments.
        """
        self._graph = av.filter.Graph()
        last = self._graph.add(
            "buffer",
            f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:"
            f"time_base={frame.time_base or _ANY_TIME_BASE}:"
            f"colorspace={int(frame.colorspace)}:range={int(frame.color_range)}",
        )
        for name, arguments in (*filters, ("buffersink", "")):
            added = self._graph.add(name, arguments or None)
            last.link_to(added)
            last = added
        self._graph.configure()

    def filtered(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return a frame filtered."""
        self._graph.push(frame)
        result = self._graph.pull()
        assert isinstance(result, av.VideoFrame)
        return result


def upright(frame: av.VideoFrame) -> av.VideoFrame:
    """Return a frame whose rows are stored from the top down; some decoders store them from the bottom up."""
    if all(plane.line_size > 0 for plane in frame.planes):
        return frame
    return FilterChain(frame, [("copy", "")]).filtered(frame)


def same_coding(frame: av.VideoFrame, other: av.VideoFrame) -> bool:
    """Whether the codes of two frames mean the same colours, their depth apart."""
    return has_rgb_samples(frame) == has_rgb_samples(other) and _coding_of(frame) == _coding_of(other)


def converted(
    frame: av.VideoFrame,
    pixel_format: str,
    size_wh: tuple[int, int],
    *,
    coded_as: av.VideoFrame | None = None,
    limited_range: bool = False,
) -> av.VideoFrame:
    """Convert a frame to another pixel format and size; timestamps and colours are kept.

    Args:
        frame: The frame; where it is on a GPU, it comes to the host first.
        pixel_format: FFmpeg's name of the format.
        size_wh: Width and height, in pixels.
        coded_as: A frame of this size whose matrix and range it gets; None to keep its own.
        limited_range: Make the full range limited, for codecs that cannot tell them apart.

    Raises:
        InputError: FFmpeg cannot convert frames of its kind.
    """
    width, height = size_wh
    like = frame if coded_as is None else coded_as
    (source_matrix, source_range), (matrix, color_range) = _coding_of(frame), _coding_of(like)
    if limited_range:
        color_range = LIMITED_RANGE
    try:
        frame = on_host(frame)
        if frame.interlaced_frame or samples_of(pixel_format).bits > 8:
            coding = (source_matrix, matrix), (source_range, color_range)
            result = _filter_for(frame, pixel_format, size_wh, *coding).filtered(frame)
        else:
            result = thread_reformatter().reformat(
                frame,
                width,
                height,
                pixel_format,
                src_colorspace=source_matrix,
                dst_colorspace=matrix,
                src_color_range=None if has_rgb_samples(frame) else source_range,
                dst_color_range=color_range,
                interpolation=_INTERPOLATION,
            )
    except av.error.FFmpegError as exc:
        raise InputError(
            f"frames of {frame.format.name} cannot be converted to {pixel_format} ({exc.strerror}); "
            "convert the file to another pixel format first"
        ) from exc
    result.colorspace = matrix if has_rgb_samples(like) else like.colorspace
    result.color_range = color_range
    set_times(result, frame)
    return result


def as_by_software(frame: av.VideoFrame) -> av.VideoFrame:
    """Return a frame on the host, in the format that decoders in software have for it.

    Raises:
        InputError: The GPU that it is on failed.
    """
    planar = planar_format(frame)
    if planar is None:
        return frame
    result = converted(frame, planar, (frame.width, frame.height))
    for tag in COLOUR_TAGS:  # which may say less than is assumed to convert
        setattr(result, tag, getattr(frame, tag))
    return result


def _filter_for(
    frame: av.VideoFrame,
    pixel_format: str,
    size_wh: tuple[int, int],
    matrices: tuple[int, int],
    ranges: tuple[int, int],
) -> FilterChain:
    """Return what converts frames to formats of more than 8 bits, and interlaced ones field by field.

    There FFmpeg's scaler writes beyond the ends of rows. The reformatter leaves no room for that, so that 8
    samples of the next row are lost now and then, at the border of what two threads do, and of every row of
    the other field; frames of the filter have room.

    Args:
        frame: The first of them.
        pixel_format: What they are to become.
        size_wh: The new size, in pixels.
        matrices: FFmpeg's numbers of their matrix and of the new one.
        ranges: The same of the range of their codes.
    """
    width, height = size_wh
    (matrix, new_matrix), (codes, new_codes) = ([_MATRIX_NAMES[number] for number in matrices], ranges)
    scale = f"{width}:{height}:flags=bicubic:interl=-1:in_color_matrix={matrix}:out_color_matrix={new_matrix}"
    if not has_rgb_samples(frame):
        scale += f":in_range={_RANGE_NAMES[codes]}"
    if not av.VideoFormat(pixel_format).is_rgb:
        scale += f":out_range={_RANGE_NAMES[new_codes]}"
    kind = (frame.width, frame.height, frame.format.name, frame.colorspace, frame.color_range)
    if getattr(_of_thread, "filter_for", None) != (kind, scale, pixel_format):
        _of_thread.filter = FilterChain(frame, [("scale", scale), ("format", pixel_format)])
        _of_thread.filter_for = (kind, scale, pixel_format)
    chain: FilterChain = _of_thread.filter
    return chain


def _coding_of(frame: av.VideoFrame) -> tuple[int, int]:
    """Return FFmpeg's numbers of a frame's matrix and range; of RGB, those that it is converted to."""
    if has_rgb_samples(frame):
        return yuv_tags_for_rgb(frame.height)
    return _COLOUR_SPACES[matrix_of(frame)], FULL_RANGE if is_full_range(frame) else LIMITED_RANGE


def _rows(frame: av.VideoFrame, index: int, bits: int) -> npt.NDArray[Any]:
    """View a plane of a frame, (rows, samples a row), what rows end in included."""
    plane, dtype = upright(frame).planes[index], np.dtype(np.uint8 if bits == 8 else np.uint16)
    rows = np.frombuffer(plane, dtype).reshape(-1, plane.line_size // dtype.itemsize)  # type: ignore[call-overload]
    return cast("npt.NDArray[Any]", rows[: frame.height])
