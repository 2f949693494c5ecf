"""The denoiser takes noise where nothing moves, and leaves the rest as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.denoising.temporal import TemporalDenoiser, noise_of_levels
from realtime.frames.colour import PixelLayout
from realtime.frames.picture import Picture, sample_widths

WIDTH, HEIGHT, PADDING = 157, 90, 5

LAYOUTS = {
    "4:2:0": PixelLayout(kind="yuv", chroma_shift_wh=(1, 1)),
    "4:2:0 of 10 bits": PixelLayout(kind="yuv", bits=10, chroma_shift_wh=(1, 1)),
    "4:2:2": PixelLayout(kind="yuv", chroma_shift_wh=(1, 0)),
    "4:1:0": PixelLayout(kind="yuv", chroma_shift_wh=(2, 2)),
    "4:4:4 of 16 bits": PixelLayout(kind="yuv", bits=16),
    "grey": PixelLayout(kind="grey"),
    "BGR": PixelLayout(kind="bgr", full_range=True),
}
COLOURED = {name: layout for name, layout in LAYOUTS.items() if layout.kind != "grey"}


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def denoiser(request: pytest.FixtureRequest) -> Iterator[TemporalDenoiser]:
    denoiser = TemporalDenoiser(threads=request.param)
    yield denoiser
    denoiser.close()


def scene(layout: PixelLayout, width: int = WIDTH, height: int = HEIGHT) -> list[np.ndarray]:
    """Return the expected samples of each plane, in codes of 255: a ramp and edges, in the dark."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    luma = 30 + 40 * x / width + 8 * (np.floor(y / 20) % 2)
    if layout.kind == "bgr":
        return [np.stack([luma, 0.8 * luma, 0.6 * luma], axis=2).reshape(height, -1)]
    if layout.kind == "grey":
        return [luma]
    shift_x, shift_y = layout.chroma_shift_wh
    chroma = 128 + luma[:: 1 << shift_y, :: 1 << shift_x] / 10
    return [luma, chroma, 256 - chroma]


def filmed(
    expected: Sequence[np.ndarray], layout: PixelLayout, noise: float, generator: np.random.Generator
) -> Picture:
    """Return a picture of it with noise of this standard deviation, its rows ending in padding."""
    planes = []
    for mean in expected:
        codes = (mean + noise * generator.normal(size=mean.shape)) * (1 << (layout.bits - 8))
        plane = np.zeros(
            (mean.shape[0], mean.shape[1] + PADDING), np.uint8 if layout.bits == 8 else np.uint16
        )
        plane[:, : mean.shape[1]] = np.clip(np.rint(codes), 0, layout.peak)
        planes.append(plane)
    height, samples = expected[0].shape
    return Picture(tuple(planes), samples // 3 if layout.kind == "bgr" else samples, height, layout)


def errors(picture: Picture, expected: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the difference of each plane from what was expected, in codes of 255."""
    layout = picture.layout
    scale = layout.scale_to_16_bits / (257 if layout.kind == "bgr" else 256)
    return [
        scale * plane[:, :width] - mean
        for plane, width, mean in zip(picture.planes, sample_widths(picture), expected, strict=True)
    ]


def assert_stays(denoiser: TemporalDenoiser, picture: Picture) -> None:
    result = denoiser.denoise(picture)
    assert result.layout.bits == 16
    scale = picture.layout.scale_to_16_bits
    for plane, shown, width in zip(result.planes, picture.planes, sample_widths(picture), strict=True):
        np.testing.assert_array_equal(plane, shown[:, :width] * scale)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_noise_goes_where_nothing_moves(denoiser: TemporalDenoiser, layout: PixelLayout) -> None:
    generator, expected = np.random.default_rng(1), scene(layout)
    for _ in range(25):
        picture = filmed(expected, layout, 3, generator)
        result = denoiser.denoise(picture)
    for error, noise in zip(errors(result, expected), errors(picture, expected), strict=True):
        assert error.std() < 0.4 * noise.std()
        assert abs(error.mean()) < 0.1


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_bars_do_not_hide_the_noise_of_a_dark_picture(
    denoiser: TemporalDenoiser, layout: PixelLayout
) -> None:
    generator, expected = np.random.default_rng(1), [mean.copy() for mean in scene(layout)]
    expected[0][:] = 28
    for _ in range(25):
        picture = filmed(expected, layout, 3, generator)
        for plane in picture.planes:
            bar = len(plane) // 4
            plane[:bar] = plane[-bar:] = 16 << (layout.bits - 8)
        result = denoiser.denoise(picture)
    for error in errors(result, expected):
        middle = slice(len(error) // 3, 2 * len(error) // 3)
        assert error[middle].std() < 0.45 * 3


def test_what_moves_leaves_nothing_behind(denoiser: TemporalDenoiser) -> None:
    generator, layout = np.random.default_rng(1), LAYOUTS["4:2:0"]
    for index in range(25):
        expected = scene(layout)
        left = 4 * index
        expected[0][30:60, left : left + 30] += 25
        picture = denoiser.denoise(filmed(expected, layout, 3, generator))
    error = np.abs(errors(picture, expected)[0])
    assert error[30:60, left : left + 30].mean() < 2.6  # as it came: 0.8 of the standard deviation
    assert error[30:60, left - 60 : left].mean() < 2.6  # where it was
    assert error[64:, :].mean() < 1.1


@pytest.mark.parametrize("layout", COLOURED.values(), ids=COLOURED.keys())
def test_what_differs_in_colour_alone_leaves_nothing_behind(
    denoiser: TemporalDenoiser, layout: PixelLayout
) -> None:
    def red(planes: Sequence[np.ndarray]) -> np.ndarray:
        return planes[0][:, 2::3] if layout.kind == "bgr" else planes[2]

    generator = np.random.default_rng(1)
    for index in range(25):
        expected = scene(layout)
        height, width = red(expected).shape
        middle, left = slice(height // 3, 2 * height // 3), index * width // 40
        red(expected)[middle, left : left + width // 5] += 50
        picture = denoiser.denoise(filmed(expected, layout, 3, generator))
    error = np.abs(red(errors(picture, expected)))
    assert error[middle, left : left + width // 5].mean() < 2.8  # as it came: 0.8 of the standard deviation
    assert error[middle, :left].mean() < 2.8  # where it was
    assert error[-height // 6 :].mean() < 1.3


def test_a_cut_is_followed_at_once(denoiser: TemporalDenoiser) -> None:
    generator, layout = np.random.default_rng(1), LAYOUTS["4:2:0"]
    for _ in range(10):
        denoiser.denoise(filmed(scene(layout), layout, 2, generator))
    after = [mean[::-1] + 60 for mean in scene(layout)]
    assert_stays(denoiser, filmed(after, layout, 2, generator))


def test_a_slow_fade_lags_by_less_than_the_noise(denoiser: TemporalDenoiser) -> None:
    generator, layout = np.random.default_rng(1), LAYOUTS["4:2:0"]
    for index in range(40):
        expected = [scene(layout)[0] + index / 4, *scene(layout)[1:]]
        picture = denoiser.denoise(filmed(expected, layout, 3, generator))
    error = errors(picture, expected)[0]
    assert abs(error.mean()) < 1.5
    assert error.std() < 2


def test_a_dark_ramp_with_little_noise_keeps_what_is_between_two_codes(denoiser: TemporalDenoiser) -> None:
    generator = np.random.default_rng(1)
    expected = [np.broadcast_to(np.linspace(20, 24, WIDTH), (HEIGHT, WIDTH))]
    for _ in range(40):
        result = denoiser.denoise(filmed(expected, LAYOUTS["grey"], 0.6, generator))
    columns = errors(result, expected)[0].mean(axis=0)
    assert np.abs(columns).max() < 0.15  # rounded to codes: up to a half


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_video_without_noise_stays_as_it_is(denoiser: TemporalDenoiser, layout: PixelLayout) -> None:
    generator = np.random.default_rng(1)
    for index in range(8):
        expected = scene(layout)
        if index > 3:
            expected[0][20:50, 8 * index : 8 * index + 40] = 90
        assert_stays(denoiser, filmed(expected, layout, 0, generator))


def test_the_first_frame_and_one_of_another_size_stay_as_they_are(denoiser: TemporalDenoiser) -> None:
    generator, layout = np.random.default_rng(1), LAYOUTS["4:2:0"]
    for width, height in ((WIDTH, HEIGHT), (60, 40), (WIDTH, HEIGHT)):
        assert_stays(denoiser, filmed(scene(layout, width, height), layout, 3, generator))


@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    layout=st.sampled_from(list(LAYOUTS.values())),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_samples_stay_among_those_that_were_seen(
    width: int, height: int, layout: PixelLayout, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    denoiser = TemporalDenoiser(threads=1)
    seen: list[list[np.ndarray]] = []
    for _ in range(4):
        picture = filmed(scene(layout, width, height), layout, generator.uniform(0, 90), generator)
        widths, scale = sample_widths(picture), layout.scale_to_16_bits
        seen.append([plane[:, :n] * scale for plane, n in zip(picture.planes, widths, strict=True)])
        result = denoiser.denoise(picture)
        for plane, before in zip(result.planes, zip(*seen, strict=True), strict=True):
            assert (np.min(before, axis=0) <= plane).all()
            assert (plane <= np.max(before, axis=0)).all()
    denoiser.close()


def test_noise_is_measured_for_each_level_of_brightness() -> None:
    generator = np.random.default_rng(1)
    levels = generator.uniform(2, 6, (60, 80)).astype(np.float32)
    deviation = 100 + 50 * np.floor(levels)
    # Means of 144 absolute differences, of independent noise.
    means = np.abs(generator.normal(size=(144, 60, 80))).mean(axis=0)
    change, grain = ((means * deviation).astype(np.float32) for _ in range(2))
    noise = noise_of_levels(levels, change, grain, rounding=0)
    assert noise is not None
    np.testing.assert_allclose(noise[2:6], np.sqrt(2 / np.pi) * np.array([200, 250, 300, 350]), rtol=0.06)
    assert (noise[:2] == noise[2]).all()  # where nothing is known, what is known nearby
    assert (noise[6:] == noise[5]).all()


def test_motion_everywhere_is_not_taken_for_noise() -> None:
    levels = np.full((60, 80), 3, np.float32)
    change, grain = np.full_like(levels, 900), np.full_like(levels, 100)
    noise = noise_of_levels(levels, change, grain, rounding=20)
    assert noise is not None
    assert noise[3] == 145


def test_too_few_blocks_tell_nothing() -> None:
    few = np.ones((3, 5), np.float32)
    assert noise_of_levels(few, few, few, rounding=0) is None
