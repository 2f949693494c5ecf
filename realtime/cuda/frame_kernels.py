"""The CUDA kernels that read and write frames: what they are called with, and over what grid they run."""

from __future__ import annotations

from functools import lru_cache

from ..curves.map_geometry import MapGeometry
from ..frames.colour import PixelLayout, yuv_conversion
from .arguments import Conversion, EnhanceArguments, Planes, ShrinkArguments
from .launch import BLOCK, Dim3, Launch, blocks_over
from .sample_format import SampleFormat

_ENHANCE_BLOCK: Dim3 = (32, 4, 1)
_PATCH_WIDTH = 4


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
        Conversion.of(samples.layout),
    )
    return Launch("shrink", blocks_over(*geometry.image_size_wh, BLOCK), BLOCK, arguments)


def enhance(
    samples: SampleFormat,
    source: Planes,
    target: Planes,
    geometry: MapGeometry,
    *,
    factors: int,
    black: int = 0,
    shadow_floor: float = 0.0,
) -> Launch:
    """Enhance a frame: interpolate the factors, apply the curves, write the codec's samples.

    Computes what `CurveApplier.apply` does, within one code at 8 bits.

    Args:
        samples: What the kernels were compiled for.
        source: The frame.
        target: Where the result goes, may be the source; padding is not touched.
        geometry: Of the frame and the network.
        factors: Address of (map height, map width, maps + 1, 4) float32, as `scene_kernels.tint` writes them;
            aligned to 16 bytes.
        black: Address of (3,) float32, as `untint` leaves it in the state; 0 if black is grey.
        shadow_floor: Luma in [0, 1] under which faint colour is taken for noise; 0 believes all colours.
    """
    arguments = EnhanceArguments(
        source,
        target,
        factors,
        black,
        *geometry.size_wh,
        geometry.map_cell,
        *geometry.map_size_wh,
        geometry.maps,
        0.5 / geometry.map_cell,
        *_energies(samples.layout, shadow_floor),
        _tint_scale(samples.layout),
        samples.layout.peak,
        Conversion.of(samples.layout),
    )
    width, height = geometry.size_wh
    patch_height = 4 if samples.macros["SHIFT_Y"] == 2 else 2
    grid = blocks_over(-(-width // _PATCH_WIDTH), -(-height // patch_height), _ENHANCE_BLOCK)
    return Launch(f"enhance_{_unit(geometry.map_cell)}_{geometry.curve}", grid, _ENHANCE_BLOCK, arguments)


@lru_cache
def _energies(layout: PixelLayout, shadow_floor: float) -> tuple[float, float]:
    """Return the energy of a unit of luma and one of chroma, which counts twice; that of the floor is 1."""
    if shadow_floor == 0:
        return float("inf"), float("inf")
    luma_span, chroma_span = _spans(layout)
    return (luma_span * shadow_floor) ** -2, (chroma_span * shadow_floor / 2) ** -2


@lru_cache
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


def _unit(cell: int) -> str:
    """Choose the largest unit of pixels that never lies across the centre of a cell."""
    if cell % 8 == 0:
        return "4x2"
    return "1x1" if cell % 4 == 2 else "2x2"
