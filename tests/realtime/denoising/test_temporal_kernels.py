"""The compiled passes of the denoiser equal what NumPy computes in 64 bits, at any size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.denoising.temporal_kernels import compare_blocks, follow_rows, mean_around

SIDES = st.integers(1, 21)


def blocks_of(values: np.ndarray, span: int, rows: int) -> np.ndarray:
    """Average over blocks; those on the border are smaller."""
    height, width = values.shape
    return np.array(
        [
            [values[y : y + rows, x : x + span].mean() for x in range(0, width, span)]
            for y in range(0, height, rows)
        ]
    )


@pytest.mark.parametrize(("bits", "span", "rows"), [(8, 4, 4), (8, 2, 2), (8, 1, 4), (10, 4, 4), (16, 4, 1)])
@given(height=SIDES, width=SIDES, seed=st.integers(0, 99), strided=st.booleans())
@settings(max_examples=30, deadline=None)
def test_blocks_are_compared(
    bits: int, span: int, rows: int, height: int, width: int, seed: int, strided: bool
) -> None:
    generator, shift = np.random.default_rng(seed), 16 - bits
    dtype = np.uint8 if bits == 8 else np.uint16
    stored = generator.integers(0, 1 << bits, (height, 3 * width if strided else width + 2), dtype)
    plane = stored[:, 1::3] if strided else stored
    past = generator.integers(0, 1 << 16, (height, width), np.uint16)
    shape = (-(-height // rows), -(-width // span))
    level, change, grain = (np.full(shape, np.nan, np.float32) for _ in range(3))

    for begin in range(shape[0]):
        compare_blocks(plane, past, span, rows, 1 << shift, level, change, grain, begin, begin + 1)

    codes = plane[:, :width].astype(np.float64) * (1 << shift)
    below = codes[[*range(1, height), max(height - 2, 0)]]
    step = codes - below
    second = np.abs(np.diff(np.append(step, step[:, -1:], axis=1), axis=1)) / 2
    np.testing.assert_allclose(level, blocks_of(codes, span, rows), rtol=1e-5)
    np.testing.assert_allclose(change, blocks_of(np.abs(codes - past), span, rows), rtol=1e-5)
    np.testing.assert_allclose(grain, blocks_of(second, span, rows), rtol=1e-5)


@given(height=SIDES, width=SIDES, seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_blocks_are_averaged_with_those_around(height: int, width: int, seed: int) -> None:
    values = np.random.default_rng(seed).random((height, width), np.float32)
    means = np.empty_like(values)
    for begin in range(height):
        mean_around(values, means, begin, begin + 1)
    expected = [
        [values[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].mean() for x in range(width)]
        for y in range(height)
    ]
    np.testing.assert_allclose(means, expected, rtol=1e-5)


@pytest.mark.parametrize(("bits", "span", "rows"), [(8, 4, 4), (8, 12, 4), (8, 2, 2), (10, 1, 4), (16, 4, 1)])
@given(height=SIDES, width=SIDES, seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_means_follow(bits: int, span: int, rows: int, height: int, width: int, seed: int) -> None:
    generator, shift, peak = np.random.default_rng(seed), 16 - bits, (1 << bits) - 1
    plane = generator.integers(0, peak + 1, (height, width + 3), np.uint8 if bits == 8 else np.uint16)
    past = generator.integers(0, (peak << shift) + 1, (height, width), np.uint16)
    shares = generator.random((-(-height // rows), -(-width // span)), np.float32)
    shares.flat[0] = 1
    before = past.astype(np.float64)
    codes = plane[:, :width].astype(np.float64) * (1 << shift)

    for begin in range(shares.shape[0]):
        follow_rows(plane, past, span, rows, 1 << shift, shares, begin, begin + 1)

    share = np.repeat(np.repeat(shares, rows, axis=0), span, axis=1)[:height, :width]
    mean = before + share * (codes - before)
    np.testing.assert_allclose(past, mean, atol=0.51)
    np.testing.assert_array_equal(past[:rows, :1], codes[:rows, :1])
