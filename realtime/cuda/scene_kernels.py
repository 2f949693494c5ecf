"""The CUDA kernels over small pictures and maps: what they are called with, and over what grid they run."""

from __future__ import annotations

from ..curves.black_tint import LIKELY, PRIOR, SHADE
from ..curves.map_geometry import MapGeometry
from ..curves.smoothing import DARK, NOISE_MARGIN, RECENT, SUDDEN
from ..curves.tints import LEAST_GAIN, MOST, SHADOW
from ..options import SmoothingOptions
from .arguments import DetectArguments, FollowArguments, SmallImage, TintArguments, UntintArguments
from .launch import BLOCK, Dim3, Launch
from .sample_format import SampleFormat

_SINGLE_BLOCK: Dim3 = (1024, 1, 1)


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
) -> tuple[Launch, Launch]:
    """Take the tint of black off the network's input: `black_tint`, `BlackTintFilter` and `without_tint`.

    In two launches one after the other.

    Args:
        samples: What the frame is in; its matrix says what luma is.
        geometry: Of the frame and the network.
        options: How the tint is filtered.
        elapsed_s: As for `follow`.
        image: Address of what `shrink` wrote, updated.
        state: Address of the `SceneState` after `detect`; its `black` is updated.
        half: As for `shrink`.
    """
    small = SmallImage.at(image, geometry, samples.layout, half=half)
    arguments = UntintArguments(small, state, SHADE, PRIOR, LIKELY, _steps(options, elapsed_s))
    width, height = geometry.image_size_wh
    return (
        Launch("black", (1, 1, 1), _SINGLE_BLOCK, arguments),
        Launch("untint", _blocks_of(width * height), BLOCK, arguments),
    )


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
        curves: Address of the network's (1, 3·maps, curves height, curves width) output, with borders.
        luma: Address of what `detect` wrote.
        reference: Address of what the frame before wrote to `next_reference`; anything at a cut.
        next_reference: Address of (map height, map width) float32, written.
        maps: Address of (map height, map width, maps, 4) float32, updated; aligned to 16 bytes.
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
        geometry.maps,
        _steps(options, elapsed_s),
        1 / options.motion_level,
        1 / options.picture_level,
        NOISE_MARGIN,
        DARK,
    )
    return Launch("follow", _blocks_of(_cells(geometry) * geometry.maps), BLOCK, arguments)


def tint(
    samples: SampleFormat,
    geometry: MapGeometry,
    *,
    image: int,
    light: int,
    maps: int,
    factors: int,
    strength: float = 1.0,
    headroom: float = 0.0,
    half: bool = False,
) -> tuple[Launch, Launch]:
    """Tell what the maps are applied as, and the colour of the shadows around each cell.

    That is `curve_factors`, for rational curves `with_headroom`, and `shadow_tints`, in two launches one
    after the other.

    Args:
        samples: What the frame is in; its matrix says what luma is.
        geometry: Of the frame and the network.
        image: As for `shrink`.
        light: Address of (map height, map width, 4) float32, between the two; aligned to 16 bytes.
        maps: As `follow` left them.
        factors: Address of (map height, map width, maps + 1, 4) float32, written: of each map, then blue and
            red of the tints; aligned to 16 bytes.
        strength: How far the curves are gone along, from 0 to 1.
        headroom: Share of the range that rational curves keep for what is bright, from 0 to 1.
        half: As for `shrink`.
    """
    small = SmallImage.at(image, geometry, samples.layout, half=half)
    arguments = TintArguments(
        small,
        light,
        maps,
        factors,
        geometry.maps,
        geometry.reach,
        strength,
        headroom if geometry.reach > 0 else 0.0,
        SHADOW,
        LEAST_GAIN,
        MOST,
    )
    grid = _blocks_of(_cells(geometry))
    return Launch("tint_light", grid, BLOCK, arguments), Launch("tint_factors", grid, BLOCK, arguments)


def _steps(options: SmoothingOptions, elapsed_s: float) -> float:
    """Return the time since the frame before in time constants."""
    return max(0.0, elapsed_s) / options.seconds if options.seconds > 0 else float("inf")


def _cells(geometry: MapGeometry) -> int:
    """Return how many cells the maps have."""
    width, height = geometry.map_size_wh
    return width * height


def _blocks_of(threads: int) -> Dim3:
    """Return how many blocks hold so many threads."""
    return -(-threads // (BLOCK[0] * BLOCK[1])), 1, 1
