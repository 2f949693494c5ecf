"""The table of the CUDA kernels: what each is called with, and over what grid it runs.

Nothing here needs a GPU or its libraries. Whoever launches a kernel takes a `Launch` from here: the name of
the function, the grid in blocks and the block in threads, and one structure, whose bytes are its only
parameter. Addresses are of device memory. With PyCUDA:

    function = module.get_function(launch.kernel)
    function.prepare([f"{ctypes.sizeof(launch.arguments)}s"])
    function.prepared_async_call(launch.grid, launch.block, stream, bytes(launch.arguments))

Each frame takes seven launches in one stream, `shrink`, `detect`, `untint`, `follow`, the two of `tint`, and
`enhance`, with the network between the third and the fourth wherever it runs; without a shadow floor `untint`
is left out. Between frames these stay on the device:

    luma        (map height, map width) float32, written by `detect`, read by `follow`
    references  two of that size, which `follow` swaps at every frame
    state       a `SceneState`; fill it with zeros to start a new stream
    curves      the network's output, which `follow` reads until there is a newer one
    maps        (map height, map width, 8, 4) float32: for each iteration red, green, blue, and one more; that
                of the first two is what `tint` writes
"""

from __future__ import annotations

from ctypes import Structure
from typing import NamedTuple

from ..black_tint import LIKELY, PRIOR, SHADE
from ..colour import PixelLayout, yuv_conversion
from ..curve_kernels import ITERATIONS
from ..map_geometry import MapGeometry
from ..options import SmoothingOptions
from ..smoothing import DARK, NOISE_MARGIN, RECENT, SUDDEN
from ..tints import LEAST_GAIN, MOST, SHADOW
from .arguments import (
    Conversion,
    DetectArguments,
    EnhanceArguments,
    FollowArguments,
    Planes,
    ShrinkArguments,
    TintArguments,
    UntintArguments,
)
from .sample_format import SampleFormat

Dim3 = tuple[int, int, int]

# Whole warps side by side; as many threads as the kernels are compiled for, at most.
_BLOCK: Dim3 = (32, 8, 1)
_ENHANCE_BLOCK: Dim3 = (32, 4, 1)
_SINGLE_BLOCK: Dim3 = (1024, 1, 1)
_PATCH_WIDTH = 4


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


def shrink(
    samples: SampleFormat,
    source: Planes,
    geometry: MapGeometry,
    *,
    image: int,
    luma: int,
    half: bool = False,
) -> Launch:
    """Make the network's input, and the luma of the small picture.

    Computes what `CurveApplier.small_copy` does, and mirrors the borders as `CurveEstimator.estimate` does.

    Args:
        samples: What the kernels were compiled for.
        source: The frame.
        geometry: Of the frame and the network.
        image: Address of the (1, 3, image height, image width) input: RGB in [0, 1].
        luma: Address of (small height, small width) float32.
        half: The input is float16 rather than float32.
    """
    arguments = ShrinkArguments(
        source,
        image,
        luma,
        *geometry.size_wh,
        geometry.cell,
        *geometry.small_size_wh,
        *geometry.image_size_wh,
        geometry.border,
        half,
        samples.layout.peak,
        Conversion.of(yuv_conversion(samples.layout)),
    )
    return Launch("shrink", _grid(*geometry.image_size_wh, _BLOCK), _BLOCK, arguments)


def detect(
    geometry: MapGeometry,
    options: SmoothingOptions,
    elapsed_s: float,
    *,
    small_luma: int,
    luma: int,
    reference: int,
    state: int,
) -> Launch:
    """Bring luma to the maps' grid, and tell how the frame follows those before: `MapSmoother.is_cut`.

    Args:
        geometry: Of the frame and the network.
        options: When it is a cut.
        elapsed_s: As for `follow`.
        small_luma: Address of what `shrink` wrote.
        luma: Address of (map height, map width) float32, overwritten: that of the frame before.
        reference: As for `follow`.
        state: Address of the `SceneState`, updated; its `cut` tells whether the frame starts a scene.
    """
    arguments = DetectArguments(
        small_luma,
        luma,
        reference,
        state,
        *geometry.small_size_wh,
        geometry.stride,
        *geometry.map_size_wh,
        options.cut_level,
        options.jump_level,
        SUDDEN,
        RECENT,
        DARK,
        _steps(options, elapsed_s),
    )
    return Launch("detect", (1, 1, 1), _SINGLE_BLOCK, arguments)


def untint(
    samples: SampleFormat,
    geometry: MapGeometry,
    options: SmoothingOptions,
    elapsed_s: float,
    *,
    image: int,
    state: int,
    half: bool = False,
) -> Launch:
    """Take the tint of black off the network's input: `black_tint`, `BlackTintFilter` and `without_tint`.

    Args:
        samples: What the frame is in; its matrix says what luma is.
        geometry: Of the frame and the network.
        options: How the tint is filtered.
        elapsed_s: As for `follow`.
        image: Address of what `shrink` wrote, updated.
        state: Address of the `SceneState` after `detect`; its `black` is updated.
        half: As for `shrink`.
    """
    arguments = UntintArguments(
        image,
        state,
        *geometry.image_size_wh,
        geometry.border,
        half,
        *geometry.small_size_wh,
        geometry.stride,
        *geometry.map_size_wh,
        tuple(yuv_conversion(samples.layout).ycc_from_rgb[0]),
        SHADE,
        PRIOR,
        LIKELY,
        _steps(options, elapsed_s),
    )
    return Launch("untint", (1, 1, 1), _SINGLE_BLOCK, arguments)


def _steps(options: SmoothingOptions, elapsed_s: float) -> float:
    """Return the time since the frame before in time constants."""
    return max(0.0, elapsed_s) / options.seconds if options.seconds > 0 else float("inf")


def follow(
    geometry: MapGeometry,
    options: SmoothingOptions,
    elapsed_s: float,
    *,
    curves: int,
    luma: int,
    reference: int,
    next_reference: int,
    maps: int,
    state: int,
    half: bool = False,
) -> Launch:
    """Move the filtered maps towards the estimate; at a cut, on to it: `MapSmoother.follow`.

    Args:
        geometry: Of the frame and the network.
        options: How the maps follow.
        elapsed_s: Time since the frame before, in seconds; none where time goes back.
        curves: Address of the network's (1, 24, curves height, curves width) output, borders included.
        luma: Address of what `detect` wrote.
        reference: Address of what the frame before wrote to `next_reference`; anything at a cut.
        next_reference: Address of (map height, map width) float32, written.
        maps: Address of (map height, map width, 8, 4) float32, updated; aligned to 16 bytes.
        state: Address of the `SceneState`.
        half: The output is float16 rather than float32.
    """
    arguments = FollowArguments(
        curves,
        luma,
        reference,
        next_reference,
        maps,
        state,
        *geometry.curves_size_wh,
        geometry.map_border,
        half,
        *geometry.map_size_wh,
        _steps(options, elapsed_s),
        1 / options.motion_level,
        1 / options.picture_level,
        NOISE_MARGIN,
        DARK,
    )
    return Launch("follow", _cells_grid(geometry, ITERATIONS), _BLOCK, arguments)


def tint(
    samples: SampleFormat,
    geometry: MapGeometry,
    *,
    image: int,
    light: int,
    maps: int,
    strength: float = 1.0,
    half: bool = False,
) -> tuple[Launch, Launch]:
    """Tell the colour of the shadows around each cell: `shadow_tints`, in two launches one after the other.

    Args:
        samples: What the frame is in; its matrix says what luma is.
        geometry: Of the frame and the network.
        image: As for `shrink`.
        light: Address of (map height, map width, 4) float32, between the two; aligned to 16 bytes.
        maps: As for `follow`; its fourth numbers are written.
        strength: As for `enhance`.
        half: As for `shrink`.
    """
    arguments = TintArguments(
        image,
        light,
        maps,
        *geometry.image_size_wh,
        geometry.border,
        half,
        *geometry.small_size_wh,
        geometry.stride,
        *geometry.map_size_wh,
        strength,
        tuple(yuv_conversion(samples.layout).ycc_from_rgb[0]),
        SHADOW,
        LEAST_GAIN,
        MOST,
    )
    grid = _cells_grid(geometry, 1)
    return Launch("tint_light", grid, _BLOCK, arguments), Launch("tint_maps", grid, _BLOCK, arguments)


def enhance(
    samples: SampleFormat,
    source: Planes,
    target: Planes,
    geometry: MapGeometry,
    *,
    maps: int,
    black: int = 0,
    strength: float = 1.0,
    shadow_floor: float = 0.0,
) -> Launch:
    """Enhance a frame: interpolate the maps, iterate the curve eight times, write the codec's samples.

    Computes what `CurveApplier.apply` does, within one code at 8 bits.

    Args:
        samples: What the kernels were compiled for.
        source: The frame.
        target: Where the result goes, may be the source; padding is not touched.
        geometry: Of the frame and the network.
        maps: Address of (map height, map width, 8, 4) float32 in [-1, 1]; aligned to 16 bytes.
        black: Address of (3,) float32, as `untint` leaves it in the state; 0 if black is grey.
        strength: Scale of the maps, from 0 to 1.
        shadow_floor: Luma in [0, 1] under which faint colour is taken for noise; 0 believes all colours.
    """
    arguments = EnhanceArguments(
        source,
        target,
        maps,
        black,
        *geometry.size_wh,
        geometry.map_cell,
        *geometry.map_size_wh,
        0.5 / geometry.map_cell,
        strength,
        *_energies(samples.layout, shadow_floor),
        _tint_scale(samples.layout),
        samples.layout.peak,
        Conversion.of(yuv_conversion(samples.layout)),
    )
    width, height = geometry.size_wh
    patch_height = 4 if samples.macros["SHIFT_Y"] == 2 else 2
    grid = _grid(-(-width // _PATCH_WIDTH), -(-height // patch_height), _ENHANCE_BLOCK)
    return Launch(_enhance_kernel(geometry.map_cell), grid, _ENHANCE_BLOCK, arguments)


def _energies(layout: PixelLayout, shadow_floor: float) -> tuple[float, float]:
    """Return the energy of a unit of luma and one of chroma, which counts twice; that of the floor is 1."""
    if shadow_floor == 0:
        return float("inf"), float("inf")
    luma_span, chroma_span = _spans(layout)
    return (luma_span * shadow_floor) ** -2, (chroma_span * shadow_floor / 2) ** -2


def _tint_scale(layout: PixelLayout) -> tuple[float, float]:
    """Return the units of U and V that go with one of Y, for blue and red as far above grey as that is."""
    luma_span, chroma_span = _spans(layout)
    weight_red, _, weight_blue = map(float, yuv_conversion(layout).ycc_from_rgb[0])
    share = chroma_span / luma_span
    return share / (2 * (1 - weight_blue)), share / (2 * (1 - weight_red))


def _spans(layout: PixelLayout) -> tuple[float, float]:
    """Return how many units luma and chroma span: codes where samples are YUV, one where they are RGB."""
    if layout.kind not in ("yuv", "grey"):
        return 1.0, 1.0
    conversion = yuv_conversion(layout)
    return (
        float(conversion.yuv_from_rgb[0].sum()),
        float(conversion.yuv_from_rgb[1, 2] / conversion.ycc_from_rgb[1, 2]),
    )


def _enhance_kernel(cell: int) -> str:
    """Choose the kernel with the largest units of pixels that never lie across the centre of a cell."""
    if cell % 8 == 0:
        return "enhance_4x2"
    return "enhance_1x1" if cell % 4 == 2 else "enhance_2x2"


def _cells_grid(geometry: MapGeometry, threads_a_cell: int) -> Dim3:
    """Return how many blocks hold so many threads for each cell of the maps."""
    width, height = geometry.map_size_wh
    return -(-width * height * threads_a_cell // (_BLOCK[0] * _BLOCK[1])), 1, 1


def _grid(threads_x: int, threads_y: int, block: Dim3) -> Dim3:
    """Return how many blocks hold so many threads."""
    return -(-threads_x // block[0]), -(-threads_y // block[1]), 1
