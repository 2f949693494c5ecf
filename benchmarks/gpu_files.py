"""Speed from file to file with an enhancer on a GPU, by what decodes and what encodes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from realtime.enhancer import Enhancer
from realtime.errors import BackendError
from realtime.frames.gpu_frames import is_on_gpu
from realtime.notes import notes_held
from realtime.options import Codec, Decoder, EncoderOptions, FileOptions
from realtime.video.encoding import why_unusable
from realtime.video.gpu_decoding import open_reader
from realtime.video.pipeline import enhance_video

from .speed.clips import make_clip

# At most: encoding in software takes far longer than all else.
_FRAMES_IN_FILE = 120
_WARM_UP_FRAMES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuFileResult:
    """What was measured with a file of H.264, 8-bit 4:2:0.

    Attributes:
        width: In pixels.
        height: In pixels.
        decoder: What decoded it.
        encoder: What encoded the output.
        fps: Frames per second by the clock.
        processor_ms: Processor time a frame, of all threads.
    """

    width: int
    height: int
    decoder: str
    encoder: str
    fps: float
    processor_ms: float


def measure_files(enhancer: Enhancer, size_wh: tuple[int, int], frames: int) -> list[GpuFileResult]:
    """Enhance a drawn file with every decoder and encoder that this machine has.

    Args:
        enhancer: What enhances.
        size_wh: Width and height of its frames, in pixels.
        frames: How many there are to be; fewer are taken where that is enough.
    """
    width, height = size_wh
    codecs = [Codec.H264] + ([Codec.H264_NVENC] if why_unusable(Codec.H264_NVENC.value) is None else [])
    results = []
    with TemporaryDirectory(prefix="zerodce-bench-") as name:
        short, clip, target = (Path(name, f"{what}.mp4") for what in ("short", "clip", "target"))
        make_clip(None, size_wh, _WARM_UP_FRAMES, short)
        make_clip(None, size_wh, min(frames, _FRAMES_IN_FILE), clip)
        for decoder in Decoder:
            files = FileOptions(decoder=decoder, overwrite=True)
            if decoder == Decoder.NVDEC and not _is_decoded_on_gpu(short, files, enhancer):
                continue
            for codec in codecs:
                enhance_video(short, target, enhancer, EncoderOptions(codec=codec), files)
                start, before = time.perf_counter(), time.process_time()
                count = enhance_video(clip, target, enhancer, EncoderOptions(codec=codec), files)
                seconds, processor_s = time.perf_counter() - start, time.process_time() - before
                results.append(
                    GpuFileResult(
                        width=width,
                        height=height,
                        decoder=decoder.value,
                        encoder="libx264" if codec == Codec.H264 else codec.value,
                        fps=round(count / seconds, 1),
                        processor_ms=round(1e3 * processor_s / count, 2),
                    )
                )
    return results


def _is_decoded_on_gpu(clip: Path, files: FileOptions, enhancer: Enhancer) -> bool:
    try:
        with notes_held(), open_reader(clip, files, enhancer) as reader:
            return is_on_gpu(reader.decoded_first)
    except BackendError:  # by older versions of PyAV
        return False
