"""What decoders attach to frames beside their samples."""

from __future__ import annotations

import struct
from typing import Any

import av
from av.sidedata.sidedata import Type as SideDataType

from .gpu_frames import on_host


def display_matrix(frame: av.VideoFrame) -> tuple[int, ...] | None:
    """Return the matrix that rotates or mirrors a frame for display, as FFmpeg stores it, if any."""
    matrix = side_data(frame, SideDataType.DISPLAYMATRIX)
    return None if matrix is None else struct.unpack("=9i", matrix)


def side_data(frame: av.VideoFrame, kind: SideDataType) -> bytes | None:
    """Return what is attached to a frame, or None; also where PyAV does not know a kind that is attached."""
    try:
        # PyAV's frames and that hold each other, until garbage is collected: none that takes memory of a GPU.
        attached: Any = on_host(frame).side_data  # typed as a dict of names, and is one of `SideDataType`
    except ValueError:
        return None
    found = attached.get(kind)
    return None if found is None else bytes(found)
