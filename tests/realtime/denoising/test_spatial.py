"""Pictures lose what varies by no more than noise where they are dark, and keep what stands out of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from realtime.denoising.enhancer import DenoisingEnhancer
from realtime.denoising.spatial import SpatialDenoiser
from realtime.denoising.spatial_kernels import REACH, luma_rows, shrunk_rows, smooth_rows
from realtime.frames.colour import PixelLayout
from realtime.frames.picture import Picture
from realtime.options import EnhancerOptions

from ...contract.fake_enhancer import FakeEnhancer

SIDES = st.integers(1, 19)
NOISE = 3


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def denoiser(request: pytest.FixtureRequest) -> Iterator[SpatialDenoiser]:
    denoiser = SpatialDenoiser(threads=request.param)
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


def denoised(denoiser: SpatialDenoiser, codes: np.ndarray) -> np.ndarray:
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
@given(height=SIDES, width=SIDES, seed=st.integers(0, 99), every=st.sampled_from([1, 3]))
@settings(max_examples=30, deadline=None)
def test_rows_are_those_of_the_filter_in_float64(
    bits: int, height: int, width: int, seed: int, every: int
) -> None:
    generator, scale = np.random.default_rng(seed), 65535 / ((1 << bits) - 1)
    dtype = np.uint8 if bits == 8 else np.uint16
    codes = generator.integers(0, 1 << bits, (height, every * width + 2), dtype)[:, ::every]
    guide = generator.integers(0, 65536, (height, width), np.uint16)
    result = np.zeros((height, every * width), np.uint16)[:, ::every]
    flat = np.full(
        256, generator.uniform(1, 400), np.float32
    )  # the same, where a mean is next to a whole one
    shares = generator.random(256, np.float32)
    begin = height // 2
    for rows in ((0, begin), (begin, height)):
        smooth_rows(codes, scale, guide, flat, shares, result, *rows)

    samples = codes[:, :width] * scale
    smooth = 256 * smoothed(guide / 256, samples / 256, flat)
    expected = samples + shares[guide >> 8] * (smooth - samples)
    np.testing.assert_allclose(result, expected.clip(0, 65535), atol=8)


@given(height=SIDES, width=SIDES, seed=st.integers(0, 99), shift_wh=st.sampled_from([(1, 1), (1, 0), (2, 2)]))
@settings(max_examples=30, deadline=None)
def test_luma_is_weighed_and_shrunk(height: int, width: int, seed: int, shift_wh: tuple[int, int]) -> None:
    generator, weights = np.random.default_rng(seed), np.array([0.3, 0.6, 0.1], np.float32)
    codes = generator.integers(0, 256, (height, 3 * width + 2), np.uint8)
    luma = np.zeros((height, width), np.uint16)
    luma_rows(codes, weights, 257.0, luma, 0, height)
    expected = codes[:, : 3 * width].reshape(height, width, 3) @ weights.astype(np.float64)
    np.testing.assert_allclose(luma, 257 * expected, atol=0.6)

    across, down = (1 << shift for shift in shift_wh)
    small = np.zeros((-(-height // down), -(-width // across)), np.uint16)
    shrunk_rows(luma, *shift_wh, small, 0, small.shape[0])
    for y, x in np.ndindex(small.shape):
        mean = luma[y * down : (y + 1) * down, x * across : (x + 1) * across].mean()
        assert abs(small[y, x] - mean) <= 1


def test_noise_goes_and_edges_stay(denoiser: SpatialDenoiser) -> None:
    mean = scene()
    error = denoised(denoiser, filmed(mean, NOISE)) - mean
    assert abs(error.mean()) < 0.1
    assert error[180:, 10:].std() < 0.4 * NOISE
    assert error[:, 80:83].std() < 1.2 * NOISE  # at an edge


def test_a_picture_without_noise_changes_by_a_code_at_most(denoiser: SpatialDenoiser) -> None:
    codes = filmed(scene(), 0)
    assert np.abs(denoised(denoiser, codes) - codes).max() < 1


def test_the_grain_of_what_is_bright_stays(denoiser: SpatialDenoiser) -> None:
    codes = filmed(scene() + 130, NOISE)
    assert np.abs(denoised(denoiser, codes) - codes).max() < 1


def test_averages_are_finer_than_codes(denoiser: SpatialDenoiser) -> None:
    result = denoised(denoiser, filmed(scene() / 5, 0.7))
    assert np.abs(result * 257 - np.rint(result) * 257).mean() > 20  # a whole code is 257


def test_grey_and_bgr_come_out_as_rgb_does(denoiser: SpatialDenoiser) -> None:
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
    np.testing.assert_allclose(alone / 256, of_three[:, ::3] / 257, atol=0.05)


def test_too_small_a_picture_to_tell_noise_by_is_fine(denoiser: SpatialDenoiser) -> None:
    codes = filmed(scene()[:1, :2], NOISE)
    assert np.abs(denoised(denoiser, codes) - codes).max() < 5


LAYOUTS = {
    "4:2:0": PixelLayout(kind="yuv", chroma_shift_wh=(1, 1)),
    "4:2:0 of 10 bits": PixelLayout(kind="yuv", bits=10, chroma_shift_wh=(1, 1)),
    "4:1:0, full range": PixelLayout(kind="yuv", chroma_shift_wh=(2, 2), full_range=True),
    "4:4:4 of 16 bits": PixelLayout(kind="yuv", bits=16),
    "grey of 10 bits": PixelLayout(kind="grey", bits=10),
    "BGR": PixelLayout(kind="bgr"),
    "RGB of 16 bits": PixelLayout(kind="rgb", bits=16),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_layout_is_denoised_and_written_back(denoiser: SpatialDenoiser, layout: PixelLayout) -> None:
    generator, step = np.random.default_rng(1), 1 << (layout.bits - 8)
    width, height, padding = 301, 221, 5
    shift_x, shift_y = layout.chroma_shift_wh
    packed = layout.kind in ("rgb", "bgr")
    sizes = [(height, 3 * width if packed else width)]
    sizes += [(-(-height >> shift_y), -(-width >> shift_x))] * 2 if layout.kind == "yuv" else []
    means = [40.0, 120.0, 136.0][: len(sizes)]
    planes = []
    for size, mean in zip(sizes, means, strict=True):
        plane = np.full((size[0], size[1] + padding), 7, np.uint8 if layout.bits == 8 else np.uint16)
        plane[:, : size[1]] = np.rint((mean + NOISE * generator.normal(size=size)) * step)
        planes.append(plane)
    picture = Picture(tuple(planes), width, height, layout)
    before = [plane.copy() for plane in planes]
    result = denoiser.denoise(picture)
    assert result.layout.bits == 16
    for plane, shown in zip(planes, before, strict=True):
        np.testing.assert_array_equal(plane, shown)
    denoiser.write_back(result, picture)
    for plane, size, mean in zip(planes, sizes, means, strict=True):
        samples = plane[:, : size[1]] / step
        assert abs(samples.mean() - mean) < 0.2
        assert samples.std() < 0.45 * NOISE
        assert (plane[:, size[1] :] == 7).all()


@given(bits=st.integers(8, 16), seed=st.integers(0, 99), kind=st.sampled_from(["rgb", "yuv"]))
@settings(deadline=None)
def test_writing_back_rounds(bits: int, seed: int, kind: Literal["rgb", "yuv"]) -> None:
    generator, layout = np.random.default_rng(seed), PixelLayout(kind=kind, bits=bits)
    deep = generator.integers(0, 65536, (4, 15)).astype(np.uint16)
    target = np.full((4, 17), 7, np.uint8 if bits == 8 else np.uint16)
    denoiser = SpatialDenoiser(threads=1)
    denoiser.write_back(
        Picture((deep,), 5, 4, PixelLayout(kind=kind, bits=16)), Picture((target,), 5, 4, layout)
    )
    denoiser.close()
    scale = 65535 / layout.peak if kind == "rgb" else 1 << (16 - bits)
    np.testing.assert_array_equal(target[:, :15], np.minimum(np.floor(deep / scale + 0.5), layout.peak))
    assert (target[:, 15:] == 7).all()


def test_the_same_comes_of_any_number_of_threads() -> None:
    codes = filmed(scene(), NOISE)
    results = []
    for threads in (1, 2, 3):
        denoiser = SpatialDenoiser(threads=threads)
        results.append(denoised(denoiser, codes))
        denoiser.close()
    np.testing.assert_array_equal(results[1], results[0])
    np.testing.assert_array_equal(results[2], results[0])


def test_bars_do_not_hide_the_noise_of_a_dark_picture(denoiser: SpatialDenoiser) -> None:
    codes = np.zeros((400, 300, 3), np.uint8)
    codes[100:300] = filmed(np.full((200, 300, 3), 10.0), NOISE)
    result = denoised(denoiser, codes)
    assert result[110:290].std() < 0.3 * codes[110:290].std()
    assert (result[:90] == 0).all()


def test_only_what_is_asked_for_is_denoised() -> None:
    codes, options = filmed(scene(), NOISE), EnhancerOptions(denoise=True)
    plain, asked = codes.copy(), codes.copy()
    with DenoisingEnhancer(FakeEnhancer(options, gain=0), options) as enhancer:
        enhancer.enhance_photo(Picture.from_packed(asked))
        enhancer.adjust(EnhancerOptions())
        enhancer.enhance_photo(Picture.from_packed(plain))
    np.testing.assert_array_equal(plain, codes)
    assert (asked[180:].astype(float) - scene()[180:]).std() < 0.5 * NOISE
