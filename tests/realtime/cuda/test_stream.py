"""A stream that goes through all kernels comes out as from the CPU, with the models that ship."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace

import numpy as np
import pytest

from export.manifest import Manifest
from export.onnx_runtime import onnxruntime
from realtime.cpu_enhancer import CpuEnhancer
from realtime.cuda.arguments import SceneState
from realtime.cuda.launch import Launch
from realtime.cuda.sample_format import SampleFormat
from realtime.curves.map_geometry import MapGeometry
from realtime.estimator import find_model, shipped_models
from realtime.frames.colour import PixelLayout
from realtime.frames.picture import Picture
from realtime.options import EnhancerOptions
from realtime.tensorrt.frame_work import enqueue_frame

from . import host

SIZE_WH = (166, 92)
FRAME_S = 1 / 25
NV12 = SampleFormat(
    layout=PixelLayout(kind="yuv", chroma_shift_wh=(1, 1), matrix="bt601"), interleaved_chroma=True
)


class HostMemory:
    """What a device would hold for one stream, by the names of `MapMemory`."""

    def __init__(self, geometry: MapGeometry) -> None:
        self.geometry = geometry
        maps = geometry.map_size_wh[::-1]
        curves = geometry.curves_size_wh[::-1]
        self.arrays = {
            "image": np.empty((1, 3, *geometry.image_size_wh[::-1]), np.float32),
            "small_luma": np.empty(geometry.small_size_wh[::-1], np.float32),
            "luma": np.empty(maps, np.float32),
            "curves": np.empty((1, 3 * geometry.maps, *curves), np.float32),
            "light": np.empty((*maps, 4), np.float32),
            "maps": host.maps_as_stored(np.empty((*maps, 3 * geometry.maps), np.float32)),
            "factors": host.maps_as_stored(np.empty((*maps, 3 * geometry.maps + 3), np.float32)),
        }
        for name, array in self.arrays.items():
            setattr(self, name, SimpleNamespace(address=array.ctypes.data))
        self._held = [np.empty(maps, np.float32) for _ in range(2)]
        self.references = [SimpleNamespace(address=array.ctypes.data) for array in self._held]
        self.scene = SceneState()
        self.state = SimpleNamespace(address=ctypes.addressof(self.scene))

    def swap_references(self) -> None:
        self.references.reverse()


class HostStream:
    """The work on the frames of one stream of NV12, done on the CPU, the network included."""

    def __init__(self, options: EnhancerOptions) -> None:
        model = find_model(options.model)
        self.options = options
        manifest = Manifest.read(model)
        self.memory = HostMemory(
            MapGeometry.of(SIZE_WH, options.map_size, manifest.map_stride, manifest.maps, manifest.curve)
        )
        self.network = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])

    def launch(self, launch: Launch, stream: None) -> None:
        host.run(NV12, launch)

    def estimate(self) -> None:
        (self.memory.arrays["curves"][:],) = self.network.run(None, {"image": self.memory.arrays["image"]})

    def enhance(self, frame: host.StoredFrame) -> None:
        """Enhance a frame in place."""
        enqueue_frame(
            self, NV12, frame.planes, frame.planes, self.memory, self.options, FRAME_S, self.estimate, None
        )


def frame_of(index: int) -> Picture:
    """Draw a dim scene that moves, its shadows purple, with another from the fifth frame on."""
    width, height = SIZE_WH
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    random = np.random.default_rng(index)
    wave = np.sin((x + 3 * index) / 17) * np.cos(y / 11)
    luma = 42 + 25 * wave if index < 5 else 120 - 60 * wave
    noisy = (luma + random.normal(0, 2, luma.shape)).clip(16, 235).astype(np.uint8)
    blue, red = ((133 + 4 * np.sin(x[::2, ::2] / scale)).astype(np.uint8) for scale in (9, 23))
    return Picture((noisy, blue, red), width, height, NV12.layout)


@pytest.mark.parametrize("model", shipped_models())
def test_a_stream_comes_out_as_from_the_cpu(model: str) -> None:
    options = EnhancerOptions(model=model, map_size=64, strength=0.9, threads=1)
    stream = HostStream(options)
    cuts, blacks = [], []
    with CpuEnhancer(options) as enhancer:
        for index in range(8):
            picture = frame_of(index)
            frame = host.stored(picture, NV12, 10)
            stream.enhance(frame)
            enhancer.enhance(picture, index * FRAME_S)
            cuts.append(stream.memory.scene.cut)
            blacks.append(list(stream.memory.scene.black))
            for plane, expected in zip(host.visible(frame, picture), picture.planes, strict=True):
                assert np.abs(plane.astype(int) - expected).max() <= 1
    assert cuts == [1, 0, 0, 0, 0, 1, 0, 0]
    assert min(min(red, blue) for red, _, blue in blacks[:5]) > 0.005
