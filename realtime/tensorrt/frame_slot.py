"""Room for one frame under way: page-locked memory, device memory, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from ..cuda.arguments import Planes
from ..cuda.sample_format import SampleFormat
from ..frames.bands import Bands
from ..frames.gpu_frames import GpuPlanes
from ..frames.picture import CodeArray, Picture, sample_widths
from .device import Device, DeviceBuffer, HostBuffer

# Rows begin at multiples of this, which the kernels and the copies like best.
_PITCH = 256


class FrameSlot:
    """Holds frames of one size and format, one at a time. Used within `Device.current`.

    Attributes:
        source: What is to be enhanced, in device memory: the target, or where a decoder has left it.
        target: The enhanced frame there.
        device_bytes: What it takes there, rows padded.
        picture: The frame under way, whose samples are overwritten in the end.
    """

    def __init__(self, device: Device, picture: Picture, samples: SampleFormat, bands: Bands) -> None:
        """Allocate for frames like this one; the bands copy them."""
        self._bands = bands
        self._widths = sample_widths(picture)
        pitches = [-(-width * samples.sample_bytes // _PITCH) * _PITCH for width in self._widths]
        sizes = [pitch * plane.shape[0] for pitch, plane in zip(pitches, picture.planes, strict=True)]
        begins = [0, *accumulate(sizes)]
        self.device_bytes = begins[-1]
        self._host = HostBuffer(self.device_bytes)
        try:
            self._device = DeviceBuffer(self.device_bytes)
        except BaseException:
            self._host.free()
            raise
        self._staged = [
            self._host.array[begin : begin + size].view(plane.dtype).reshape(plane.shape[0], -1)
            for begin, size, plane in zip(begins, sizes, picture.planes, strict=False)
        ]
        self.target = Planes.at([self._device.address + begin for begin in begins[:-1]], pitches)
        self.source = self.target
        self.picture: Picture | None = None
        self._uploaded, self._enhanced, self._downloaded = device.event(), device.event(), device.event()

    def upload(self, picture: Picture, stream: Any, compute: Any) -> None:
        """Copy a frame to the device, unless a decoder has left it there; `compute` waits for it."""
        self.picture = picture
        if picture.source is None:
            self.source = self.target
            self._copy(picture.planes, self._staged)
            self._device.upload(self._host.array, stream)
            self._uploaded.record(stream)
        else:
            self.source = planes_on_gpu(picture.source)
            self._uploaded.record()  # behind what FFmpeg has put in line to write it
        compute.wait_for_event(self._uploaded)

    def download(self, stream: Any, compute: Any) -> None:
        """Copy the frame back once `compute` is done with it."""
        self._enhanced.record(compute)
        stream.wait_for_event(self._enhanced)
        self._device.download(self._host.array, stream)
        self._downloaded.record(stream)

    def copy_to(self, other: FrameSlot, stream: Any) -> None:
        """Copy the frame within the device, in the order of a stream."""
        self._device.copy_to(other._device, stream)

    def wait(self) -> None:
        """Wait for the frame to be back in page-locked memory."""
        self._downloaded.synchronize()

    def store(self) -> None:
        """Overwrite the picture's samples, padding left alone."""
        if self.picture is None:
            raise RuntimeError("no frame is under way in this slot")
        self._copy(self._staged, self.picture.planes)
        self.picture = None

    def _copy(self, sources: Sequence[CodeArray], targets: Sequence[CodeArray]) -> None:
        height = len(sources[0])

        def copy_part(begin: int, end: int) -> None:
            for source, target, width in zip(sources, targets, self._widths, strict=True):
                rows = slice(begin * len(source) // height, end * len(source) // height)
                np.copyto(target[rows, :width], source[rows, :width])

        self._bands.run(copy_part, height, height * self._widths[0])

    def free(self) -> None:
        """Give the memory back."""
        self._staged.clear()
        self._host.free()
        self._device.free()


def planes_on_gpu(planes: GpuPlanes) -> Planes:
    """Describe a frame that a decoder has left on the GPU."""
    return Planes.at(planes.addresses, planes.pitches)


def planes_like(picture: Picture) -> tuple[tuple[int, int], ...]:
    """Return the rows and samples a row of each plane: what a slot is made for, beside the layout."""
    widths = sample_widths(picture)
    return tuple((plane.shape[0], width) for plane, width in zip(picture.planes, widths, strict=True))
