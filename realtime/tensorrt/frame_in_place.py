"""A frame that a decoder has left on the GPU, and that an encoder takes there."""

from __future__ import annotations

from typing import Any

from ..cuda.arguments import Planes
from ..frames.picture import Picture
from .device import Device
from .frame_slot import planes_on_gpu


class FrameInPlace:
    """Stands for a `FrameSlot` where nothing is copied: the frame is enhanced where it lies.

    Attributes:
        source: What is to be enhanced, in device memory.
        target: The same.
        picture: The frame under way.
    """

    source: Planes
    target: Planes

    def __init__(self, device: Device) -> None:
        """Get ready."""
        self.picture: Picture | None = None
        self._decoded, self._enhanced = device.event(), device.event()

    def upload(self, picture: Picture, _stream: Any, compute: Any) -> None:
        """Have `compute` wait until the frame is decoded."""
        assert picture.source is not None
        self.picture = picture
        self.source = self.target = planes_on_gpu(picture.source)
        self._decoded.record()  # behind what FFmpeg has put in line to write it
        compute.wait_for_event(self._decoded)

    def download(self, _stream: Any, compute: Any) -> None:
        """Note where `compute` is done with the frame."""
        self._enhanced.record(compute)

    def wait(self) -> None:
        """Wait for the frame to be enhanced: whoever reads it then, goes by no stream of ours."""
        self._enhanced.synchronize()

    def store(self) -> None:
        """Let go of the frame."""
        self.picture = None

    def free(self) -> None:
        """Do nothing: the memory is the decoder's."""
