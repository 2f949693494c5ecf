"""Vectors of floats inside compiled kernels, one lane a pixel.

What is left to a compiler as loops over arrays becomes vector instructions or not, with checks and remainders
around them. An intrinsic written with these becomes exactly the instructions it says, in the registers of the
machine it is compiled on, whatever their width. Arithmetic reads as it does for numbers:

    value = scale * codes.floats(at, 8) + shift
    codes.write(value.clipped(0, peak), at)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import config
from numba.core.codegen import get_host_cpu_features

_FLOAT, _INDEX, _INT = ir.FloatType(), ir.IntType(64), ir.IntType(32)

# Multiplications and additions may be fused and reordered, but NaN and infinity keep their meaning.
_FLAGS = ("contract", "reassoc", "nsz", "arcp")


def widest_lanes() -> int:
    """Return how many float32 kernels should work on at once: a register of AVX-512, or one or two others."""
    set_by_hand: str | None = vars(config)["CPU_FEATURES"]
    features = set_by_hand if set_by_hand is not None else get_host_cpu_features()  # type: ignore[no-untyped-call]
    return 16 if "+avx512bw" in features.split(",") else 8


class Vector:
    """Lanes of float32 in a kernel that is being generated; operands may be vectors or numbers.

    Attributes:
        value: What holds them, as LLVM has it.
    """

    __slots__ = ("_builder", "value")

    def __init__(self, builder: ir.IRBuilder, value: Any) -> None:
        self._builder = builder
        self.value = value

    @classmethod
    def filled(cls, builder: ir.IRBuilder, scalar: Any, lanes: int) -> Vector:
        """Give every lane the same float32 of the kernel."""
        empty = ir.Constant(ir.VectorType(_FLOAT, lanes), ir.Undefined)
        first = builder.insert_element(empty, scalar, ir.Constant(_INT, 0))
        return cls(builder, first).shuffled([0] * lanes)

    def __add__(self, other: Vector | float) -> Vector:
        return Vector(self._builder, self._builder.fadd(self.value, self._like(other), flags=_FLAGS))

    def __sub__(self, other: Vector | float) -> Vector:
        return Vector(self._builder, self._builder.fsub(self.value, self._like(other), flags=_FLAGS))

    def __mul__(self, other: Vector | float) -> Vector:
        return Vector(self._builder, self._builder.fmul(self.value, self._like(other), flags=_FLAGS))

    def __truediv__(self, other: Vector | float) -> Vector:
        return Vector(self._builder, self._builder.fdiv(self.value, self._like(other), flags=_FLAGS))

    def __rtruediv__(self, other: float) -> Vector:
        return Vector(self._builder, self._builder.fdiv(self._like(other), self.value, flags=_FLAGS))

    def __radd__(self, other: float) -> Vector:
        return self + other

    def __rsub__(self, other: float) -> Vector:
        return Vector(self._builder, self._builder.fsub(self._like(other), self.value, flags=_FLAGS))

    def __rmul__(self, other: float) -> Vector:
        return self * other

    def at_least(self, other: Vector | float) -> Vector:
        """Return the larger of each lane and another."""
        return self._chosen(">", self._like(other))

    def at_most(self, other: Vector | float) -> Vector:
        """Return the smaller of each lane and another."""
        return self._chosen("<", self._like(other))

    def clipped(self, least: Vector | float, most: Vector | float) -> Vector:
        """Return lanes from `least` to `most`."""
        return self.at_least(least).at_most(most)

    def shuffled(self, lanes: Sequence[int]) -> Vector:
        """Return the lanes of these numbers."""
        return Vector(self._builder, _shuffled(self._builder, self.value, lanes))

    @staticmethod
    def joined(vectors: Sequence[Vector]) -> Vector:
        """Return the lanes of several, one after the other."""
        builder = vectors[0]._builder
        return Vector(builder, _joined(builder, [vector.value for vector in vectors]))

    def part(self, index: int, lanes: int) -> Vector:
        """Return so many lanes, the first of which is the index-th of such parts."""
        return self.shuffled(range(index * lanes, (index + 1) * lanes)) if lanes < len(self) else self

    def __len__(self) -> int:
        return int(self.value.type.count)

    def _chosen(self, comparison: str, other: Any) -> Vector:
        # Exactly what one instruction does, with NaN too.
        chosen = self._builder.fcmp_ordered(comparison, self.value, other)
        return Vector(self._builder, self._builder.select(chosen, self.value, other))

    def _like(self, other: Vector | float) -> Any:
        if isinstance(other, Vector):
            return other.value
        return ir.Constant(self.value.type, [float(other)] * len(self))


class Samples:
    """The samples of an array in a kernel that is being generated: float32, uint8 or uint16."""

    def __init__(self, context: Any, builder: ir.IRBuilder, kind: types.Array, array: Any) -> None:
        self._builder = builder
        self._data = context.make_array(kind)(context, builder, array).data
        self._type = context.get_data_type(kind.dtype)

    def floats(self, at: Any, lanes: int, offset: int = 0) -> Vector:
        """Read so many samples from an index on, which need not be aligned."""
        return self._vector(self._loaded(at, lanes, offset))

    def rows(self, lines: Sequence[Any], order: Sequence[int]) -> Vector:
        """Read samples from each of some indices on, as many of each, into lanes of that order."""
        codes = _joined(self._builder, [self._loaded(line, len(order) // len(lines), 0) for line in lines])
        return self._vector(_shuffled(self._builder, codes, order))

    def channels(self, at: Any, lanes: int) -> list[Vector]:
        """Read three channels of packed samples from an index on, so many of each; 8 at least."""
        # Windows of 16 samples, each with four pixels: one instruction shuffles within them, and widens.
        windows = [*range(0, 3 * lanes - 16, 12), 3 * lanes - 16]
        packed = _joined(self._builder, [self._loaded(at, 16, offset) for offset in windows])
        nothing, wide = ir.Constant(packed.type, None), 4 // self._size
        vectors = []
        for channel in range(3):
            places = [
                16 * window + 3 * (4 * window + pixel) + channel - begin
                for window, begin in enumerate(windows)
                for pixel in range(4)
            ]
            mask = [place if part == 0 else 4 * lanes for place in places for part in range(wide)]
            samples = _shuffled(self._builder, packed, mask, nothing)
            whole = self._builder.bitcast(samples, ir.VectorType(_INT, lanes))
            vectors.append(self._vector(whole))
        return vectors

    def prefetch(self, at: Any) -> None:
        """Have the cache lines around an index fetched, which will be needed soon; any index will do."""
        pointer = self._pointer(at, 0, ir.IntType(8))
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, _INT, _INT, _INT])
        fetch = self._builder.module.declare_intrinsic("llvm.prefetch", [pointer.type], kind)
        to_read, into_every_cache, data = (ir.Constant(_INT, number) for number in (0, 3, 1))
        self._builder.call(fetch, [pointer, to_read, into_every_cache, data])

    def write(self, vector: Vector, at: Any, offset: int = 0) -> None:
        """Write lanes of float32 from an index on."""
        self._store(vector.value, at, offset)

    def write_codes(
        self, vectors: Sequence[Vector], lines: Sequence[Any], peak: Vector | float, order: Sequence[int]
    ) -> None:
        """Write what `rows` reads, from the lanes of vectors, rounded and clipped to codes up to the peak."""
        codes, count = self._codes(vectors, peak), len(order) // len(lines)
        for index, line in enumerate(lines):
            lanes = [order.index(index * count + k) for k in range(count)]
            self._store(_shuffled(self._builder, codes, lanes), line, 0)

    def write_channels(self, vectors: Sequence[Vector], at: Any, peak: Vector | float) -> None:
        """Write three channels of packed samples from an index on, as `write_codes` does."""
        lanes = len(vectors[0])
        codes = self._codes([*vectors, vectors[0]], peak)  # the fourth, for a power of two, is not written
        order = [channel * lanes + lane for lane in range(lanes) for channel in range(3)]
        self._store(_shuffled(self._builder, codes, order), at, 0)

    def _codes(self, vectors: Sequence[Vector], peak: Vector | float) -> Any:
        """Round and clip the lanes of some vectors, and return them one after the other."""
        builder = self._builder
        if self._size > 1:
            vectors = [vector.clipped(0, peak) for vector in vectors]
        whole = _joined(
            builder, [builder.fptosi((v + 0.5).value, ir.VectorType(_INT, len(v))) for v in vectors]
        )
        if self._size == 1:  # narrowing instructions clip to what the type holds, of 8 bits the peak
            for comparison, limit in ((">", 0), ("<", 255)):
                limits = ir.Constant(whole.type, [limit] * whole.type.count)
                whole = builder.select(builder.icmp_signed(comparison, whole, limits), whole, limits)
        return builder.trunc(whole, ir.VectorType(self._type, whole.type.count))

    def _loaded(self, at: Any, lanes: int, offset: int) -> Any:
        pointer = self._pointer(at, offset, ir.VectorType(self._type, lanes))
        return self._builder.load(pointer, align=self._size)

    def _store(self, value: Any, at: Any, offset: int) -> None:
        self._builder.store(value, self._pointer(at, offset, value.type), align=self._size)

    def _vector(self, value: Any) -> Vector:
        if value.type.element != _FLOAT:
            value = self._builder.uitofp(value, ir.VectorType(_FLOAT, value.type.count))
        return Vector(self._builder, value)

    @property
    def _size(self) -> int:
        return 4 if self._type == _FLOAT else int(self._type.width) // 8

    def _pointer(self, at: Any, offset: int, kind: ir.Type) -> Any:
        index = self._builder.add(at, ir.Constant(_INDEX, offset))
        return self._builder.bitcast(self._builder.gep(self._data, [index]), kind.as_pointer())


def _joined(builder: ir.IRBuilder, values: Sequence[Any]) -> Any:
    """Return the lanes of several, one after the other."""
    total = values[0]
    for other in values[1:]:
        lanes, more = total.type.count, other.type.count
        wider = _shuffled(builder, other, [min(lane, more - 1) for lane in range(lanes)])
        total = _shuffled(builder, total, range(lanes + more), wider)
    return total


def _shuffled(builder: ir.IRBuilder, value: Any, lanes: Sequence[int], beside: Any = None) -> Any:
    """Return the lanes of these numbers; those of a vector beside it count on from its own."""
    other = ir.Constant(value.type, ir.Undefined) if beside is None else beside
    mask = ir.Constant(ir.VectorType(_INT, len(lanes)), list(lanes))
    return builder.shuffle_vector(value, other, mask)


def filled_leaves(builder: ir.IRBuilder, kind: Any, value: Any, lanes: int) -> Any:
    """Turn every float32 in nested tuples of a kernel, of that Numba type, into a vector; names are kept."""
    if kind == types.float32:
        return Vector.filled(builder, value, lanes)
    members = [builder.extract_value(value, index) for index in range(len(kind))]
    leaves = [filled_leaves(builder, *member, lanes) for member in zip(kind, members, strict=True)]
    return _named(kind, leaves)


def members_of(builder: ir.IRBuilder, kind: Any, value: Any) -> Any:
    """Take a tuple of a kernel apart, into one of the same names."""
    return _named(kind, [builder.extract_value(value, index) for index in range(len(kind))])


def _named(kind: Any, members: Sequence[Any]) -> Any:
    is_named = isinstance(kind, types.BaseNamedTuple)
    return kind.instance_class(*members) if is_named else tuple(members)
