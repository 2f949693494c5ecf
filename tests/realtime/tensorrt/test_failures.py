"""Every way in which the whole GPU pipeline can fail, on a machine without one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from realtime.cpu_enhancer import CpuEnhancer
from realtime.errors import DeviceError

from ..tiny_model import tiny_network, write_model
from .fake_cuda import LaunchError, LogicError
from .fakes import FakeMachine
from .films import OPTIONS, at_once, enhanced, film, largest_difference, scene


@pytest.mark.parametrize(
    "function",
    ["init", "push", "Stream", "Event", "mem_alloc", "pagelocked_empty", "module_from_buffer", "launch",
     "record", "memcpy_htod_async", "memcpy_dtoh_async", "memset_d8_async", "wait_for_event", "synchronize"],
)  # fmt: skip
def test_a_failure_of_any_call_is_told_in_one_line(machine: FakeMachine, function: str) -> None:
    machine.cuda.fail(function, LogicError(f"{function} failed: unknown error"))

    def work() -> None:
        at_once(machine.open(OPTIONS), film())

    with pytest.raises(DeviceError, match=rf"the GPU .*{function} failed: unknown error\)"):
        work()


def test_a_device_that_is_lost_in_mid_stream_loses_no_finished_frame(machine: FakeMachine) -> None:
    enhancer = machine.open(OPTIONS)
    pictures = film(5)
    at_once(enhancer, pictures[:3])
    for function in ("launch", "synchronize", "memcpy_htod_async", "push"):
        machine.cuda.fail(function, LaunchError("cuLaunchKernel failed: unspecified launch failure"))
    with pytest.raises(DeviceError, match=r"the GPU failed .*unspecified launch failure"):
        at_once(enhancer, pictures[3:])
    assert largest_difference(pictures[3:], film(5)[3:]) == 0
    with CpuEnhancer(OPTIONS) as reference:
        assert largest_difference(pictures[:3], enhanced(reference, film(3))) <= 1
    enhancer.close()


def test_a_device_that_is_lost_between_two_graphs_is_told_with_the_driver_s_reason(
    machine: FakeMachine,
) -> None:
    enhancer = machine.open(OPTIONS)
    enhancer.enhance(scene(0), 0.0)
    machine.library.status = 719
    with pytest.raises(
        DeviceError, match=r"the GPU failed \(cuGraphLaunch: error 719, reason 719\); look at"
    ):
        enhancer.enhance(scene(1), 0.04)
    enhancer.close()


def test_too_little_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine.install(monkeypatch, memory_bytes=20_000)
    enhancer = machine.open(OPTIONS)
    with pytest.raises(DeviceError, match=r"the GPU has too little free memory .* or use --backend cpu"):
        enhancer.enhance(scene(0), 0.0)
    enhancer.close()


def test_an_engine_that_does_not_load_is_told(machine: FakeMachine, tmp_path: Path) -> None:
    model = write_model(tmp_path / "tiny.onnx", tiny_network())
    machine.tensorrt.has_room = False
    with pytest.raises(DeviceError, match="TensorRT cannot make room to run the engine: out of memory"):
        machine.open(replace(OPTIONS, model=str(model)))


def test_a_network_that_cannot_be_run_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine.install(monkeypatch, capturable=False)
    enhancer = machine.open(OPTIONS)
    enhancer.enhance(scene(0), 0.0)
    machine.tensorrt.fails_at = machine.tensorrt.enqueued + 1
    with pytest.raises(DeviceError, match="TensorRT cannot run the network on a picture: enqueue failed"):
        enhancer.enhance(scene(1), 0.04)


@pytest.mark.parametrize(
    "method", ["set_optimization_profile_async", "set_input_shape", "set_tensor_address"]
)
def test_what_tensorrt_refuses_is_told(machine: FakeMachine, method: str) -> None:
    machine.tensorrt.refuses = method
    with machine.open(OPTIONS) as enhancer:
        message = rf"TensorRT cannot run the network on pictures of \d+×\d+: {method} refused"
        with pytest.raises(DeviceError, match=message):
            enhancer.enhance(scene(0), 0.0)
        machine.tensorrt.refuses = ""  # whoever tries again starts afresh
        picture, expected = scene(0), scene(0)
        enhancer.enhance(picture, 0.0)
    with CpuEnhancer(OPTIONS) as reference:
        reference.enhance(expected, 0.0)
    assert largest_difference([picture], [expected]) <= 1
    assert (machine.cuda.live, machine.library.live) == ({}, 0)


def test_a_capture_that_fails_is_no_reason_for_a_later_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine.install(monkeypatch)
    machine.tensorrt.fails_at = 2  # the first is the warm-up, the second is captured
    with machine.open(OPTIONS) as enhancer:
        with pytest.raises(DeviceError, match="on a picture: enqueue failed"):
            enhancer.enhance(scene(0), 0.0)
        assert enhancer._network._callbacks.logger.errors == ["enqueue failed"]
