"""On a GPU: `make test-gpu`. Without one these are skipped; with REQUIRE_GPU=1 they fail."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from export.errors import NoGpuError
from export.gpu import find_gpu
from export.tensorrt_api import runs_here
from realtime.cpu_enhancer import CpuEnhancer
from realtime.enhancer import Enhancer
from realtime.estimator import find_model
from realtime.frames.colour import PixelLayout
from realtime.options import EnhancerOptions

from ..realtime.tensorrt.films import LAYOUTS, at_once, enhanced, film, largest_difference

if TYPE_CHECKING:
    from realtime.tensorrt.network import Network

pytestmark = pytest.mark.gpu

OPTIONS = EnhancerOptions(map_size=128)
FULL_HD = (1920, 1080)


def missing(what: str) -> None:
    """Skip the test, or fail it where a GPU must be."""
    if os.environ.get("REQUIRE_GPU") == "1":
        pytest.fail(what)
    pytest.skip(what)


def need_gpu() -> None:
    """Skip or fail the test where there is no GPU, or nothing to use it by."""
    try:
        find_gpu()
    except NoGpuError as exc:
        missing(str(exc))
    if find_spec("pycuda") is None:
        missing("PyCUDA is not installed")


@pytest.fixture(params=["host", "torch", "tensorrt"])
def enhancer(request: pytest.FixtureRequest) -> Iterator[Enhancer]:
    """The enhancer on the GPU: with the network on the host, by PyTorch, and by TensorRT."""
    need_gpu()
    from realtime.tensorrt.enhancer import TensorrtEnhancer  # noqa: PLC0415
    from realtime.tensorrt.opening import open_tensorrt_enhancer  # noqa: PLC0415

    if request.param == "tensorrt":
        if not runs_here():
            pytest.skip("no TensorRT for this GPU")  # even where a GPU must be: all but the engine is tested
        opened = open_tensorrt_enhancer(OPTIONS)
    else:
        from benchmarks.host_network import HostNetwork  # noqa: PLC0415
        from benchmarks.torch_peers import has_torch  # noqa: PLC0415
        from realtime.tensorrt.device import Device  # noqa: PLC0415

        make: Callable[[Path], Network] = HostNetwork
        if request.param == "torch":
            if not has_torch():
                pytest.skip("PyTorch is not installed, or without CUDA")
            from benchmarks.torch_network import TorchNetwork  # noqa: PLC0415

            make = TorchNetwork
        opened = TensorrtEnhancer(OPTIONS, Device(), make(find_model(OPTIONS.model)))
    with opened:
        yield opened


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
@pytest.mark.parametrize("size_wh", [FULL_HD, (641, 363), (360, 640)], ids=["full HD", "odd", "portrait"])
def test_it_agrees_with_the_cpu(
    request: pytest.FixtureRequest, enhancer: Enhancer, layout: PixelLayout, size_wh: tuple[int, int]
) -> None:
    with CpuEnhancer(OPTIONS) as reference:
        expected = enhanced(reference, film(size_wh=size_wh, layout=layout))
    actual = at_once(enhancer, film(size_wh=size_wh, layout=layout))
    # One code of 8 bits for float32; two with the network in FP16, see export/verification.py.
    codes = 1 if request.node.callspec.params["enhancer"] == "host" else 2
    assert largest_difference(actual, expected) <= codes << (layout.bits - 8)


def test_the_network_may_run_less_often(enhancer: Enhancer) -> None:
    options = replace(OPTIONS, estimate_every=3)
    with CpuEnhancer(options) as reference:
        expected = enhanced(reference, film(size_wh=(640, 360)))
    enhancer.adjust(options)
    assert largest_difference(at_once(enhancer, film(size_wh=(640, 360))), expected) <= 2


def test_streams_of_the_same_frames_come_out_the_same(enhancer: Enhancer) -> None:
    first = at_once(enhancer, film(size_wh=FULL_HD))
    enhancer.reset()
    assert largest_difference(at_once(enhancer, film(size_wh=FULL_HD)), first) == 0


def test_the_bench_measures() -> None:
    need_gpu()
    from benchmarks.gpu import measure_gpu  # noqa: PLC0415 - imports PyCUDA

    (result,) = measure_gpu("context", [(1280, 720)], 20).results
    assert min(result.fps, result.device_fps, result.pass_gb_s) > 0
    assert 0 < result.share_of_large_copy < 1.5
