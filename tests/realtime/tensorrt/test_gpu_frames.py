"""Frames that a decoder has left on the GPU are enhanced as those that come from the host."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any

import av
import numpy as np
import pytest
from av.codec.hwaccel import hwdevices_available

from realtime.cpu_enhancer import CpuEnhancer
from realtime.cuda.sample_format import SampleFormat
from realtime.denoising.enhancer import DenoisingEnhancer
from realtime.errors import BackendError
from realtime.frames.colour import PixelLayout
from realtime.frames.gpu_frames import GpuPlanes
from realtime.frames.picture import Picture, sample_widths
from realtime.video.gpu_decoding import gpu_context_of

from ..cuda import host
from .fake_cuda import GARBAGE, FakeCuda
from .fakes import FakeMachine
from .films import LAYOUTS, OPTIONS, at_once, film, largest_difference

DEPTHS = {"nv12": LAYOUTS["yuv420p"], "p010le": replace(LAYOUTS["yuv420p"], bits=10)}


@pytest.fixture(params=DEPTHS.values(), ids=DEPTHS.keys())
def layout(request: pytest.FixtureRequest) -> PixelLayout:
    return request.param


def left_on_gpu(picture: Picture, cuda: FakeCuda) -> Picture:
    """Return room for a picture whose samples a decoder puts on the device, once that is waited for."""
    shown = replace(
        picture,
        planes=tuple(
            plane[:, :width] for plane, width in zip(picture.planes, sample_widths(picture), strict=True)
        ),
    )
    deep = picture.layout.bits > 8
    samples = SampleFormat(layout=picture.layout, interleaved_chroma=True, shifted_up=deep)
    decoded = host.stored(shown, samples, 16)
    surface = decoded.copy()
    for array in surface.arrays:
        array[...] = GARBAGE

    def decode() -> None:
        for target, source in zip(surface.arrays, decoded.arrays, strict=True):
            target[...] = source

    cuda.default_stream.put(decode)
    holder: Any = surface  # FFmpeg's frame, elsewhere
    source = GpuPlanes(
        tuple(array.ctypes.data for array in surface.arrays),
        tuple(array.strides[0] for array in surface.arrays),
        holder,
    )
    planes = tuple(np.full_like(plane, 99) for plane in picture.planes)
    return replace(picture, planes=planes, source=source)


def visible(pictures: list[Picture]) -> list[Picture]:
    """Leave out what rows end in, which is not touched."""
    return [
        replace(
            picture,
            planes=tuple(
                plane[:, :width] for plane, width in zip(picture.planes, sample_widths(picture), strict=True)
            ),
        )
        for picture in pictures
    ]


def test_they_come_out_the_same(machine: FakeMachine, layout: PixelLayout) -> None:
    with machine.open(OPTIONS) as enhancer:
        expected = at_once(enhancer, film(layout=layout))
        uploads = machine.cuda.calls["memcpy_htod_async"]
        enhancer.reset()
        actual = at_once(enhancer, [left_on_gpu(picture, machine.cuda) for picture in film(layout=layout)])
        assert machine.cuda.calls["memcpy_htod_async"] == uploads
    assert largest_difference(visible(actual), visible(expected)) == 0


def test_those_of_the_host_may_come_between(machine: FakeMachine, layout: PixelLayout) -> None:
    with machine.open(OPTIONS) as enhancer:
        expected = at_once(enhancer, film(layout=layout))
        enhancer.reset()
        mixed = [
            picture if index % 3 == 1 else left_on_gpu(picture, machine.cuda)
            for index, picture in enumerate(film(layout=layout))
        ]
        assert largest_difference(visible(at_once(enhancer, mixed)), visible(expected)) == 0


def test_strength_0_brings_them_to_the_host_as_they_are(machine: FakeMachine, layout: PixelLayout) -> None:
    with machine.open(replace(OPTIONS, strength=0)) as enhancer:
        pictures = at_once(enhancer, [left_on_gpu(picture, machine.cuda) for picture in film(layout=layout)])
    assert largest_difference(visible(pictures), visible(film(layout=layout))) == 0


@pytest.mark.skipif(
    not hasattr(av.VideoFrame, "sw_format") or "cuda" not in hwdevices_available(),
    reason="PyAV is older than 18, or its FFmpeg built without NVDEC",
)
def test_they_are_for_enhancers_on_gpus_that_have_nothing_to_denoise(machine: FakeMachine) -> None:
    with closing(machine.open(OPTIONS)) as enhancer:
        with gpu_context_of(DenoisingEnhancer(enhancer, OPTIONS))():
            enhancer._device.stream()  # takes a context
        with pytest.raises(BackendError, match="and --denoise works on the CPU; leave one out"):
            gpu_context_of(DenoisingEnhancer(enhancer, replace(OPTIONS, denoise=True)))
    with CpuEnhancer(OPTIONS) as cpu, pytest.raises(BackendError, match="and this runs on the CPU; see"):
        gpu_context_of(DenoisingEnhancer(cpu, OPTIONS))


def test_they_may_stay_there(machine: FakeMachine, layout: PixelLayout) -> None:
    with machine.open(OPTIONS) as enhancer:
        expected = at_once(enhancer, film(layout=layout))
        enhancer.reset()
        copies = machine.cuda.calls["memcpy_htod_async"], machine.cuda.calls["memcpy_dtoh_async"]
        pictures = [replace(left_on_gpu(picture, machine.cuda), planes=()) for picture in film(layout=layout)]
        at_once(enhancer, pictures)
        assert (machine.cuda.calls["memcpy_htod_async"], machine.cuda.calls["memcpy_dtoh_async"]) == copies
    for picture, other in zip(pictures, visible(expected), strict=True):
        assert picture.source is not None
        surface: Any = picture.source.frame
        actual = host.visible(surface, other)
        assert max(np.abs(a.astype(int) - b).max() for a, b in zip(actual, other.planes, strict=True)) == 0
