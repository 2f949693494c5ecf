"""Vectors in kernels compute what NumPy does, lane by lane."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from llvmlite import ir
from numba import njit, types
from numba.core import config
from numba.extending import intrinsic
from numpy.typing import NDArray

from realtime.curves.vectors import Samples, Vector, filled_leaves, members_of, widest_lanes

LANES = 8
VALUES = np.array([-3.5, 0.25, 1, 7, 0, 2, -0.0, 100], np.float32)


def compute(formula: Any, values: NDArray[np.float32], count: int = LANES) -> NDArray[np.float32]:
    """Return what a formula makes of a vector of these values: so many lanes."""

    @intrinsic
    def formula_of(typing: Any, source: Any, target: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            source, target = (
                Samples(context, builder, kind, array)
                for kind, array in zip(signature.args, arguments, strict=True)
            )
            start = context.get_constant(types.intp, 0)
            target.write(formula(source.floats(start, len(values))), start)
            return context.get_dummy_value()

        return types.void(source, target), generate

    @njit
    def run(source: Any, target: Any) -> None:
        formula_of(source, target)

    result = np.full(count, np.nan, np.float32)
    run(values, result)
    return result


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (lambda x: 2 * x + 1, 2 * VALUES + 1),
        (lambda x: x * x - x, VALUES * VALUES - VALUES),
        (lambda x: 1 + x * 0.5, 1 + VALUES / 2),
        (lambda x: (1 - x) / (x * x + 1), (1 - VALUES) / (VALUES * VALUES + 1)),
        (lambda x: x.clipped(0, 1), VALUES.clip(0, 1)),
        (lambda x: x.at_least(2 * x), np.maximum(VALUES, 2 * VALUES)),
        (lambda x: x.shuffled(range(7, -1, -1)), VALUES[::-1]),
        (lambda x: x.part(1, 2), VALUES[2:4]),
        (lambda x: x.part(0, 8), VALUES),
        (lambda x: Vector.joined([x]), VALUES),
        (lambda x: Vector.joined([x.part(1, 4), x.part(0, 4)]), np.roll(VALUES, 4)),
        (lambda x: Vector.joined([x.part(k, 2) for k in (3, 2, 1, 0)]), VALUES[[6, 7, 4, 5, 2, 3, 0, 1]]),
    ],
)
def test_formulas_agree_with_numpy(formula: Any, expected: NDArray[np.float32]) -> None:
    np.testing.assert_array_equal(compute(formula, VALUES, expected.size), expected)


def test_nan_stays_out_of_what_is_clipped() -> None:
    assert compute(lambda x: x.clipped(0, 1), np.full(LANES, np.nan, np.float32)).tolist() == [0.0] * LANES


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_codes_are_read_exactly_and_written_rounded(dtype: type[np.unsignedinteger[Any]]) -> None:
    peak = np.iinfo(dtype).max
    codes = np.array([0, 1, 2, 127, 128, peak - 2, peak - 1, peak], dtype)

    def halve(samples: Samples, at: Any) -> None:
        samples.write_codes([samples.floats(at, LANES) * 0.5], [at], peak, range(LANES))

    around = np.concatenate((codes[:4], codes, codes[:3]))
    change(halve, around, 4)
    np.testing.assert_array_equal(around, [*codes[:4], *(codes.astype(int) + 1) // 2, *codes[:3]])


@pytest.mark.parametrize(("dtype", "peak"), [(np.uint8, 255), (np.uint16, 1023), (np.uint16, 65535)])
def test_what_is_written_is_clipped_to_the_codes_there_are(
    dtype: type[np.unsignedinteger[Any]], peak: int
) -> None:
    def stretch(samples: Samples, at: Any) -> None:
        samples.write_codes([samples.floats(at, LANES) * 3 - 9], [at], peak, range(LANES))

    codes = np.array([0, 1, 3, 4, 80, peak // 3 + 3, peak // 2, peak], dtype)
    expected = (3 * codes.astype(int) - 9).clip(0, peak)
    change(stretch, codes, 0)
    np.testing.assert_array_equal(codes, expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 4, 5, 2, 3, 6, 7]])
def test_rows_are_read_and_written_in_any_order_of_lanes(
    dtype: type[np.unsignedinteger[Any]], order: list[int]
) -> None:
    lanes = np.array(order)

    def add_lanes(samples: Samples, at: Any) -> None:
        builder = samples._builder
        lines = [at, builder.add(at, ir.Constant(ir.IntType(64), 10))]
        constant = ir.Constant(ir.VectorType(ir.FloatType(), LANES), [10.0 * lane for lane in range(LANES)])
        rows = samples.rows(lines, order) + Vector(builder, constant)
        samples.write_codes([rows], lines, 255, order)

    codes = np.arange(20, dtype=dtype)
    expected = codes.copy()
    places = np.array([1, 2, 3, 4, 11, 12, 13, 14])
    expected[places[lanes]] += (10 * np.arange(LANES)).astype(dtype)
    change(add_lanes, codes, 1)
    np.testing.assert_array_equal(codes, expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("lanes", [8, 16])
def test_channels_are_taken_apart_and_put_together(lanes: int, dtype: type[np.unsignedinteger[Any]]) -> None:
    def rotate(samples: Samples, at: Any) -> None:
        first, second, third = samples.channels(at, lanes)
        samples.write_channels([second, third, first * 2], at, 255)

    pixels = np.arange(3 * (lanes + 2), dtype=dtype).reshape(-1, 3)
    changed = pixels.copy()
    change(rotate, changed.reshape(-1), 3)
    np.testing.assert_array_equal(changed[[0, -1]], pixels[[0, -1]])
    np.testing.assert_array_equal(changed[1:-1], pixels[1:-1, [1, 2, 0]] * np.array([1, 1, 2], dtype))


def test_what_is_fetched_ahead_need_not_exist() -> None:
    def fetch(samples: Samples, at: Any) -> None:
        samples.prefetch(at)

    codes = np.arange(4, dtype=np.uint8)
    change(fetch, codes, 1 << 40)
    np.testing.assert_array_equal(codes, np.arange(4))


@pytest.mark.parametrize(
    ("features", "lanes"), [("+avx2,+avx512f,+avx512bw", 16), ("+avx2,-avx512bw", 8), ("", 8)]
)
def test_as_many_pixels_go_together_as_the_widest_registers_hold(
    monkeypatch: pytest.MonkeyPatch, features: str, lanes: int
) -> None:
    monkeypatch.setattr(config, "CPU_FEATURES", features)
    assert widest_lanes() == lanes


def change(work: Any, array: NDArray[Any], start: int) -> None:
    """Let a kernel work on an array, from an index on."""

    @intrinsic
    def work_on(typing: Any, samples: Any, at: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            work(Samples(context, builder, signature.args[0], arguments[0]), arguments[1])
            return context.get_dummy_value()

        return types.void(samples, types.intp), generate

    @njit
    def run(samples: Any, at: int) -> None:
        work_on(samples, at)

    run(array, start)


class Line(NamedTuple):
    slope: Any
    shifts: tuple[Any, Any]


def test_tuples_of_numbers_become_vectors_and_keep_their_names() -> None:
    @intrinsic
    def sum_of(typing: Any, target: Any, line: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            target = Samples(context, builder, signature.args[0], arguments[0])
            vectors = filled_leaves(builder, signature.args[1], arguments[1], LANES)
            slope = Vector.filled(builder, members_of(builder, signature.args[1], arguments[1]).slope, LANES)
            total = vectors.slope * slope + vectors.shifts[0] - vectors.shifts[1]
            target.write(total, context.get_constant(types.intp, 0))
            return context.get_dummy_value()

        return types.void(target, line), generate

    @njit
    def run(target: Any, line: Line) -> None:
        sum_of(target, line)

    result = np.empty(LANES, np.float32)
    run(result, Line(np.float32(3), (np.float32(5), np.float32(0.5))))
    assert result.tolist() == [13.5] * LANES
