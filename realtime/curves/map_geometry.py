"""How a frame, its small copy, the network's input and the curve maps lie over each other."""

from __future__ import annotations

from dataclasses import dataclass

from export.manifest import RATIONAL_REACH, Curve

from .small_picture import cell_size

SizeWH = tuple[int, int]

# Convolutions see black beyond the picture, which shows in the maps along its borders. With the picture
# mirrored over this many pixels nine tenths of that are gone, for 9 % more work at 240×135.
_BORDER = 4
# Networks with cells of several pixels look further: over this many cells, if that is more.
_BORDER_CELLS = 2


def mirrored_border(stride: int) -> int:
    """Return over how many small pixels the picture is mirrored on its left and upper sides.

    Args:
        stride: Side of a map cell, in small pixels; the border is a whole number of cells.
    """
    return max(-(-_BORDER // stride), _BORDER_CELLS) * stride


@dataclass(frozen=True, slots=True)
class MapGeometry:
    """The sizes that go with frames of one size and one network.

    Attributes:
        size_wh: Of the frames, in pixels.
        cell: Side in pixels of the square that a small pixel stands for.
        stride: Side in small pixels of the square that a map cell stands for.
        maps: Of each colour; a cell has a value of each of them.
        curve: What maps do to a picture.
    """

    size_wh: SizeWH
    cell: int
    stride: int
    maps: int
    curve: Curve = "quadratic"

    @classmethod
    def of(cls, size_wh: SizeWH, map_size: int, stride: int, maps: int, curve: Curve) -> MapGeometry:
        """Choose the cell for a small copy whose long side is `map_size` pixels at most."""
        return cls(size_wh, cell_size(*size_wh, map_size), stride, maps, curve)

    @property
    def reach(self) -> float:
        """How far maps of rational curves reach; 0 for quadratic ones, as the kernels take it."""
        return RATIONAL_REACH if self.curve == "rational" else 0.0

    @property
    def small_size_wh(self) -> SizeWH:
        """Of the small copy, in small pixels."""
        return _cells(self.size_wh, self.cell)

    @property
    def map_cell(self) -> int:
        """Side in pixels of the square that a map cell stands for."""
        return self.cell * self.stride

    @property
    def map_size_wh(self) -> SizeWH:
        """Of the curve maps, in cells."""
        return _cells(self.small_size_wh, self.stride)

    @property
    def border(self) -> int:
        """Small pixels of the network's input before the small copy's left and upper sides."""
        return mirrored_border(self.stride)

    @property
    def map_border(self) -> int:
        """Cells of the network's output before the maps' left and upper sides."""
        return self.border // self.stride

    @property
    def curves_size_wh(self) -> SizeWH:
        """Of the network's output, in cells."""
        width, height = self.map_size_wh
        return width + 2 * self.map_border, height + 2 * self.map_border

    @property
    def image_size_wh(self) -> SizeWH:
        """Of the network's input, in small pixels: whole cells, or a network that strides takes none."""
        width, height = self.curves_size_wh
        return width * self.stride, height * self.stride


def _cells(size_wh: SizeWH, side: int) -> SizeWH:
    width, height = size_wh
    return -(-width // side), -(-height // side)
