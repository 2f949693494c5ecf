"""A stream that goes through all four kernels comes out as from the CPU, with the models that ship."""

from __future__ import annotations

import ctypes

import numpy as np
import onnxruntime
import pytest

from export.manifest import Manifest
from realtime.colour import PixelLayout
from realtime.cuda import kernels
from realtime.cuda.arguments import SceneState
from realtime.cuda.sample_format import SampleFormat
from realtime.enhancer import CpuEnhancer
from realtime.estimator import find_model, shipped_models
from realtime.frames import Picture
from realtime.map_geometry import MapGeometry
from realtime.options import EnhancerOptions

from . import host

SIZE_WH = (166, 92)
FRAME_S = 1 / 25
NV12 = SampleFormat(
    layout=PixelLayout(kind="yuv", chroma_shift_wh=(1, 1), matrix="bt601"), interleaved_chroma=True
)


class HostStream:
    """What a device would hold for one stream of NV12, and the network on the CPU."""

    def __init__(self, options: EnhancerOptions) -> None:
        model = find_model(options.model)
        self.options = options
        self.geometry = MapGeometry.of(SIZE_WH, options.map_size, Manifest.read(model).map_stride)
        self.network = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        maps = self.geometry.map_size_wh[::-1]
        self.image = np.empty((1, 3, *self.geometry.image_size_wh[::-1]), np.float32)
        self.small_luma = np.empty(self.geometry.small_size_wh[::-1], np.float32)
        self.luma, self.reference, self.next_reference = (np.empty(maps, np.float32) for _ in range(3))
        self.maps = host.maps_as_stored(np.empty((*maps, 24), np.float32))
        self.light = np.empty((*maps, 4), np.float32)
        self.state = SceneState()

    def enhance(self, frame: host.StoredFrame) -> None:
        """Enhance a frame in place, as `kernels.py` says."""
        geometry, smoothing = self.geometry, self.options.smoothing
        state, maps, luma = ctypes.addressof(self.state), self.maps.ctypes.data, self.luma.ctypes.data
        reference = self.reference.ctypes.data
        host.run(
            NV12,
            kernels.shrink(
                NV12,
                frame.planes,
                geometry,
                image=self.image.ctypes.data,
                luma=self.small_luma.ctypes.data,
            ),
        )
        host.run(
            NV12,
            kernels.detect(
                geometry,
                smoothing,
                FRAME_S,
                small_luma=self.small_luma.ctypes.data,
                luma=luma,
                reference=reference,
                state=state,
            ),
        )
        (curves,) = self.network.run(None, {"image": self.image})
        host.run(
            NV12,
            kernels.follow(
                geometry,
                smoothing,
                FRAME_S,
                curves=curves.ctypes.data,
                luma=luma,
                reference=reference,
                next_reference=self.next_reference.ctypes.data,
                maps=maps,
                state=state,
            ),
        )
        self.reference, self.next_reference = self.next_reference, self.reference
        for launch in kernels.tint(
            NV12,
            geometry,
            image=self.image.ctypes.data,
            light=self.light.ctypes.data,
            maps=maps,
            strength=self.options.strength,
        ):
            host.run(NV12, launch)
        host.run(
            NV12,
            kernels.enhance(
                NV12,
                frame.planes,
                frame.planes,
                geometry,
                maps=maps,
                strength=self.options.strength,
                shadow_floor=self.options.shadow_floor,
            ),
        )


def frame_of(index: int) -> Picture:
    """Draw a dim scene that moves, with another from the fifth frame on."""
    width, height = SIZE_WH
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    random = np.random.default_rng(index)
    wave = np.sin((x + 3 * index) / 17) * np.cos(y / 11)
    luma = 50 + 25 * wave if index < 5 else 120 - 60 * wave
    noisy = (luma + random.normal(0, 2, luma.shape)).clip(16, 235).astype(np.uint8)
    blue, red = ((128 + 12 * np.sin(x[::2, ::2] / scale)).astype(np.uint8) for scale in (9, 23))
    return Picture((noisy, blue, red), width, height, NV12.layout)


@pytest.mark.parametrize("model", shipped_models())
def test_a_stream_comes_out_as_from_the_cpu(model: str) -> None:
    options = EnhancerOptions(model=model, map_size=64, strength=0.9, threads=1)
    stream = HostStream(options)
    cuts = []
    with CpuEnhancer(options) as enhancer:
        for index in range(8):
            picture = frame_of(index)
            frame = host.stored(picture, NV12, 10)
            stream.enhance(frame)
            enhancer.enhance(picture, index * FRAME_S)
            cuts.append(stream.state.cut)
            for plane, expected in zip(host.visible(frame, picture), picture.planes, strict=True):
                assert np.abs(plane.astype(int) - expected).max() <= 1
    assert cuts == [1, 0, 0, 0, 0, 1, 0, 0]
