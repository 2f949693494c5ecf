"""Open the enhancer on the first GPU: take hold of it, and load or build the model's engine."""

from __future__ import annotations

from pathlib import Path

from export.build_progress import show_build
from export.engine_files import cached_engine, given_engine
from export.errors import ExportError
from export.gpu import find_gpu
from export.tensorrt_api import load_tensorrt

from ..errors import ModelError
from ..estimator import find_model
from ..options import EnhancerOptions
from ..stage_times import StageTimes
from .device import Device
from .enhancer import TensorrtEnhancer
from .network import EngineNetwork


def open_tensorrt_enhancer(options: EnhancerOptions, *, times: StageTimes | None = None) -> TensorrtEnhancer:
    """Open the enhancer on the first GPU; build the model's engine if this machine has none yet.

    Raises:
        ModelError: The model or its engine cannot be used.
        DeviceError: The GPU cannot be used.
    """
    device = Device()
    return TensorrtEnhancer(options, device, open_network(options, device), times=times)


def open_network(options: EnhancerOptions, device: Device) -> EngineNetwork:
    """Load the model's engine; build it if this machine has none yet.

    Raises:
        ModelError: The model or its engine cannot be used.
        DeviceError: The GPU cannot be used.
    """
    try:
        gpu = find_gpu()
        tensorrt = load_tensorrt()
        model = Path(options.model)
        if model.suffix == ".engine":
            engine = given_engine(model, tensorrt, gpu)
            if engine.manifest.key.map_size < options.map_size:
                raise ModelError(
                    f"{model} is for map sizes up to {engine.manifest.key.map_size}; "
                    f"add --map-size {engine.manifest.key.map_size}, or build one for {options.map_size}"
                )
        else:
            engine = cached_engine(find_model(options.model), options.map_size, tensorrt, gpu, show_build)
    except ExportError as exc:
        raise ModelError(f"{exc}; --backend cpu does without") from exc
    with device.current():
        return EngineNetwork(tensorrt, engine.plan, engine.manifest.key)
