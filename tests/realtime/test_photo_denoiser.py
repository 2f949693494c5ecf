"""Photographs lose what varies by no more than noise, and keep what stands out of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from realtime.colour import PixelLayout
from realtime.denoising import DenoisingEnhancer
from realtime.frames import Picture
from realtime.guided_kernels import REACH, luma_rows, smooth_rows
from realtime.options import EnhancerOptions
from realtime.photo_denoiser import PhotoDenoiser, write_back

from ..contract.fake_enhancer import FakeEnhancer

SIDES = st.integers(1, 19)
NOISE = 3


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def denoiser(request: pytest.FixtureRequest) -> Iterator[PhotoDenoiser]:
    denoiser = PhotoDenoiser(threads=request.param)
    yield denoiser
    denoiser.close()


def scene() -> np.ndarray:
    """Return a dark wall of some colour with a brighter picture on it, (H, W, 3) in codes of 255."""
    y, x = np.mgrid[0:260, 0:300]
    luma = 20 + x / 30 + 50 * ((y > 60) & (y < 160) & (x > 80) & (x < 220))
    return luma[..., np.newaxis] * [1.0, 0.8, 0.6]


def filmed(mean: np.ndarray, noise: float) -> np.ndarray:
    generator = np.random.default_rng(1)
    return np.clip(np.rint(mean + noise * generator.normal(size=mean.shape)), 0, 255).astype(np.uint8)


def denoised(denoiser: PhotoDenoiser, codes: np.ndarray) -> np.ndarray:
    """Return what comes of an (H, W, 3) picture, in codes of 255."""
    result = denoiser.denoise(Picture.from_packed(codes))
    assert result.layout.bits == 16
    return result.planes[0].reshape(codes.shape) / 257


def smoothed(luma: np.ndarray, colour: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Filter a colour by luma, both in 1/256 of the range, in float64: He et al., equations 5, 6 and 8."""

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray(uniform_filter(values, 2 * REACH + 1, mode="nearest"))

    most = flat[np.minimum(mean(luma).astype(int), 255)]
    slope = (mean(luma * colour) - mean(luma) * mean(colour)) / (mean(luma**2) - mean(luma) ** 2 + most)
    offset = mean(colour) - slope * mean(luma)
    return np.asarray(mean(slope) * luma + mean(offset))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("colours", [1, 3])
@given(height=SIDES, width=SIDES, seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_rows_are_those_of_the_filter_in_float64(
    bits: int, colours: int, height: int, width: int, seed: int
) -> None:
    generator, peak = np.random.default_rng(seed), (1 << bits) - 1
    shape = (height, colours * width + 2)
    codes = generator.integers(0, peak + 1, shape).astype(np.uint8 if bits == 8 else np.uint16)
    weights = np.array([0.3, 0.6, 0.1] if colours == 3 else [1.0], np.float32)
    luma = np.zeros((height, width), np.uint16)
    result = np.zeros((height, colours * width), np.uint16)
    flat = np.full(
        256, generator.uniform(1, 400), np.float32
    )  # the same, where a mean is next to a whole one
    shares = generator.random(256, np.float32)
    for begin in range(height):
        luma_rows(codes, weights, 65535 / peak, luma, begin, begin + 1)
    begin = height // 2
    for rows in ((0, begin), (begin, height)):
        smooth_rows(codes, 65535 / peak, luma, flat, shares, result, *rows)

    samples = codes[:, : colours * width].reshape(height, width, colours) * (65535 / peak)
    np.testing.assert_allclose(luma, samples @ weights.astype(np.float64), atol=0.6)
    for colour in range(colours):
        smooth = 256 * smoothed(luma / 256, samples[..., colour] / 256, flat)
        expected = samples[..., colour] + shares[luma >> 8] * (smooth - samples[..., colour])
        np.testing.assert_allclose(result[:, colour::colours], expected.clip(0, 65535), atol=8)


def test_noise_goes_and_edges_stay(denoiser: PhotoDenoiser) -> None:
    mean = scene()
    error = denoised(denoiser, filmed(mean, NOISE)) - mean
    assert abs(error.mean()) < 0.1
    assert error[180:, 10:].std() < 0.4 * NOISE
    assert error[:, 80:83].std() < 1.2 * NOISE  # at an edge


def test_a_picture_without_noise_changes_by_a_code_at_most(denoiser: PhotoDenoiser) -> None:
    codes = filmed(scene(), 0)
    assert np.abs(denoised(denoiser, codes) - codes).max() < 1


def test_the_grain_of_what_is_bright_stays(denoiser: PhotoDenoiser) -> None:
    codes = filmed(scene() + 130, NOISE)
    assert np.abs(denoised(denoiser, codes) - codes).max() < 1


def test_averages_are_finer_than_codes(denoiser: PhotoDenoiser) -> None:
    result = denoised(denoiser, filmed(scene() / 5, 0.7))
    assert np.abs(result * 257 - np.rint(result) * 257).mean() > 20  # a whole code is 257


def test_grey_and_bgr_come_out_as_rgb_does(denoiser: PhotoDenoiser) -> None:
    codes = filmed(scene(), NOISE)
    layout = PixelLayout(kind="bgr")
    bgr = np.ascontiguousarray(codes[..., ::-1])
    picture = Picture((bgr.reshape(260, -1),), 300, 260, layout)
    turned = denoiser.denoise(picture).planes[0].reshape(codes.shape)[..., ::-1]
    as_rgb = denoiser.denoise(Picture.from_packed(codes)).planes[0].reshape(codes.shape)
    np.testing.assert_allclose(turned, as_rgb, atol=1)

    grey = np.ascontiguousarray(codes[..., 0])
    alone = denoiser.denoise(Picture((grey,), 300, 260, PixelLayout(kind="grey", full_range=True))).planes[0]
    of_three = denoiser.denoise(Picture.from_packed(np.repeat(grey[..., np.newaxis], 3, axis=2))).planes[0]
    np.testing.assert_allclose(alone, of_three[:, ::3], atol=3)


def test_too_small_a_picture_to_tell_noise_by_is_fine(denoiser: PhotoDenoiser) -> None:
    codes = filmed(scene()[:1, :2], NOISE)
    assert np.abs(denoised(denoiser, codes) - codes).max() < 5


@given(bits=st.integers(8, 16), seed=st.integers(0, 99))
def test_writing_back_rounds(bits: int, seed: int) -> None:
    generator, peak = np.random.default_rng(seed), (1 << bits) - 1
    deep = generator.integers(0, 65536, (4, 15)).astype(np.uint16)
    target = np.full((4, 17), 7, np.uint8 if bits == 8 else np.uint16)
    layout = PixelLayout(kind="rgb", bits=bits)
    write_back(Picture((deep,), 5, 4, PixelLayout(kind="rgb", bits=16)), Picture((target,), 5, 4, layout))
    np.testing.assert_array_equal(target[:, :15], np.floor(deep * (peak / 65535) + 0.5))
    assert (target[:, 15:] == 7).all()


def test_only_what_is_asked_for_is_denoised_and_never_yuv() -> None:
    codes, options = filmed(scene(), NOISE), EnhancerOptions(denoise=True)
    plain, asked = codes.copy(), codes.copy()
    with DenoisingEnhancer(FakeEnhancer(options, gain=0), options) as enhancer:
        enhancer.enhance_photo(Picture.from_packed(asked))
        planes = tuple(np.ascontiguousarray(codes[..., index]) for index in range(3))
        yuv = Picture(tuple(plane.copy() for plane in planes), 300, 260, PixelLayout(kind="yuv"))
        enhancer.enhance_photo(yuv)
        enhancer.adjust(EnhancerOptions())
        enhancer.enhance_photo(Picture.from_packed(plain))
    np.testing.assert_array_equal(plain, codes)
    np.testing.assert_array_equal(yuv.planes[1], planes[1])
    assert (asked[180:].astype(float) - scene()[180:]).std() < 0.5 * NOISE
