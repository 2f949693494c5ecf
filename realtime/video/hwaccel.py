"""Have FFmpeg decode and encode on an NVIDIA GPU, with frames that stay there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from av.codec.hwaccel import HWAccel

from ..frames.gpu_frames import GpuContext

# FFmpeg's option for the primary context refuses one that is in use with other flags than FFmpeg's.
_CURRENT_CONTEXT: dict[str, object] = {"primary_ctx": "0", "current_ctx": "1"}


@contextmanager
def on_gpu(context: GpuContext | None) -> Iterator[HWAccel | None]:
    """Provide what PyAV is to open a container or a codec with, while the body runs.

    Args:
        context: Makes the CUDA context current that FFmpeg is to use; None to do without a GPU.
    """
    if context is None:
        yield None
        return
    with context():
        yield HWAccel("cuda", is_hw_owned=True, options=dict(_CURRENT_CONTEXT))
