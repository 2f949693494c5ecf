"""The full-size pass over a block of pixels: apply the curves, write the codec's samples.

What is done to colours on the way is in `colours`.

A block is `LANES` pixels wide and `ROWS` or `HALF` high. It is written out as vector instructions: samples
become colours, gains and samples again in registers, each read and written once. Rows share the loading of
the maps and most of their interpolation.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from numba import types
from numba.extending import intrinsic

from .arguments import Block, Chroma
from .colours import (
    LANES,
    TILE,
    ChromaOfRows,
    Fields,
    Sharing,
    gains_of,
    grey_of,
    held_gains,
    trust_in,
)
from .vectors import Samples, Vector, filled_leaves, members_of

ROWS, HALF = 4, 2

_CARRIED = 0  # in the working memory: what blue and red gained in rows above that share chroma samples


def _enhancing_of_planar_block(
    typing: Any,
    revision: Any,
    maps: Any,
    is_rational: Any,
    rows: Any,
    shift_x: Any,
    shift_y: Any,
    planes: Any,
    block: Any,
    chroma: Any,
    work: Any,
    belief: Any,
    codes: Any,
) -> Any:
    """Enhance so many rows of a block of `Planes` in place; what kernels are made for is literal."""
    height, across, down = rows.literal_value, 1 << shift_x.literal_value, 1 << shift_y.literal_value
    sharing = Sharing(across, down, min(down, HALF), LANES // across)
    at_once = min(height, LANES // sharing.samples * sharing.together)  # rows whose chroma fills a vector

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _align_stack(builder)
        arrays, at, shared = (members_of(builder, signature.args[k], arguments[k]) for k in (6, 7, 8))
        luma, *chroma_planes = (
            Samples(context, builder, kind, array)
            for kind, array in zip(signature.args[6], arrays, strict=True)
        )
        memory = Samples(context, builder, signature.args[9], arguments[9])
        belief, codes = (filled_leaves(builder, signature.args[k], arguments[k], LANES) for k in (10, 11))
        lanes = at_once // sharing.together * sharing.samples
        belief_of_chroma, codes_of_chroma = (
            filled_leaves(builder, signature.args[k], arguments[k], lanes) for k in (10, 11)
        )

        fields = Fields(builder, memory, at, maps.literal_value)
        lines = _lines(builder, at.first, at.stride, height, [luma])
        chroma_lines = _lines(builder, shared.first, shared.stride, max(height // down, 1), chroma_planes)
        lumas = [luma.floats(line, LANES) for line in lines]
        order = sharing.order(at_once // sharing.together)
        chromas = []
        for first in range(0, height, at_once):
            begins = [chroma_lines[row // down] for row in range(first, first + at_once, sharing.together)]
            before = [plane.rows(begins, order) for plane in chroma_planes]
            chromas.append(ChromaOfRows(sharing, before, order, codes_of_chroma))
        colours = (
            [
                (scale * code + added).clipped(0, 1)
                for scale, added in zip(
                    codes.luma, chromas[row // at_once].added_to(row % at_once), strict=True
                )
            ]
            for row, code in enumerate(lumas)
        )
        gains, after = gains_of(fields, colours, is_rational.literal_value), []
        for row, (gain, of_row) in enumerate(zip(gains, fields.tints(), strict=False)):
            grey = grey_of(gain, belief)
            after.append(lumas[row] + codes.spans[0] * grey)
            chromas[row // at_once].gain(row, lumas[row], gain, grey, of_row)
        luma.write_codes(after, lines, codes.peak, range(height * LANES))
        is_part = down > height  # the block has other rows above or below that share its chroma samples
        held = [of_rows.held(belief_of_chroma) for of_rows in chromas]
        if is_part:
            held = [_carried(builder, memory, at, shared, held[0])]
        with builder.if_then(shared.is_last) if is_part else nullcontext():
            for first, of_rows, gained in zip(range(0, height, at_once), chromas, held, strict=True):
                ends = chroma_lines[first // down :][: max(at_once // down, 1)]
                for plane, vector in zip(chroma_planes, of_rows.after(gained), strict=True):
                    plane.write_codes(
                        [vector], ends, codes_of_chroma.peak, order[: len(ends) * sharing.samples]
                    )
        return context.get_dummy_value()

    numbers = revision, maps, is_rational, rows, shift_x, shift_y
    return types.void(*numbers, planes, block, chroma, work, belief, codes), generate


def _enhancing_of_packed_block(
    typing: Any,
    revision: Any,
    maps: Any,
    is_rational: Any,
    rows: Any,
    packed: Any,
    block: Any,
    work: Any,
    belief: Any,
    codes: Any,
) -> Any:
    """Enhance so many rows of a block of packed pixels in place; what kernels are made for is literal."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _align_stack(builder)
        samples, memory = (Samples(context, builder, signature.args[k], arguments[k]) for k in (4, 6))
        at = members_of(builder, signature.args[5], arguments[5])
        belief, codes = (filled_leaves(builder, signature.args[k], arguments[k], LANES) for k in (7, 8))
        lines = _lines(builder, at.first, at.stride, rows.literal_value, [samples])
        before = [samples.channels(line, LANES) for line in lines]
        colours = [
            [
                (scale * code + shift).clipped(0, 1)
                for code, scale, shift in zip(row, codes.scales, codes.shifts, strict=True)
            ]
            for row in before
        ]
        fields = Fields(builder, memory, at, maps.literal_value)
        tints = fields.tints()
        gains = gains_of(fields, colours, is_rational.literal_value)
        for line, row, colour, gain in zip(lines, before, colours, gains, strict=True):
            grey, trust = grey_of(gain, belief), trust_in(colour, belief)
            third, first = held_gains(grey, gain[2] - grey, gain[0] - grey, next(tints), trust)
            gained = grey + first, grey + codes.middle[0] * first + codes.middle[1] * third, grey + third
            after = [code + codes.peak * gain for code, gain in zip(row, gained, strict=True)]
            samples.write_channels(after, line, codes.peak)
        return context.get_dummy_value()

    return types.void(revision, maps, is_rational, rows, packed, block, work, belief, codes), generate


enhance_planar_block: Any = intrinsic(prefer_literal=True)(_enhancing_of_planar_block)
enhance_packed_block: Any = intrinsic(prefer_literal=True)(_enhancing_of_packed_block)


def _carried(
    builder: Any, memory: Samples, at: Block, shared: Chroma, held: Sequence[Vector]
) -> list[Vector]:
    """Add to what chroma gained in the rows above that share its samples, and remember it for those below."""
    totals = []
    for plane, gain in enumerate(held):
        place, lanes = _CARRIED + plane * TILE, len(gain)
        above = Vector.filled(builder, shared.carried, lanes) * memory.floats(at.x, lanes, place)
        totals.append(above + Vector.filled(builder, shared.share, lanes) * gain)
        memory.write(totals[-1], at.x, place)
    return totals


def _align_stack(builder: Any) -> None:
    """Let vectors that registers do not hold lie on the stack within lines of the cache."""
    builder.function.attributes.alignstack = 64
    builder.function.attributes.add("noinline")  # which would lose it


def _lines(builder: Any, first: Any, stride: Any, count: int, planes: Sequence[Samples]) -> list[Any]:
    """Return where so many rows of samples begin, and have those below fetched from the planes.

    In a tile, rows are too short for processors to see by themselves which come next.
    """
    lines = [first]
    while len(lines) < 2 * count:
        lines.append(builder.add(lines[-1], stride))
    for line in lines[count:]:
        for plane in planes:
            plane.prefetch(line)
    return lines[:count]
