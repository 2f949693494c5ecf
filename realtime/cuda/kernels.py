"""The table of the CUDA kernels: what each is called with, and over what grid it runs.

Nothing here needs a GPU or its libraries. Whoever launches a kernel takes a `Launch` from here: the name of
the function, the grid in blocks and the block in threads, and one structure, whose bytes are its only
parameter. Pointers in the structures are device addresses. With PyCUDA:

    function = module.get_function(launch.kernel)
    function.prepare([f"{ctypes.sizeof(launch.arguments)}s"])
    function.prepared_async_call(launch.grid, launch.block, stream, bytes(launch.arguments))

The structures mirror `arguments.cuh`.
"""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import Structure, c_float, c_int, c_uint64
from dataclasses import dataclass
from typing import NamedTuple

from ..colour import PixelLayout, YuvConversion, yuv_conversion

Dim3 = tuple[int, int, int]

# Blocks of eight whole warps; the kernels are compiled for no more threads.
BLOCK: Dim3 = (32, 8, 1)
# The most samples that one thread moves at once are 8 of 16 bits, or 12 of 8.
ALIGNMENT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFormat:
    """How the samples of a frame lie in device memory; the kernels are compiled for it.

    Attributes:
        layout: What the samples mean.
        interleaved_chroma: U and V alternate in one plane, as in NV12 and P010, rather than having one each.
        shifted_up: Depths over 8 bits are in the high bits of 16, as in P010, rather than in the low ones.
    """

    layout: PixelLayout
    interleaved_chroma: bool = False
    shifted_up: bool = False

    @property
    def sample_bytes(self) -> int:
        """The size of a sample."""
        return 1 if self.layout.bits == 8 else 2

    @property
    def macros(self) -> dict[str, int]:
        """What the kernels are compiled with; `samples.cuh` says what each macro means."""
        kind = self.layout.kind
        shift_x, shift_y = self.layout.chroma_shift_wh
        chroma = 0 if kind != "yuv" else 1 if self.interleaved_chroma else 2
        return {
            "SAMPLE_BYTES": self.sample_bytes,
            "LOW_BIT": 8 * self.sample_bytes - self.layout.bits if self.shifted_up else 0,
            "PACKED": int(kind in ("rgb", "bgr")),
            "RED": 2 if kind == "bgr" else 0,
            "CHROMA": chroma,
            "SHIFT_X": shift_x if chroma else 0,
            "SHIFT_Y": shift_y if chroma else 0,
        }


class Planes(Structure):
    """Addresses and pitches of the planes of a frame."""

    _fields_ = (("data", c_uint64 * 3), ("pitch", c_int * 3), ("aligned", c_int))

    @classmethod
    def at(cls, addresses: Sequence[int], pitches: Sequence[int]) -> Planes:
        """Describe planes in device memory; they move fastest if addresses and pitches are multiples of 16.

        Args:
            addresses: Of each plane.
            pitches: Bytes from one row of it to the next.
        """
        aligned = all(value % ALIGNMENT == 0 for value in (*addresses, *pitches))
        return cls(tuple(addresses), tuple(pitches), aligned)


class Conversion(Structure):
    """`YuvConversion` as the kernels take it."""

    _fields_ = (
        ("rgb_from_yuv", c_float * 9),
        ("yuv_from_rgb", c_float * 9),
        ("offset", c_float * 3),
        ("ycc_from_rgb", c_float * 9),
    )

    @classmethod
    def of(cls, conversion: YuvConversion) -> Conversion:
        """Copy the matrices."""
        return cls(*(tuple(matrix.ravel()) for matrix in conversion))


class EnhanceArguments(Structure):
    """Arguments of `enhance_4x2`, `enhance_2x2` and `enhance_1x1`."""

    _fields_ = (
        ("source", Planes),
        ("target", Planes),
        ("maps", c_uint64),
        ("width", c_int),
        ("height", c_int),
        ("cell", c_int),
        ("map_width", c_int),
        ("map_height", c_int),
        ("strength", c_float),
        ("inverse_floor_squared", c_float),
        ("peak", c_float),
        ("conversion", Conversion),
    )


class Launch(NamedTuple):
    """One call of a kernel.

    Attributes:
        kernel: The function's name.
        grid: Blocks along x, y and z.
        block: Threads of a block along x, y and z.
        arguments: The only parameter, by value.
    """

    kernel: str
    grid: Dim3
    block: Dim3
    arguments: Structure


def enhance(
    samples: SampleFormat,
    source: Planes,
    target: Planes,
    size_wh: tuple[int, int],
    maps: int,
    map_size_wh: tuple[int, int],
    cell: int,
    *,
    strength: float = 1.0,
    shadow_floor: float = 0.0,
) -> Launch:
    """Enhance a frame: interpolate the maps, iterate the curve eight times, write the codec's samples.

    Computes what `CurveApplier.apply` computes, within one code at 8 bits.

    Args:
        samples: What the kernels were compiled for.
        source: The frame.
        target: Where the result goes, may be the source; padding is not touched.
        size_wh: Of the frame, in pixels.
        maps: Address of (map height, map width, 8, 4) float32 curve maps in [-1, 1]: for each iteration red,
            green, blue, and one that is not used. Aligned to 16 bytes.
        map_size_wh: Of the maps, in cells.
        cell: Side in pixels of the square that one map value stands for.
        strength: Scale of the maps, from 0 to 1.
        shadow_floor: Luma in [0, 1] under which faint colour is taken for noise; 0 believes all colours.

    Raises:
        ValueError: The maps do not cover the frame.
    """
    (width, height), (map_width, map_height) = size_wh, map_size_wh
    if map_width * cell < width or map_height * cell < height:
        raise ValueError(
            f"maps of {map_width}×{map_height} with cells of {cell} do not cover {width}×{height} pixels"
        )
    arguments = EnhanceArguments(
        source,
        target,
        maps,
        width,
        height,
        cell,
        map_width,
        map_height,
        strength,
        1 / shadow_floor**2 if shadow_floor > 0 else 0.0,
        samples.layout.peak,
        Conversion.of(yuv_conversion(samples.layout)),
    )
    patch_height = 4 if samples.macros["SHIFT_Y"] == 2 else 2
    return Launch(_enhance_kernel(cell), _grid(-(-width // 4), -(-height // patch_height)), BLOCK, arguments)


def _enhance_kernel(cell: int) -> str:
    """Choose the kernel with the largest units of pixels that never lie across the centre of a cell."""
    if cell % 8 == 0:
        return "enhance_4x2"
    return "enhance_1x1" if cell % 4 == 2 else "enhance_2x2"


def _grid(threads_x: int, threads_y: int) -> Dim3:
    """Return how many blocks hold so many threads."""
    return -(-threads_x // BLOCK[0]), -(-threads_y // BLOCK[1]), 1
