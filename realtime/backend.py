"""Which backend enhances frames on this machine, and why."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import NamedTuple

from export.errors import NoGpuError
from export.gpu import find_gpu
from export.manifest import Manifest
from export.tensorrt_api import Obstacle, is_installed, unsupported_gpu

from .cpu_enhancer import CpuEnhancer
from .denoising.enhancer import DenoisingEnhancer
from .enhancer import Enhancer
from .errors import BackendError, ModelError
from .estimator import find_model
from .options import Backend, EnhancerOptions
from .stage_times import StageTimes

log = logging.getLogger(__name__)


class BackendChoice(NamedTuple):
    """`tensorrt` or `cpu`, and the reason in a few words; empty where the user chose."""

    backend: Backend
    reason: str


def choose_backend(backend: Backend) -> BackendChoice:
    """Settle what runs the network and the curves; loads nothing but the driver's library.

    Raises:
        BackendError: TensorRT was asked for, and something that it needs is missing, or it does not run on
            the GPU.
    """
    match backend:
        case Backend.CPU:
            return BackendChoice(Backend.CPU, "")
        case Backend.TENSORRT:
            obstacle = _obstacle()
            if obstacle is None:
                return BackendChoice(Backend.TENSORRT, "")
            raise BackendError(f"{obstacle.what}: {obstacle.remedy}, or use --backend cpu")
        case Backend.AUTO:
            obstacle = _obstacle()
            if obstacle is None:
                return BackendChoice(Backend.TENSORRT, f"found {find_gpu().name}")
            return BackendChoice(Backend.CPU, obstacle.what)


def open_enhancer(options: EnhancerOptions | None = None, *, times: StageTimes | None = None) -> Enhancer:
    """Open the enhancer that the options ask for; the caller closes it.

    Args:
        options: What to do to each frame, and what with.
        times: Where the stages are timed.

    Raises:
        BackendError: TensorRT was asked for, and something that it needs is missing, or it does not run on
            the GPU.
        ModelError: The model is missing, damaged, or not one of ours, or its engine cannot be used.
        DeviceError: The GPU failed, or has too little memory.
    """
    options = options or EnhancerOptions()
    return DenoisingEnhancer(_opened(options, times), options, times=times)


def mention_unused_headroom(options: EnhancerOptions) -> None:
    """Say so where a headroom was chosen, and the model, which has been opened, has no use for it."""
    model = find_model(options.model)
    if options.headroom == EnhancerOptions().headroom or model.suffix != ".onnx":
        return
    if Manifest.read(model).curve == "quadratic":
        log.warning("--headroom has no effect with %s, whose curves are quadratic", options.model)


def require_gpu() -> None:
    """Make sure that there is a GPU, and PyCUDA to use it; TensorRT may be missing.

    Raises:
        BackendError: One of the two is not there.
    """
    try:
        find_gpu()
    except NoGpuError as exc:
        raise BackendError(f"{exc}: see docs/gpu.md") from exc
    if not find_spec("pycuda"):
        raise BackendError("PyCUDA not installed: pip install pycuda, as docs/gpu.md says")


def _obstacle() -> Obstacle | None:
    """Look for what the tensorrt backend needs: a driver, PyCUDA, and a TensorRT for the GPU, unimported."""
    try:
        gpu = find_gpu()
    except NoGpuError as exc:
        return Obstacle(str(exc), "install NVIDIA's driver, which brings libcuda.so.1")
    missing = [] if find_spec("pycuda") else ["PyCUDA"]
    missing += [] if is_installed() else ["TensorRT"]
    if missing:
        names = " and ".join(missing)
        return Obstacle(f"{names} not installed", "pip install pycuda tensorrt, as docs/gpu.md says")
    return unsupported_gpu(gpu)


def _opened(options: EnhancerOptions, times: StageTimes | None) -> Enhancer:
    match choose_backend(options.backend).backend:
        case Backend.TENSORRT:
            try:
                from .tensorrt.opening import open_tensorrt_enhancer  # noqa: PLC0415 - needs PyCUDA
            except ImportError as exc:
                raise BackendError(
                    f"PyCUDA does not load ({exc}); install it again, see docs/gpu.md, or use --backend cpu"
                ) from exc
            return open_tensorrt_enhancer(options, times=times)
        case _:
            if options.model.endswith(".engine"):
                raise ModelError(f"{options.model} is for a GPU, and the CPU is used; give the .onnx file")
            return CpuEnhancer(options, times=times)
