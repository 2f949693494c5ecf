"""What every enhancer must do; each implementation is run through it."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from realtime.cpu_enhancer import CpuEnhancer
from realtime.denoising.enhancer import DenoisingEnhancer
from realtime.enhancer import Enhancer
from realtime.frames.colour import PixelLayout
from realtime.frames.picture import Picture
from realtime.options import EnhancerOptions, EstimateEvery

from ..realtime.tensorrt.fakes import FakeMachine
from .fake_enhancer import FakeEnhancer

WIDTH, HEIGHT, PADDING = 38, 22, 6

OPTIONS = EnhancerOptions(threads=2, map_size=16)
DENOISED = replace(OPTIONS, denoise=True)
IMPLEMENTATIONS: dict[str, Callable[[], Enhancer]] = {
    "cpu": lambda: CpuEnhancer(OPTIONS),
    "fake": lambda: FakeEnhancer(OPTIONS),
    "tensorrt": lambda: FakeMachine.install(patch).open(OPTIONS),
    "denoising": lambda: DenoisingEnhancer(CpuEnhancer(OPTIONS), DENOISED),
    "denoising, tensorrt": lambda: DenoisingEnhancer(FakeMachine.install(patch).open(OPTIONS), DENOISED),
}
patch = pytest.MonkeyPatch()


@pytest.fixture(params=IMPLEMENTATIONS.keys())
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def enhancer(kind: str) -> Iterator[Enhancer]:
    enhancer = IMPLEMENTATIONS[kind]()
    yield enhancer
    enhancer.close()
    patch.undo()


def dark_yuv(brightness: int = 40, bits: int = 8) -> Picture:
    """Return a dark 4:2:0 picture whose rows end in padding."""
    random = np.random.default_rng(2)
    dtype, scale = (np.uint8, 1) if bits == 8 else (np.uint16, 1 << (bits - 8))
    luma = random.integers(brightness - 10, brightness + 10, (HEIGHT, WIDTH + PADDING)) * scale
    chroma = np.full((HEIGHT // 2, WIDTH // 2 + PADDING), 128 * scale)
    planes = tuple(plane.astype(dtype) for plane in (luma, chroma, chroma.copy()))
    return Picture(planes, WIDTH, HEIGHT, PixelLayout(kind="yuv", bits=bits, chroma_shift_wh=(1, 1)))


def enhanced_luma(enhancer: Enhancer, brightness: int, time_s: float) -> np.ndarray:
    picture = dark_yuv(brightness)
    enhancer.enhance(picture, time_s)
    return picture.planes[0][:, :WIDTH]


@pytest.mark.parametrize("bits", [8, 10])
def test_a_dark_picture_becomes_brighter_in_place(enhancer: Enhancer, bits: int) -> None:
    picture = dark_yuv(bits=bits)
    planes, before = picture.planes, [plane.copy() for plane in picture.planes]
    enhancer.enhance(picture, 0.0)
    assert picture.planes is planes
    assert [(p.shape, p.dtype) for p in planes] == [(p.shape, p.dtype) for p in before]
    assert (planes[0][:, :WIDTH].astype(int) - before[0][:, :WIDTH]).min() > 0


def test_packed_pictures_share_the_array_they_were_made_from(enhancer: Enhancer) -> None:
    array = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    enhancer.enhance(Picture.from_packed(array), 0.0)
    assert array.min() > 40


@pytest.mark.parametrize("view", [slice(None), slice(None, None, 2), slice(None, None, -1)])
def test_arrays_of_opencv_are_enhanced_in_place(enhancer: Enhancer, view: slice) -> None:
    frames = np.full((2, 2 * HEIGHT, WIDTH, 3), 40, np.uint8)
    frame = frames[0][view]
    assert enhancer.enhance_bgr(frame) is frame
    assert frame.min() > 40
    assert (frames[1] == 40).all()


def test_a_frame_that_is_read_only_is_refused_and_left_as_it_is(enhancer: Enhancer) -> None:
    frame = np.full((HEIGHT, 2 * WIDTH, 3), 40, np.uint8)
    frame.flags.writeable = False
    for view in (frame, frame[:, ::2]):
        with pytest.raises(ValueError, match=r"the frame is read-only, .*; pass a copy of it"):
            enhancer.enhance_bgr(view)
    assert (frame == 40).all()


def test_what_is_no_frame_or_no_time_is_refused(enhancer: Enhancer) -> None:
    with pytest.raises(ValueError, match="expected an array, not tuple; OpenCV gives"):
        enhancer.enhance_bgr((True, np.zeros((HEIGHT, WIDTH, 3), np.uint8)))  # type: ignore[arg-type]
    frame = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    for time_s in (math.nan, math.inf):
        with pytest.raises(ValueError, match="the time of a frame must be a finite number of seconds, not"):
            enhancer.enhance_bgr(frame, time_s)
    assert (frame == 40).all()


def test_it_closes_at_the_end_of_a_with_block(enhancer: Enhancer) -> None:
    with enhancer as same:
        assert same is enhancer


def test_a_reset_makes_the_next_frame_the_first(enhancer: Enhancer) -> None:
    first = enhanced_luma(enhancer, 40, 7.0)
    enhanced_luma(enhancer, 60, 7.1)
    enhancer.reset()
    np.testing.assert_array_equal(enhanced_luma(enhancer, 40, 0.0), first)


def test_streams_of_the_same_frames_come_out_the_same(enhancer: Enhancer) -> None:
    streams = []
    for _ in range(2):
        enhancer.reset()
        streams.append([enhanced_luma(enhancer, 40 + index, index / 25) for index in range(4)])
    np.testing.assert_array_equal(streams[0], streams[1])


def test_frames_of_another_size_may_follow(enhancer: Enhancer) -> None:
    enhanced_luma(enhancer, 40, 0.0)
    array = np.full((5, 3, 3), 40, np.uint8)
    enhancer.enhance(Picture.from_packed(array), 0.04)
    assert array.min() > 40


def test_as_many_frames_as_it_says_may_be_under_way(enhancer: Enhancer) -> None:
    alone = [enhanced_luma(enhancer, 40 + 2 * index, index / 25) for index in range(6)]
    enhancer.reset()
    pictures = [dark_yuv(40 + 2 * index) for index in range(6)]
    for index, picture in enumerate(pictures):
        if index >= enhancer.depth:
            enhancer.finish()
        enhancer.begin(picture, index / 25)
    for _ in range(min(enhancer.depth, 6)):
        enhancer.finish()
    for picture, expected in zip(pictures, alone, strict=True):
        np.testing.assert_array_equal(picture.planes[0][:, :WIDTH], expected)


def test_a_reset_forgets_what_is_under_way(enhancer: Enhancer) -> None:
    first = enhanced_luma(enhancer, 40, 0.0)
    enhancer.begin(dark_yuv(60), 0.04)
    enhancer.reset()
    np.testing.assert_array_equal(enhanced_luma(enhancer, 40, 0.0), first)


@pytest.mark.parametrize(
    ("frames", "every", "used_before"), [(0, 1, False), (1, 1, False), (4, 3, True), (4, "auto", False)]
)
def test_another_goes_on_from_its_state(
    kind: str, enhancer: Enhancer, frames: int, every: EstimateEvery, used_before: bool
) -> None:
    brightness = [40, 41, 44, 43, 45, 90, 91, 90]  # a cut after the fifth
    enhancer.adjust(replace(DENOISED, estimate_every=every))
    alone = [enhanced_luma(enhancer, value, index / 25) for index, value in enumerate(brightness)]
    enhancer.reset()
    for index in range(frames):
        enhanced_luma(enhancer, brightness[index], index / 25)
    kept = io.BytesIO()
    np.savez(kept, **enhancer.state())
    with IMPLEMENTATIONS[kind]() as other, np.load(io.BytesIO(kept.getvalue())) as state:
        other.adjust(replace(DENOISED, estimate_every=every))
        if used_before:
            enhanced_luma(other, 70, 3.0)
        other.restore(dict(state))
        for index in range(frames, len(brightness)):
            np.testing.assert_array_equal(
                enhanced_luma(other, brightness[index], index / 25), alone[index], str(index)
            )


def test_its_state_is_a_copy(enhancer: Enhancer) -> None:
    enhanced_luma(enhancer, 40, 0.0)
    state = enhancer.state()
    kept = {name: value.copy() for name, value in state.items()}
    expected = enhanced_luma(enhancer, 60, 0.04)
    for name, value in kept.items():
        np.testing.assert_array_equal(state[name], value)
    for _ in range(2):  # what is restored is not used up
        enhancer.restore(state)
        np.testing.assert_array_equal(enhanced_luma(enhancer, 60, 0.04), expected)


def test_settings_change_from_the_next_frame_on(enhancer: Enhancer, kind: str) -> None:
    first = enhanced_luma(enhancer, 40, 0.0)
    enhancer.adjust(replace(OPTIONS, strength=0))
    np.testing.assert_array_equal(enhanced_luma(enhancer, 40, 0.1), dark_yuv().planes[0][:, :WIDTH])
    enhancer.adjust(DENOISED if kind.startswith("denoising") else OPTIONS)
    enhancer.reset()
    np.testing.assert_array_equal(enhanced_luma(enhancer, 40, 0.2), first)


def test_how_often_the_network_runs_is_told(enhancer: Enhancer) -> None:
    assert enhancer.estimate_every == 1
    enhancer.adjust(replace(OPTIONS, estimate_every=5))
    assert enhancer.estimate_every == 5


def test_what_takes_a_new_enhancer_cannot_be_changed(enhancer: Enhancer) -> None:
    with pytest.raises(ValueError, match="model cannot be changed while running; make a new enhancer"):
        enhancer.adjust(replace(OPTIONS, model="another"))


def test_closing_twice_is_allowed(enhancer: Enhancer) -> None:
    enhancer.close()
    enhancer.close()


def test_its_backend_has_a_name(enhancer: Enhancer) -> None:
    assert enhancer.backend


def test_a_photo_is_enhanced_by_itself_and_leaves_nothing_behind(enhancer: Enhancer) -> None:
    codes = np.random.default_rng(1).integers(0, 40, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    results = []
    for brightness in (40, 90):
        enhanced_luma(enhancer, brightness, 5.0)
        photo = codes.copy()
        enhancer.enhance_photo(Picture.from_packed(photo))
        results.append((photo, enhanced_luma(enhancer, 60, 1.0)))
    (photo, after), (other_photo, after_other) = results
    assert photo.mean() > codes.mean() + 5
    np.testing.assert_array_equal(photo, other_photo)
    np.testing.assert_array_equal(after, after_other)


def test_a_photo_forgets_frames_under_way(enhancer: Enhancer) -> None:
    results = []
    for is_begun in (True, False):
        if is_begun:
            enhancer.begin(dark_yuv(), 0.0)
        enhancer.enhance_photo(Picture.from_packed(np.full((HEIGHT, WIDTH, 3), 20, np.uint8)))
        picture = dark_yuv(60)
        enhancer.begin(picture, 1.0)
        enhancer.finish()
        results.append(picture.planes[0])
    np.testing.assert_array_equal(*results)
    assert results[0].mean() > dark_yuv(60).planes[0].mean()
