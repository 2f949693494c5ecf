"""Decode by NVDEC, the decoder on NVIDIA's GPUs, what it takes and what does well there."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import av
from av.codec.hwaccel import hwdevices_available
from av.sidedata.sidedata import Type as SideDataType

from ..enhancer import Enhancer
from ..errors import BackendError, InputError
from ..frames.gpu_frames import GpuContext, planar_format
from ..frames.side_data import side_data
from ..notes import note
from ..options import Decoder, FileOptions
from ..stage_times import StageTimes
from .reader import VideoReader


def open_reader(
    path: Path, options: FileOptions, enhancer: Enhancer, times: StageTimes | None = None
) -> VideoReader:
    """Open a file to be enhanced, with the decoder that is asked for; where NVDEC does not do, with software.

    Args:
        path: The file.
        options: How to read it.
        enhancer: What will enhance its frames, which NVDEC leaves on the same GPU.
        times: Where the stage `decode` is timed.

    Raises:
        InputError: The file cannot be read, has no video, or is of a kind that is not handled.
        BackendError: NVDEC is asked for, and the enhancer takes no frames that are on a GPU.
    """
    reading = partial(
        VideoReader, path, keep_partial=options.keep_partial, tonemap=options.tonemap, times=times
    )
    if options.decoder == Decoder.SOFTWARE:
        return reading()
    context = gpu_context_of(enhancer)
    if options.tonemap:
        obstacle: str | None = "--tonemap takes frames of the host"
    else:
        try:
            reader = reading(gpu=context)
        except InputError:  # which software says, too, if it is the file's fault
            obstacle = "NVDEC does not open it"
        else:
            obstacle = _obstacle(reader.decoded_first, reader.video.codec_context.name)
            if obstacle is None:
                return reader
            reader.close()
    reader = reading()
    note("%s is decoded in software: %s", path, obstacle)
    return reader


def gpu_context_of(enhancer: Enhancer) -> GpuContext:
    """Return what makes the CUDA context current that NVDEC is to leave frames in.

    Raises:
        BackendError: The enhancer takes no frames that are on a GPU.
    """
    context = enhancer.gpu_context
    if context is None:
        if enhancer.backend == "tensorrt":
            raise BackendError(
                "--decoder nvdec leaves frames on the GPU, and --denoise works on the CPU; leave one out"
            )
        raise BackendError(
            "--decoder nvdec is for --backend tensorrt, and this runs on the CPU; see docs/gpu.md, "
            "or leave it out"
        )
    if not hasattr(av.VideoFrame, "sw_format"):
        raise BackendError("--decoder nvdec takes PyAV 18, and that Python 3.11; leave it out")
    if "cuda" not in hwdevices_available():
        raise BackendError("the FFmpeg in this PyAV is built without NVDEC; leave --decoder nvdec out")
    return context


def _obstacle(frame: av.VideoFrame, codec: str) -> str | None:
    """Tell what there is about a video's first frame, as it was decoded, that NVDEC should not decode it."""
    if planar_format(frame) is None:
        return f"this GPU's NVDEC does not take {codec} of {frame.format.name}, or not as 4:2:0"
    if frame.interlaced_frame:
        return "it is interlaced"
    if side_data(frame, SideDataType.A53_CC) is not None:
        return "it has closed captions, which NVDEC's frames do not keep"
    return None
