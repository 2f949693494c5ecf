"""What stays on the device from frame to frame: the small picture, the curve maps, and what they follow."""

from __future__ import annotations

from contextlib import ExitStack
from ctypes import sizeof
from typing import Any

import numpy as np

from export.manifest import COLOURS

from ..cuda.arguments import SceneState
from ..curves.map_geometry import MapGeometry
from ..stream_state import StreamState
from .device import DeviceBuffer, HostBuffer, copy_from_device, copy_to_device

_FLOAT = 4


class MapMemory:
    """Memory for one stream of frames of one size; see `cuda.launch` for what each part holds.

    Used within `Device.current`.
    """

    def __init__(self, geometry: MapGeometry) -> None:
        """Allocate; `clear` starts a stream."""
        self.geometry = geometry
        image, small = _area(geometry.image_size_wh), _area(geometry.small_size_wh)
        cells, curves = _area(geometry.map_size_wh), _area(geometry.curves_size_wh)
        with ExitStack() as owned:

            def room_for(numbers: int) -> DeviceBuffer:
                buffer = DeviceBuffer(numbers * _FLOAT)
                owned.callback(buffer.free)
                return buffer

            self.image = room_for(3 * image)
            self.small_luma = room_for(small)
            self.luma = room_for(cells)
            self.references = [room_for(cells), room_for(cells)]
            self.curves = room_for(COLOURS * geometry.maps * curves)
            self.light = room_for(4 * cells)
            self.maps = room_for(4 * geometry.maps * cells)
            self.factors = room_for(4 * (geometry.maps + 1) * cells)
            self.state = room_for(sizeof(SceneState) // _FLOAT)
            self._seen_state = HostBuffer(sizeof(SceneState))
            owned.callback(self._seen_state.free)
            self._owned = owned.pop_all()

    def clear(self, stream: Any) -> None:
        """Start afresh, in the order of a stream."""
        self.state.clear(stream)
        self.luma.clear(stream)  # read, and not heeded, by the first frame

    def is_cut(self, stream: Any) -> bool:
        """Wait until a frame was looked at, and tell whether it starts a scene."""
        self.state.download(self._seen_state.array, stream)
        stream.synchronize()
        return bool(SceneState.from_buffer_copy(self._seen_state.array.tobytes()).cut)

    def contents(self, stream: Any) -> StreamState:
        """Copy what the next frames depend on to the host, after all that is in a stream."""
        stream.synchronize()
        contents: StreamState = {}
        for name, buffer in self._lasting().items():
            contents[name] = np.empty(buffer.size // _FLOAT, np.float32)
            copy_from_device(contents[name], buffer.address)
        return contents

    def fill(self, contents: StreamState, stream: Any) -> None:
        """Copy back what `contents` returned, in the order of a stream, and wait for it."""
        for name, buffer in self._lasting().items():
            copy_to_device(buffer.address, contents[name], stream)
        stream.synchronize()

    def swap_references(self) -> None:
        """Let the next frame go by what this one wrote."""
        self.references.reverse()

    def free(self) -> None:
        """Give the memory back."""
        self._owned.close()

    def _lasting(self) -> dict[str, DeviceBuffer]:
        return {
            "luma": self.luma,
            "reference": self.references[0],
            "curves": self.curves,
            "maps": self.maps,
            "scene": self.state,
        }


def _area(size_wh: tuple[int, int]) -> int:
    return size_wh[0] * size_wh[1]
