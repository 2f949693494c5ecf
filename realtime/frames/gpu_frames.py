"""Frames that a decoder has left in the memory of an NVIDIA GPU."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import av

# Makes a CUDA context current in the calling thread, while the body of a `with` runs.
GpuContext = Callable[[], AbstractContextManager[None]]

# What decoders in software give for the same video, by FFmpeg's name of how it lies on the GPU.
PLANAR_FORMATS = {"nv12": "yuv420p", "p010le": "yuv420p10le"}


@dataclass(frozen=True, slots=True)
class GpuPlanes:
    """Where the samples of a frame lie on the GPU: as NV12, or as P010 where they have more than 8 bits.

    Attributes:
        addresses: Of the plane of Y, and of that of U and V.
        pitches: Bytes from one row of each to the next.
        frame: What holds the memory.
    """

    addresses: tuple[int, int]
    pitches: tuple[int, int]
    frame: av.VideoFrame

    @classmethod
    def of(cls, frame: av.VideoFrame) -> GpuPlanes:
        """Tell where a frame lies whose format on the GPU is one of `PLANAR_FORMATS`."""
        luma, chroma = frame.planes
        return cls((luma.buffer_ptr, chroma.buffer_ptr), (luma.line_size, chroma.line_size), frame)


def is_on_gpu(frame: av.VideoFrame) -> bool:
    """Whether the samples of a frame are in the memory of a GPU."""
    return frame.format.name == "cuda"


def format_on_gpu(frame: av.VideoFrame) -> str | None:
    """Return FFmpeg's name of how the samples lie on the GPU; None if they are not there."""
    return frame.sw_format.name if is_on_gpu(frame) and frame.sw_format else None


def planar_format(frame: av.VideoFrame) -> str | None:
    """Return the format in which software decodes a frame that is on the GPU as one of `PLANAR_FORMATS`."""
    return PLANAR_FORMATS.get(format_on_gpu(frame) or "")


def on_host(frame: av.VideoFrame) -> av.VideoFrame:
    """Return a frame in the memory of the host, in the format that it has on the GPU if it is there.

    Raises:
        av.error.FFmpegError: The GPU failed.
    """
    return frame.reformat(format=format_on_gpu(frame)) if is_on_gpu(frame) else frame
