"""What the full-size pass does to the colours of a block: curves, and which colours gain as they say.

Colours that may be noise gain as the shadows around do, by two tints that are interpolated as the maps are.
All colours are taken as they were without the tint of black, x as x·(1 + tint) − tint. Where pixels share
chroma samples, colours are told from noise by twos of rows: chroma goes by the means of what luma is, of what
colours gain and of the tints there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from export.manifest import COLOURS

from .curve_arguments import Block
from .vectors import Samples, Vector

TINTS = 2

LANES = 8
# Pixels are enhanced in tiles of so many columns, whose maps stay in the first-level cache.
TILE = 96

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

    def rows(self, channel: int, count: int) -> list[Vector]:
        """Return one of them on so many rows."""
        step = self._read(self.channels + TINTS + channel)
        rows = [self._read(channel) + self._position * step]
        while len(rows) < count:
            rows.append(rows[-1] + step)
        return rows

    def tints(self, count: int) -> list[list[Vector]]:
        """Return the tints on so many rows."""
        return [self.rows(self.channels + tint, count) for tint in range(TINTS)]

    def _read(self, field: int) -> Vector:
        return self._memory.floats(self._at.x, LANES, FIELDS + field * FIELD)


def gains_of(fields: Fields, starts: Sequence[Sequence[Vector]], is_rational: bool) -> list[list[Vector]]:
    """Apply the maps, one after the other; return what the three colours of each row gain."""
    count, curve = len(starts), _rational if is_rational else _quadratic
    values = [value for colour in zip(*starts, strict=True) for value in colour]
    for channel in range(fields.channels):
        part = slice(channel % COLOURS * count, (channel % COLOURS + 1) * count)
        values[part] = map(curve, values[part], fields.rows(channel, count))
    return [
        [value - before for value, before in zip(values[row::count], start, strict=True)]
        for row, start in enumerate(starts)
    ]


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


class ChromaOfRows:
    """The chroma of some rows of a block: all samples of one plane in a vector, those of each row in turn."""

    def __init__(
        self,
        sharing: Sharing,
        samples: Sequence[Sequence[Vector]],
        lumas: Sequence[Vector],
        tints: Sequence[Sequence[Vector]],
        belief: Any,
        codes: Any,
    ) -> None:
        """Tell how far the colours are believed.

        Args:
            sharing: How pixels share the samples.
            samples: Codes of U and V of the rows that go together.
            lumas: Codes of Y of each row.
            tints: Both tints of each row.
            belief: Which colours are believed.
            codes: What codes mean.
        """
        self._sharing, self._codes = sharing, codes
        self._before = [Vector.joined(rows) for rows in zip(*samples, strict=True)]
        u, v = self._before
        self._added = [
            codes.red[0] * v + codes.red[1],
            codes.green[0] * u + codes.green[1] * v + codes.green[2],
            codes.blue[0] * u + codes.blue[1],
        ]
        luma = self._means(lumas)
        colour = [
            (scale * luma + added).clipped(0, 1) for scale, added in zip(codes.luma, self._added, strict=True)
        ]
        self._trust = trust_in(colour, belief)
        self._tints = [self._means(tint) for tint in tints]

    def added_to(self, row: int) -> list[Vector]:
        """Return what chroma adds to luma in the three colours of a row."""
        sharing = self._sharing
        return [
            added.part(row // sharing.together, sharing.samples).spread(sharing.across)
            for added in self._added
        ]

    def held(self, gains: Sequence[Sequence[Vector]], greys: Sequence[Vector]) -> list[Vector]:
        """Return what blue and red gain above grey, from what the three colours and grey of each row gain."""
        grey = self._means(greys)
        blue, red = (self._means([gain[colour] for gain in gains]) - grey for colour in (2, 0))
        held = held_gains(grey, blue, red, self._tints, self._trust)
        samples, groups = self._sharing.samples, len(gains) // self._sharing.together
        if self._sharing.down == self._sharing.together:
            return held
        totals = [_total([gain.part(k, samples) for k in range(groups)]) for gain in held]
        return [Vector.joined([total * (1 / groups)] * groups) for total in totals]

    def after(self, held: Sequence[Vector]) -> list[Vector]:
        """Return the codes of U and V that have gained so much."""
        return [
            (before + span * gain).clipped(0, self._codes.peak)
            for before, span, gain in zip(self._before, self._codes.spans[1:], held, strict=True)
        ]

    def _means(self, rows: Sequence[Vector]) -> Vector:
        """Average over the pixels of each sample."""
        together, across = self._sharing.together, self._sharing.across
        sums = [_total(rows[first : first + together]) for first in range(0, len(rows), together)]
        return Vector.joined(sums).folded(across) * (1 / (together * across))


def _total(vectors: Sequence[Vector]) -> Vector:
    total, *others = vectors
    for other in others:
        total = total + other
    return total
