"""Room for the frames under way, taken in turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..cuda.sample_format import SampleFormat
from ..frames.bands import Bands
from ..frames.picture import Picture
from .device import Device
from .frame_in_place import FrameInPlace
from .frame_slot import FrameSlot, planes_like

Slot: TypeAlias = FrameSlot | FrameInPlace


class FrameSlots:
    """A slot for each frame that may be under way, all of one kind. Used within `Device.current`."""

    def __init__(self, device: Device, copies: Bands, count: int) -> None:
        """Allocate nothing as yet; the bands copy frames."""
        self._device, self._copies, self._count = device, copies, count
        self._slots: list[Slot] = []
        self._next = 0
        self._kind: object = None  # of the frames that they are for

    def next_for(self, picture: Picture, samples: SampleFormat, drain: Callable[[], None]) -> Slot:
        """Return room for a frame; allocate it if the frames before were of another kind.

        Args:
            picture: The frame.
            samples: How it lies in device memory.
            drain: Called before the room of frames that may be under way is given back.
        """
        kind = picture.layout, planes_like(picture)
        if kind != self._kind:
            drain()
            self.free()
            for _ in range(self._count):
                self._slots.append(
                    FrameSlot(self._device, picture, samples, self._copies)
                    if picture.planes
                    else FrameInPlace(self._device)
                )
            self._kind, self._next = kind, 0
        slot = self._slots[self._next]
        self._next = (self._next + 1) % self._count
        return slot

    def free(self) -> None:
        """Give the memory back."""
        self._kind = None
        while self._slots:
            self._slots.pop().free()
