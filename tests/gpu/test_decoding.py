"""NVDEC and NVENC, on a GPU that has them."""

from __future__ import annotations

import ctypes
import logging
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.codec.hwaccel import hwdevices_available

from realtime.cpu_enhancer import CpuEnhancer
from realtime.estimator import find_model
from realtime.options import Codec, Decoder, EncoderOptions, FileOptions
from realtime.video.encoding import why_unusable
from realtime.video.pipeline import enhance_video

from ..clips import make_clip, read_frames, read_times
from .test_enhancer import OPTIONS, need_gpu

pytestmark = pytest.mark.gpu

CLIPS: dict[str, dict[str, Any]] = {
    "h264": {"size_wh": (640, 360), "options": {"bf": "2", "g": "8"}},
    "hevc of 10 bits": {
        "size_wh": (640, 360),
        "codec": "libx265",
        "pixel_format": "yuv420p10le",
        "options": {"x265-params": "bframes=2:keyint=8:log-level=none"},
    },
    "no whole macroblocks": {"size_wh": (1918, 1078)},
}


def need_nvdec() -> None:
    """Skip or fail the test where there is no GPU; skip it where the driver or FFmpeg came without NVDEC."""
    need_gpu()
    if not hasattr(av.VideoFrame, "sw_format") or "cuda" not in hwdevices_available():
        pytest.skip("PyAV is older than 18, or its FFmpeg built without NVDEC")
    try:
        ctypes.CDLL("libnvcuvid.so.1")
    except OSError:
        pytest.skip("the driver came without NVDEC's library")


@pytest.mark.parametrize("choices", CLIPS.values(), ids=CLIPS.keys())
def test_files_come_out_as_from_software(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, choices: dict[str, Any]
) -> None:
    need_nvdec()
    from benchmarks.host_network import HostNetwork  # noqa: PLC0415 - imports PyCUDA
    from realtime.tensorrt.device import Device  # noqa: PLC0415
    from realtime.tensorrt.enhancer import TensorrtEnhancer  # noqa: PLC0415

    clip = make_clip(tmp_path / "clip.mp4", pts=range(40), **choices)
    caplog.set_level(logging.WARNING)
    with TensorrtEnhancer(OPTIONS, Device(), HostNetwork(find_model(OPTIONS.model))) as enhancer:
        for decoder in Decoder:
            target = tmp_path / f"{decoder.value}.mp4"
            assert enhance_video(clip, target, enhancer, EncoderOptions(), FileOptions(decoder=decoder)) == 40
    assert "in software" not in caplog.text
    assert (tmp_path / "nvdec.mp4").read_bytes() == (tmp_path / "software.mp4").read_bytes()


@pytest.mark.parametrize("decoder", Decoder)
def test_nvenc_encodes_what_the_cpu_would(tmp_path: Path, decoder: Decoder) -> None:
    need_nvdec()
    if why_unusable("h264_nvenc") is not None:
        pytest.skip("this GPU has no NVENC")
    from benchmarks.host_network import HostNetwork  # noqa: PLC0415 - imports PyCUDA
    from realtime.tensorrt.device import Device  # noqa: PLC0415
    from realtime.tensorrt.enhancer import TensorrtEnhancer  # noqa: PLC0415

    clip = make_clip(tmp_path / "clip.mp4", pts=range(40), size_wh=(640, 360))
    target, expected = tmp_path / "target.mp4", tmp_path / "expected.mkv"
    encoder, files = EncoderOptions(codec=Codec.H264_NVENC, crf=10), FileOptions(decoder=decoder)
    with TensorrtEnhancer(OPTIONS, Device(), HostNetwork(find_model(OPTIONS.model))) as enhancer:
        assert enhance_video(clip, target, enhancer, encoder, files) == 40
    with CpuEnhancer(OPTIONS) as enhancer_on_cpu:
        enhance_video(clip, expected, enhancer_on_cpu, EncoderOptions(codec=Codec.FFV1), FileOptions())
    assert read_times(target) == read_times(expected)
    for frame, other in zip(read_frames(target), read_frames(expected), strict=True):
        assert np.abs(frame.to_ndarray().astype(int) - other.to_ndarray()).mean() < 2
