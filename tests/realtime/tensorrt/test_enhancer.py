"""The whole GPU pipeline on a machine without one: its order, and its agreement with the CPU."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from realtime.cpu_enhancer import CpuEnhancer
from realtime.enhancer import Enhancer
from realtime.estimator import find_model
from realtime.frames.colour import PixelLayout
from realtime.frames.picture import Picture
from realtime.options import Codec, EncoderOptions, FileOptions, SmoothingOptions
from realtime.video.pipeline import enhance_video

from ...clips import make_clip, read_frames, read_times, samples
from ..tiny_model import constant_network, write_model
from .fakes import Device, FakeMachine, TensorrtEnhancer
from .films import LAYOUTS, OPTIONS, at_once, enhanced, film, largest_difference, scene


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
@pytest.mark.parametrize("way", [enhanced, at_once], ids=["one by one", "three at once"])
def test_it_agrees_with_the_cpu(
    machine: FakeMachine, layout: PixelLayout, way: Callable[[Enhancer, list[Picture]], list[Picture]]
) -> None:
    with CpuEnhancer(OPTIONS) as reference:
        expected = enhanced(reference, film(layout=layout))
    actual = way(machine.open(OPTIONS), film(layout=layout))
    # One code of 8 bits: float32 rounds differently, and maps that change by that move a code's border.
    assert largest_difference(actual, expected) <= 1 << (layout.bits - 8)
    assert largest_difference(actual, film(layout=layout)) > 8


@pytest.mark.parametrize(
    "choices",
    [
        {"estimate_every": 3},
        {"strength": 0.5, "shadow_floor": 0.0},
        {"smoothing": SmoothingOptions(seconds=0)},
        {"smoothing": SmoothingOptions(seconds=3)},
        {"model": "zero-dce", "map_size": 24},
    ],
    ids=", ".join,
)
def test_it_agrees_with_the_cpu_with_any_settings(machine: FakeMachine, choices: dict) -> None:
    options = replace(OPTIONS, **choices)
    with CpuEnhancer(options) as reference:
        expected = enhanced(reference, film())
    assert largest_difference(at_once(machine.open(options), film()), expected) <= 1


def test_without_tensorrt_the_network_may_be_on_the_host(machine: FakeMachine) -> None:
    with CpuEnhancer(OPTIONS) as reference:
        expected = enhanced(reference, film())
    from benchmarks.host_network import HostNetwork  # noqa: PLC0415 - imports what imports PyCUDA

    network = HostNetwork(find_model(OPTIONS.model))
    with TensorrtEnhancer(OPTIONS, Device(), network) as enhancer:
        assert largest_difference(at_once(enhancer, film()), expected) <= 1


def test_portrait_frames_take_the_other_profile(machine: FakeMachine) -> None:
    with CpuEnhancer(OPTIONS) as reference:
        expected = enhanced(reference, film(2, size_wh=(40, 90)))
    assert largest_difference(enhanced(machine.open(OPTIONS), film(2, size_wh=(40, 90))), expected) <= 1


def test_the_network_runs_when_it_should(machine: FakeMachine) -> None:
    enhancer = machine.open(replace(OPTIONS, estimate_every=3))
    runs = []
    for index, picture in enumerate(film(8)):  # a cut after the fifth
        before = machine.cuda.calls["cuGraphLaunch"]
        enhancer.enhance(picture, index / 25)
        runs.append(machine.cuda.calls["cuGraphLaunch"] - before)
    assert runs == [1, 0, 0, 1, 0, 1, 0, 0]


def test_it_is_replayed_as_a_graph_and_run_call_by_call_where_that_cannot_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    results = []
    for capturable in (True, False):
        machine = FakeMachine.install(monkeypatch, capturable=capturable)
        results.append(at_once(machine.open(OPTIONS), film()))
        assert (machine.cuda.calls["cuGraphLaunch"] == 8) is capturable
        # Once to warm up, once to capture, and then no more.
        assert machine.tensorrt.enqueued == (2 if capturable else 1 + 8)
    assert largest_difference(*results) == 0


def test_each_frame_comes_back_into_its_own_picture(machine: FakeMachine, tmp_path: Path) -> None:
    model = str(write_model(tmp_path / "still.onnx", constant_network(0.0)))
    enhancer = machine.open(replace(OPTIONS, model=model))
    pictures = [Picture.from_packed(np.full((20, 30, 3), index, np.uint8)) for index in range(10)]
    at_once(enhancer, pictures)
    assert [int(picture.planes[0].mean()) for picture in pictures] == list(range(10))


def test_no_picture_is_touched_before_it_is_finished(machine: FakeMachine) -> None:
    enhancer = machine.open(OPTIONS)
    pictures = film(3)
    for index, picture in enumerate(pictures):
        enhancer.begin(picture, index / 25)
    assert largest_difference(pictures, film(3)) == 0
    enhancer.finish()
    assert largest_difference(pictures[1:], film(3)[1:]) == 0
    assert largest_difference(pictures[:1], film(1)) > 0


def test_memory_is_allocated_once_and_given_back(machine: FakeMachine) -> None:
    enhancer = machine.open(OPTIONS)
    at_once(enhancer, film(3))
    allocated = machine.cuda.calls["mem_alloc"], machine.cuda.calls["pagelocked_empty"]
    at_once(enhancer, film(8))
    enhancer.reset()
    at_once(enhancer, film(8))
    assert (machine.cuda.calls["mem_alloc"], machine.cuda.calls["pagelocked_empty"]) == allocated
    at_once(enhancer, film(3, size_wh=(64, 64)))
    assert machine.library.live == 1
    enhancer.close()
    enhancer.close()
    assert (machine.cuda.live, machine.library.live) == ({}, 0)


def test_frames_of_another_kind_may_follow_while_others_are_under_way(machine: FakeMachine) -> None:
    enhancer = machine.open(OPTIONS)
    pictures = [scene(0), scene(1), scene(2, size_wh=(40, 90)), scene(3, layout=LAYOUTS["bgr"])]
    untouched = [scene(0), scene(1), scene(2, size_wh=(40, 90)), scene(3, layout=LAYOUTS["bgr"])]
    at_once(enhancer, pictures)
    for picture, before in zip(pictures, untouched, strict=True):
        assert largest_difference([picture], [before]) > 8
    with CpuEnhancer(OPTIONS) as reference:
        first = enhanced(reference, [scene(0), scene(1)])
    assert largest_difference(pictures[:2], first) <= 1


def test_a_reset_abandons_what_is_under_way(machine: FakeMachine) -> None:
    enhancer = machine.open(OPTIONS)
    abandoned = film(2)
    for picture in abandoned:
        enhancer.begin(picture, 0.0)
    enhancer.reset()
    assert largest_difference(abandoned, film(2)) == 0
    with CpuEnhancer(OPTIONS) as reference:
        expected = enhanced(reference, film(3))
    assert largest_difference(at_once(enhancer, film(3)), expected) <= 1


def test_strength_0_touches_nothing_and_keeps_the_order(machine: FakeMachine) -> None:
    enhancer = machine.open(OPTIONS)
    pictures = film(2)
    enhancer.begin(pictures[0], 0.0)
    enhancer.adjust(replace(OPTIONS, strength=0))
    enhancer.begin(pictures[1], 0.04)
    enhancer.finish()
    enhancer.finish()
    assert largest_difference(pictures[:1], film(1)) > 8
    assert largest_difference(pictures[1:], film(2)[1:]) == 0


def test_too_many_frames_under_way_are_a_mistake_of_ours(machine: FakeMachine) -> None:
    enhancer = machine.open(OPTIONS)
    for _ in range(enhancer.depth):
        enhancer.begin(scene(0), 0.0)
    with pytest.raises(RuntimeError, match="3 frames are under way; finish one first"):
        enhancer.begin(scene(0), 0.0)
    with pytest.raises(RuntimeError, match="must be finished first"):
        enhancer.enhance(scene(0), 0.0)


def test_any_thread_may_use_it(machine: FakeMachine) -> None:
    enhancer = machine.open(OPTIONS)
    pictures = film()
    thread = threading.Thread(target=lambda: at_once(enhancer, pictures))
    thread.start()
    thread.join()
    enhancer.close()
    assert largest_difference(pictures, film()) > 8
    assert machine.cuda.live == {}


def test_enhancers_share_a_context_that_is_never_released(machine: FakeMachine) -> None:
    for _ in range(2):
        machine.open(OPTIONS).close()
    assert machine.cuda.calls["retain_primary_context"] == 1


def test_a_video_comes_out_as_from_the_cpu(machine: FakeMachine, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mkv", pts=[0, 1, 4, 5, 11, 12, 13, 20])
    lossless = EncoderOptions(codec=Codec.FFV1)
    with CpuEnhancer(OPTIONS) as cpu, machine.open(OPTIONS) as gpu:
        for enhancer in (cpu, gpu):
            target = tmp_path / f"{enhancer.backend}.mkv"
            assert enhance_video(source, target, enhancer, lossless, FileOptions()) == 8
    assert read_times(tmp_path / "tensorrt.mkv") == read_times(source)
    frames = [read_frames(tmp_path / f"{backend}.mkv") for backend in ("cpu", "tensorrt")]
    for expected, actual in zip(*frames, strict=True):
        for one, other in zip(samples(expected), samples(actual), strict=True):
            assert np.abs(one.astype(int) - other).max() <= 1
