"""Decode by NVDEC over libraries that are none: see `test_gpu_decoding.py`, which starts this.

Writes what it saw as JSON.
"""

from __future__ import annotations

import ctypes
import json
import logging
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest

from realtime.errors import EnhanceError
from realtime.frames.conversion import as_by_software
from realtime.frames.gpu_frames import format_on_gpu
from realtime.frames.picture import COLOUR_TAGS
from realtime.options import Codec, Decoder, EncoderOptions, FileOptions
from realtime.video.pipeline import enhance_video
from realtime.video.reader import VideoReader

from ..tensorrt.fakes import FakeMachine
from ..tensorrt.films import OPTIONS

DRIVER = ctypes.CDLL("libcuda.so.1")


def frames_of(path: Path, **choices: Any) -> list[av.VideoFrame]:
    with VideoReader(path, **choices) as reader:
        return [item for item in reader if isinstance(item, av.VideoFrame)]


def told_of(frame: av.VideoFrame) -> tuple[object, ...]:
    # Decoders in software say the full range in the name of the format, too.
    name = frame.format.name.replace("yuvj", "yuv")
    return frame.pts, frame.time_base, name, *(int(getattr(frame, tag)) for tag in COLOUR_TAGS)


def read(path: Path) -> dict[str, object]:
    """Compare what the reader gives with what it gives in software."""
    on_gpu, expected = frames_of(path, gpu=nullcontext), frames_of(path)
    frames = [as_by_software(frame) for frame in on_gpu]
    with VideoReader(path, gpu=nullcontext) as reader:
        first = reader.first_frame
        assert (first.to_ndarray() == expected[0].to_ndarray()).all()
    return {
        "formats": sorted({format_on_gpu(frame) or "on the host" for frame in on_gpu}),
        "first": first.format.name,
        "same": [
            told_of(frame) == told_of(other) and bool((frame.to_ndarray() == other.to_ndarray()).all())
            for frame, other in zip(frames, expected, strict=True)
        ],
    }


def enhance(path: Path, target: Path, choices: dict[str, Any]) -> dict[str, object]:
    """Enhance a file on a GPU that is none, frames decoded there."""
    files = FileOptions(decoder=Decoder(choices.pop("decoder", "nvdec")), **choices.pop("files", {}))
    encoder = EncoderOptions(codec=Codec(choices.pop("codec", "auto")), **choices.pop("encoder", {}))
    with pytest.MonkeyPatch.context() as patch:
        machine = FakeMachine.install(patch)
        with machine.open(replace(OPTIONS, **choices)) as enhancer:
            settings = {"are": "the same"} if encoder.segment_s < 60 else None
            frames = enhance_video(path, target, enhancer, encoder, files, settings=settings)
            uploads, downloads = (machine.cuda.calls[f"memcpy_{way}_async"] for way in ("htod", "dtoh"))
    return {"frames": frames, "uploads": uploads, "downloads": downloads}


def main() -> None:
    """Do what the arguments say, within the context that the GPU's own enhancer would make current."""
    notes: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: notes.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("realtime").addHandler(handler)
    context = ctypes.c_void_p()
    assert DRIVER.cuDevicePrimaryCtxRetain(ctypes.byref(context), 7) == 0
    assert DRIVER.cuCtxPushCurrent_v2(context) == 0
    seen: dict[str, object] = {}
    try:
        match sys.argv[1:]:
            case ["read", path]:
                seen = read(Path(path))
            case ["enhance", path, target, choices]:
                seen = enhance(Path(path), Path(target), json.loads(choices))
    except EnhanceError as exc:
        seen["error"] = str(exc)
    seen |= {"notes": notes, "live": DRIVER.stub_live(), "depth": DRIVER.stub_depth()}
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
