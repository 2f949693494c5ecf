"""The usual deployment on a GPU: PyTorch runs the network at full size on every frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

_WARM_UP = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchPeer:
    """One way to run it, with frames of one size, from RGB codes on the device to RGB codes on the device.

    Attributes:
        method: What computes, and in which precision.
        width: In pixels.
        height: In pixels.
        frame_ms: Median time of a frame between events; None where it cannot run.
        fps: Frames per second of that.
        left_out: Why it cannot run; empty where it can.
    """

    method: str
    width: int
    height: int
    frame_ms: float | None
    fps: float | None
    left_out: str


def has_torch() -> bool:
    """Whether PyTorch is installed and runs on this GPU."""
    if find_spec("torch") is None:
        return False
    import torch  # noqa: PLC0415 - takes seconds

    return bool(torch.cuda.is_available())


def measure_torch(model: Path, sizes_wh: list[tuple[int, int]], frames: int) -> list[TorchPeer]:
    """Measure PyTorch eager in FP32, and compiled in FP16, both with PyTorch's own settings.

    Args:
        model: An FP32 ONNX file of ours.
        sizes_wh: Sizes of frames, in pixels.
        frames: How many frames to measure.
    """
    methods = {"PyTorch eager, FP32": _eager, "PyTorch compiled, FP16": _compiled}
    return [
        _measured(method, make, model, size, frames) for size in sizes_wh for method, make in methods.items()
    ]


Enhance = Callable[["torch.Tensor"], "torch.Tensor"]


def _eager(model: Path) -> Enhance:
    from .torch_network import CurveNetwork, enhanced_at_full_size  # noqa: PLC0415 - imports PyTorch

    network = CurveNetwork(model).cuda()
    return lambda codes: enhanced_at_full_size(network, codes)


def _compiled(model: Path) -> Enhance:
    import torch  # noqa: PLC0415

    from .torch_network import CurveNetwork, enhanced_at_full_size  # noqa: PLC0415 - imports PyTorch

    network = CurveNetwork(model).half().cuda()
    compiled: Enhance = torch.compile(lambda codes: enhanced_at_full_size(network, codes), dynamic=False)
    return compiled


def _measured(
    method: str, make: Callable[[Path], Enhance], model: Path, size_wh: tuple[int, int], frames: int
) -> TorchPeer:
    width, height = size_wh
    try:
        frame_ms = _frame_ms(make(model), size_wh, frames)
    except (RuntimeError, ImportError, OSError) as exc:  # out of memory, or no compiler for Triton
        reason = " ".join((str(exc).splitlines() or [type(exc).__name__])[0].split())
        return TorchPeer(method=method, width=width, height=height, frame_ms=None, fps=None, left_out=reason)
    return TorchPeer(
        method=method,
        width=width,
        height=height,
        frame_ms=round(frame_ms, 3),
        fps=round(1e3 / frame_ms, 1),
        left_out="",
    )


def _frame_ms(enhance: Enhance, size_wh: tuple[int, int], frames: int) -> float:
    import torch  # noqa: PLC0415

    width, height = size_wh
    codes = torch.randint(0, 70, (1, 3, height, width), dtype=torch.uint8, device="cuda")
    times = []
    with torch.inference_mode():
        for _ in range(_WARM_UP + frames):
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            enhance(codes)
            end.record()
            end.synchronize()
            times.append(start.elapsed_time(end))
    return float(np.median(times[_WARM_UP:]))
