"""The enhancer estimates when it should, and applies what it estimated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime.cpu_enhancer import CpuEnhancer
from realtime.errors import ModelError
from realtime.estimator import CurveEstimator
from realtime.frames.colour import PixelLayout
from realtime.frames.picture import Picture
from realtime.options import EnhancerOptions, SmoothingOptions
from realtime.stage_times import StageTimes

from . import reference
from .tiny_model import constant_network, tiny_network, write_model

FRAME_S = 1 / 25
SIZE = (18, 26)

Size = tuple[int, ...]


@pytest.fixture
def estimates(monkeypatch: pytest.MonkeyPatch) -> list[Size]:
    """Return the shapes of the small pictures that the network has seen so far."""
    seen: list[Size] = []
    estimate = CurveEstimator.estimate

    def counted(self: CurveEstimator, image: NDArray[np.float32]) -> NDArray[np.float32]:
        seen.append(image.shape)
        return estimate(self, image)

    monkeypatch.setattr(CurveEstimator, "estimate", counted)
    return seen


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    return str(write_model(tmp_path / "tiny.onnx", tiny_network()))


@pytest.fixture
def brightening(tmp_path: Path) -> str:
    return str(write_model(tmp_path / "brightening.onnx", constant_network(-0.4)))


def flat(code: int) -> Picture:
    return Picture.from_packed(np.full((*SIZE, 3), code, np.uint8))


def stream(enhancer: CpuEnhancer, codes: list[int], estimates: list[Size]) -> list[bool]:
    """Enhance flat frames, and tell for each whether the network ran."""
    ran = []
    for index, code in enumerate(codes):
        before = len(estimates)
        enhancer.enhance(flat(code), index * FRAME_S)
        ran.append(len(estimates) > before)
    return ran


def options(model: str, **choices: object) -> EnhancerOptions:
    return EnhancerOptions(model=model, threads=1, **choices)


@pytest.mark.parametrize("strength", [0.25, 1.0])
def test_strength_scales_the_curves(brightening: str, strength: float) -> None:
    picture = flat(50)
    with CpuEnhancer(options(brightening, strength=strength)) as enhancer:
        enhancer.enhance(picture, 0.0)
    value = np.full((*SIZE, 3), 50 / 255)
    maps = np.full((*SIZE, 24), -0.4 * strength, np.float32)
    expected = round(255 * reference.curved(value, maps, 1, "quadratic")[0, 0, 0])
    assert expected > 60
    assert np.unique(picture.planes[0]).tolist() == [expected]


def test_strength_0_changes_nothing_and_runs_nothing(tiny: str, estimates: list[Size]) -> None:
    random = np.random.default_rng(8)
    planes = tuple(random.integers(0, 256, SIZE, np.uint8) for _ in range(3))
    before = [plane.copy() for plane in planes]
    with CpuEnhancer(options(tiny, strength=0)) as enhancer:
        enhancer.enhance(Picture(planes, SIZE[1], SIZE[0], PixelLayout(kind="yuv")), 0.0)
    np.testing.assert_array_equal(planes, before)
    assert not estimates


def test_maps_are_applied_on_the_grid_they_were_estimated_on(tmp_path: Path) -> None:
    # 26×18 pixels, at most 16 of them seen: cells of 2 pixels, and maps on a grid of 3 cells.
    network = tiny_network(stride=3)
    model = write_model(tmp_path / "coarse.onnx", network)
    random = np.random.default_rng(9)
    array = random.integers(0, 90, (*SIZE, 3), np.uint8)
    small = array.reshape(9, 2, 13, 2, 3).mean(axis=(1, 3), dtype=np.float64) / 255
    maps = CurveEstimator(model, threads=1).estimate(small.transpose(2, 0, 1).astype(np.float32))
    expected = 255 * reference.curved(array / 255, maps, 6, "quadratic")
    with CpuEnhancer(options(str(model), map_size=16, shadow_floor=0)) as enhancer:
        enhancer.enhance(Picture.from_packed(array), 0.0)
    # Half a code of rounding, and what float32 adds to it.
    np.testing.assert_allclose(array, expected, rtol=0, atol=0.51)


def test_the_shadow_floor_is_heeded(brightening: str) -> None:
    noise = np.indices(SIZE).sum(axis=0) % 2  # red and blue in turn
    spreads = []
    for shadow_floor in (0, 0.12):
        array = np.where(noise[..., np.newaxis], (6, 2, 2), (2, 2, 6)).astype(np.uint8)
        with CpuEnhancer(options(brightening, shadow_floor=shadow_floor)) as enhancer:
            enhancer.enhance(Picture.from_packed(array), 0.0)
        spreads.append(np.ptp(array[..., 0].astype(int) - array[..., 2]))
    assert spreads[1] < spreads[0] / 2


def test_the_colour_of_a_dark_room_is_kept(brightening: str) -> None:
    rooms = []
    for shadow_floor in (0, 0.12):
        array = np.full((*SIZE, 3), (6, 2, 2), np.uint8)
        with CpuEnhancer(options(brightening, shadow_floor=shadow_floor)) as enhancer:
            enhancer.enhance(Picture.from_packed(array), 0.0)
        rooms.append(array)
    assert np.ptp(rooms[0]) > 8
    np.testing.assert_allclose(rooms[1].astype(int), rooms[0], rtol=0, atol=1)


def test_the_network_runs_on_every_nth_frame(tiny: str, estimates: list[Size]) -> None:
    with CpuEnhancer(options(tiny, estimate_every=3)) as enhancer:
        ran = stream(enhancer, 8 * [50], estimates)
    assert ran == [True, False, False, True, False, False, True, False]


def test_with_auto_the_network_runs_when_the_picture_changes_and_at_cuts(
    tiny: str, estimates: list[Size]
) -> None:
    with CpuEnhancer(options(tiny, estimate_every="auto")) as enhancer:
        ran = stream(enhancer, [50, 50, 50, 54, 54, 200, 200], estimates)
    assert ran == [True, False, False, True, False, True, False]


def test_a_cut_is_estimated_at_once_and_counting_starts_there(tiny: str, estimates: list[Size]) -> None:
    with CpuEnhancer(options(tiny, estimate_every=3)) as enhancer:
        ran = stream(enhancer, [50, 50, 200, 200, 200, 200], estimates)
    assert ran == [True, False, True, False, False, True]


@pytest.mark.parametrize(("codes", "settled"), [([40, 120], True), ([40, 46], False)], ids=["cut", "no cut"])
def test_after_a_cut_the_first_frame_is_as_if_it_stood_alone(
    tiny: str, codes: list[int], settled: bool
) -> None:
    alone, after = flat(codes[1]), flat(codes[1])
    with CpuEnhancer(options(tiny, smoothing=SmoothingOptions(seconds=5))) as enhancer:
        enhancer.enhance(alone, 0.0)
        enhancer.reset()
        enhancer.enhance(flat(codes[0]), 0.0)
        enhancer.enhance(after, FRAME_S)
    assert np.array_equal(after.planes[0], alone.planes[0]) is settled


def test_every_frame_is_enhanced_between_estimates(brightening: str) -> None:
    with CpuEnhancer(options(brightening, estimate_every=10)) as enhancer:
        for index in range(4):
            picture = flat(50)
            enhancer.enhance(picture, index * FRAME_S)
            assert picture.planes[0].min() > 60


def test_stages_are_timed(tiny: str) -> None:
    times = StageTimes()
    with CpuEnhancer(options(tiny), times=times) as enhancer:
        enhancer.enhance(flat(50), 0.0)
    assert list(times.mean_ms(1)) == ["shrink", "estimate", "smooth", "apply"]


def test_a_model_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelError, match="no model named 'nonesuch'"):
        CpuEnhancer(EnhancerOptions(model="nonesuch"))
