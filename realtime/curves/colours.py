"""What the full-size pass does to the colours of a block: curves, and which colours gain as they say.

Colours that may be noise gain as the shadows around do, by two tints that are interpolated as the maps are.
All colours are taken as they were without the tint of black, x as x·(1 + tint) − tint. Where pixels share
chroma samples, colours are told from noise by twos of rows: chroma goes by the means of what luma is, of what
colours gain and of the tints there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from export.manifest import COLOURS

from .arguments import Block
from .vectors import Samples, Vector, widest_lanes

TINTS = 2

LANES = widest_lanes()
# Pixels are enhanced in tiles of so many columns: narrow enough for the maps of a tile, if they are few, to
# stay in the first-level cache.
TILE = 480

# In the working memory of a tile: each map and tint at some row of pixels; then what each changes by to the
# next. Maps are stretched so many lanes at a time, the last past its end.
FIELDS = 2 * TILE
FIELD = TILE + LANES


def work_size(maps: int) -> int:
    """Return how many float32 a call of a kernel works with, from the maps of each colour."""
    return FIELDS + 2 * (COLOURS * maps + TINTS) * FIELD


class Fields:
    """The maps and the tints of a block, as they are stretched over the tile."""

    def __init__(self, builder: Any, memory: Samples, at: Block, maps: int) -> None:
        self._memory, self._at, self.channels = memory, at, COLOURS * maps
        self._position = Vector.filled(builder, at.position, LANES)

    def rows(self, channel: int) -> Iterator[Vector]:
        """Return one of them on every row, each computed when it is asked for."""
        step = self._read(self.channels + TINTS + channel)
        value = self._read(channel) + self._position * step
        while True:
            yield value
            value = value + step

    def tints(self) -> Iterator[tuple[Vector, ...]]:
        """Return the tints on every row."""
        return zip(*(self.rows(self.channels + tint) for tint in range(TINTS)), strict=True)

    def _read(self, field: int) -> Vector:
        return self._memory.floats(self._at.x, LANES, FIELDS + field * FIELD)


def gains_of(fields: Fields, starts: Iterable[Sequence[Vector]], is_rational: bool) -> Iterator[list[Vector]]:
    """Apply the maps, one after the other; return what the three colours of each row gain.

    With one map each row is done when it is asked for, so that registers hold little at a time. Several maps
    are gone through for all rows at once, so that each is read once.
    """
    if is_rational:
        all_roots = zip(*(fields.rows(channel) for channel in range(COLOURS)), strict=True)
        for start, roots in zip(starts, all_roots, strict=False):
            yield [_rational(value, root) - value for value, root in zip(start, roots, strict=True)]
        return
    starts = list(starts)
    values = [list(colour) for colour in zip(*starts, strict=True)]
    for channel in range(fields.channels):
        colour = channel % COLOURS
        values[colour] = list(map(_quadratic, values[colour], fields.rows(channel)))
    for start, *enhanced in zip(starts, *values, strict=True):
        yield [value - before for value, before in zip(enhanced, start, strict=True)]


def _quadratic(value: Vector, curve: Vector) -> Vector:
    return value + curve * (value * value - value)


def _rational(value: Vector, root: Vector) -> Vector:
    return value / (value + root * root * (1 - value))


def grey_of(colour: Sequence[Vector], belief: Any) -> Any:
    """Return the luma of what three colours gain."""
    first, second, third = colour
    return belief.luma[0] * first + belief.luma[1] * second + belief.luma[2] * third


def held_gains(
    grey: Vector, third: Vector, first: Vector, tints: Sequence[Vector], trust: Vector
) -> list[Vector]:
    """Return what is left of what two colours gain above grey; as far as they are not believed, the tints."""
    tinted_third, tinted_first = (tint * grey for tint in tints)
    return [tinted_third + trust * (third - tinted_third), tinted_first + trust * (first - tinted_first)]


def trust_in(colour: Sequence[Vector], belief: Any) -> Any:
    """Tell how far a colour stands out from noise and quantisation, from 0 (not at all) to 1.

    It grows with luma and with chroma, and is 1 from a luma of the floor or a chroma of half of that.
    """
    r, g, b = colour
    a = belief.squares
    first, second, third = a[0] * r + a[1] * g + a[2] * b, a[3] * g + a[4] * b, a[5] * b
    signal = (first * first + second * second + third * third + belief.least).at_most(1)
    return signal * signal * (signal * -2 + 3)


class Sharing(NamedTuple):
    """How pixels share chroma samples.

    Attributes:
        across: Columns that share one.
        down: Rows that do.
        together: Rows of those for which colours are told from noise together.
        samples: Of one chroma plane, beside `LANES` pixels.
    """

    across: int
    down: int
    together: int
    samples: int

    def order(self, rows: int) -> list[int]:
        """Return which sample of so many rows of them each lane is to hold.

        Processors without AVX-512 sum neighbours within halves of vectors: two rows of four sums take turns
        by twos.
        """
        if (rows, self.across, self.samples) == (2, 2, 4):
            return [0, 1, 4, 5, 2, 3, 6, 7]
        return list(range(rows * self.samples))


class ChromaOfRows:
    """The chroma of some rows of a block: all samples of one plane in a vector, those of each row in turn."""

    def __init__(self, sharing: Sharing, before: Sequence[Vector], order: Sequence[int], codes: Any) -> None:
        """Take the samples.

        Args:
            sharing: How pixels share the samples.
            before: Codes of U and V.
            order: Which sample each lane holds.
            codes: What codes mean.
        """
        self._sharing, self._before, self._order, self._codes = sharing, before, order, codes
        u, v = before
        self._added = [
            codes.red[0] * v + codes.red[1],
            codes.green[0] * u + codes.green[1] * v + codes.green[2],
            codes.blue[0] * u + codes.blue[1],
        ]
        self._sums: list[list[Vector]] = []

    def added_to(self, row: int) -> list[Vector]:
        """Return what chroma adds to luma in the three colours of a row."""
        sharing = self._sharing
        first = row // sharing.together * sharing.samples
        lanes = [self._order.index(first + column // sharing.across) for column in range(LANES)]
        return [added.shuffled(lanes) for added in self._added]

    def gain(
        self, row: int, luma: Vector, gain: Sequence[Vector], grey: Vector, tints: Sequence[Vector]
    ) -> None:
        """Take down what there is in a row, one after the other.

        Args:
            row: Its number.
            luma: Codes of Y.
            gain: What the three colours gain.
            grey: What luma does.
            tints: Both.
        """
        of_row = [luma, grey, gain[2], gain[0], *tints]
        if row % self._sharing.together == 0:
            self._sums.append(of_row)
        else:
            self._sums[-1] = [total + one for total, one in zip(self._sums[-1], of_row, strict=True)]

    def held(self, belief: Any) -> list[Vector]:
        """Return what blue and red gain above grey, as far as they are believed."""
        luma, grey, blue, red, *tints = (self._mean(sums) for sums in zip(*self._sums, strict=True))
        colour = [
            (scale * luma + added).clipped(0, 1)
            for scale, added in zip(self._codes.luma, self._added, strict=True)
        ]
        held = held_gains(grey, blue - grey, red - grey, tints, trust_in(colour, belief))
        samples, groups = self._sharing.samples, len(self._sums)
        if self._sharing.down == self._sharing.together:
            return held
        totals = [_total([gain.part(k, samples) for k in range(groups)]) for gain in held]
        return [Vector.joined([total * (1 / groups)] * groups) for total in totals]

    def after(self, held: Sequence[Vector]) -> list[Vector]:
        """Return the codes of U and V that have gained so much."""
        return [
            before + span * gain
            for before, span, gain in zip(self._before, self._codes.spans[1:], held, strict=True)
        ]

    def _mean(self, sums: Sequence[Vector]) -> Vector:
        """Average what was summed over the rows that go together."""
        sharing = self._sharing
        pixels, across = Vector.joined(sums), sharing.across
        columns = [pixels.shuffled([across * lane + k for lane in self._order]) for k in range(across)]
        return _total(columns) * (1 / (sharing.together * across))


def _total(vectors: Sequence[Vector]) -> Vector:
    total, *others = vectors
    for other in others:
        total = total + other
    return total
