"""What the kernels of the full-size pass are called with."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy.typing as npt

CodeArray = npt.NDArray[Any]  # uint8 or uint16
Scalar = Any  # np.float32


class Planes(NamedTuple):
    """The samples of a planar YUV picture, written.

    Attributes:
        luma: Y, (H, ≥ W) uint8 or uint16, C-contiguous; columns from W on are padding.
        blue: U, (ceil(H / 2^shift_y), ≥ ceil(W / 2^shift_x)), as luma.
        red: V, as blue.
    """

    luma: CodeArray
    blue: CodeArray
    red: CodeArray


class Belief(NamedTuple):
    """How to tell colours from noise; all float32.

    Attributes:
        luma: The weights of R, G and B in luma.
        squares: The factors a to f of (a·R + b·G + c·B)² + (d·G + e·B)² + (f·B)², which is
            (luma² + 4·(blue difference² + red difference²)) / floor².
        least: What is added to that: 1 to believe every colour.
    """

    luma: tuple[Scalar, Scalar, Scalar]
    squares: tuple[Scalar, Scalar, Scalar, Scalar, Scalar, Scalar]
    least: Scalar


class PlanarCodes(NamedTuple):
    """How codes of Y, U and V turn into colours without the tint of black, and gains into codes; all float32.

    Attributes:
        luma: Scales of Y in R, G and B.
        red: Scale of V in R, and the shift.
        green: Scales of U and V in G, and the shift.
        blue: Scale of U in B, and the shift.
        spans: Scales from what grey, blue and red gain, the last two above grey, to codes of Y, U and V.
        peak: The largest code.
    """

    luma: tuple[Scalar, Scalar, Scalar]
    red: tuple[Scalar, Scalar]
    green: tuple[Scalar, Scalar, Scalar]
    blue: tuple[Scalar, Scalar]
    spans: tuple[Scalar, Scalar, Scalar]
    peak: Scalar


class PackedCodes(NamedTuple):
    """How the codes of three channels turn into colours without the tint of black; all float32.

    Attributes:
        scales: Of each channel.
        shifts: Of each channel.
        middle: What the second channel gains above grey, of what the first and the third do: their luma is 0.
        peak: The largest code.
    """

    scales: tuple[Scalar, Scalar, Scalar]
    shifts: tuple[Scalar, Scalar, Scalar]
    middle: tuple[Scalar, Scalar]
    peak: Scalar


class Block(NamedTuple):
    """Where a block is.

    Attributes:
        x: Column of the tile.
        first: Index of its first sample, of luma or of packed pixels.
        stride: Samples a row of those.
        position: float32, how many rows it begins below the one that the maps in the working memory are of.
    """

    x: int
    first: int
    stride: int
    position: Scalar


class Chroma(NamedTuple):
    """Where the chroma samples of a block are, and who shares them.

    Attributes:
        first: Index of the first.
        stride: Samples a row.
        share: float32, what two rows count among those that share a sample.
        carried: float32, 1 if rows above the block share its samples, or else 0.
        is_last: Whether no rows below it do.
    """

    first: int
    stride: int
    share: Scalar
    carried: Scalar
    is_last: bool
