"""Run the enhancer by the real PyCUDA over a driver that is none: see `test_pycuda.py`, which starts this.

Writes what it saw as JSON. PyCUDA's own warnings, of what it cannot clean up, go to stderr.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from benchmarks import device_times, gpu
from benchmarks.host_network import HostNetwork
from realtime.cpu_enhancer import CpuEnhancer
from realtime.cuda.sample_format import SampleFormat
from realtime.errors import DeviceError
from realtime.estimator import find_model
from realtime.options import Codec, Decoder, EncoderOptions, FileOptions
from realtime.tensorrt import device
from realtime.tensorrt.enhancer import TensorrtEnhancer
from realtime.video.pipeline import enhance_video

from ..cuda import host
from .films import LAYOUTS, OPTIONS, at_once, enhanced, film, largest_difference

DRIVER = ctypes.CDLL("libcuda.so.1")


def host_library(macros: Mapping[str, int], compute_capability: tuple[int, int]) -> bytes:
    """Compile the kernels as C++; the code is the path of the library, for the stub to load."""
    assert compute_capability == (8, 7)
    return host._library(tuple(macros.items()))._name.encode() + b"\0"


def opened() -> TensorrtEnhancer:
    """Open an enhancer with the network on the host."""
    return TensorrtEnhancer(OPTIONS, device.Device(), HostNetwork(find_model(OPTIONS.model)))


def differences() -> dict[str, int]:
    """Enhance a film of each layout in a thread of its own, as the runner does; compare with the CPU."""
    largest = {}
    for name, layout in LAYOUTS.items():
        with CpuEnhancer(OPTIONS) as cpu, opened() as enhancer:
            pictures = film(layout=layout)
            with ThreadPoolExecutor(1) as threads:
                threads.submit(at_once, enhancer, pictures).result()
            expected = enhanced(cpu, film(layout=layout))
            largest[name] = largest_difference(pictures, expected) >> (layout.bits - 8)
    return largest


def errors_of_two() -> list[str]:
    """Enhance with two enhancers at the same time, each in its own thread; return what they fail with."""
    host_library(SampleFormat(layout=film(1)[0].layout).macros, (8, 7))  # once, and not by both at once
    with opened() as first, opened() as second:
        meet = Barrier(2)

        def failing(enhancer: TensorrtEnhancer) -> str:
            with enhancer._device.current():
                meet.wait()  # the second is within when the first fails
            try:
                at_once(enhancer, film(4))
            except DeviceError as exc:
                return str(exc)
            return ""

        with ThreadPoolExecutor(2) as threads:
            return list(threads.map(failing, (first, second)))


def main() -> None:
    """Enhance, or fail where the environment says."""
    device.compile_kernels = host_library
    seen: dict[str, object] = {}
    try:
        match sys.argv[1]:
            case "enhance":
                device.Device()  # retains the context in another thread than that which closes
                with ThreadPoolExecutor(1) as threads:
                    seen["differences"] = threads.submit(differences).result()
            case "decode":
                target = Path(sys.argv[3])
                with opened() as enhancer:
                    files = FileOptions(decoder=Decoder.NVDEC)
                    seen["frames"] = enhance_video(
                        Path(sys.argv[2]), target, enhancer, EncoderOptions(codec=Codec.FFV1), files
                    )
                seen["uploads"] = DRIVER.stub_calls(b"cuMemcpyHtoDAsync")
            case "measure":
                device_times._MORE_THAN_CACHES_BYTES = 3 * 96 * 54
                device_times._LARGE_COPY_BYTES = 1 << 20
                gpu.has_torch = lambda: False
                report = gpu.measure_gpu("context", [(96, 54)], 4)
                seen["pass_ms"] = report.results[0].pass_ms
            case "fail":
                with opened() as enhancer, ThreadPoolExecutor(1) as threads:
                    threads.submit(at_once, enhancer, film(4)).result()
            case "fail two":
                # As CUDA's own runtime library does, by way of TensorRT: the context outlives PyCUDA's.
                DRIVER.cuDevicePrimaryCtxRetain(ctypes.byref(ctypes.c_void_p()), 7)
                seen["errors"] = errors_of_two()
    except DeviceError as exc:
        seen["error"] = str(exc)
    seen |= {"live": DRIVER.stub_live(), "depth": DRIVER.stub_depth()}
    seen["launches"] = DRIVER.stub_calls(b"cuLaunchKernel")
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
