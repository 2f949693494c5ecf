"""What the kernels are called with, field by field as in `arguments.cuh`. Pointers are device addresses."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import Structure, c_float, c_int, c_uint64
from functools import lru_cache

from ..curves.map_geometry import MapGeometry
from ..frames.colour import PixelLayout, luma_weights, yuv_conversion

# Threads move up to 8 bytes at once; frames in device memory are aligned to twice that, at no cost.
ALIGNMENT = 16


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
        ("rgb_of_zero", c_float * 3),
        ("ycc_from_rgb", c_float * 9),
    )

    @classmethod
    @lru_cache
    def of(cls, layout: PixelLayout) -> Conversion:
        """Return the matrices of a layout; not to be changed."""
        conversion = yuv_conversion(layout)
        return cls(
            tuple(conversion.rgb_from_yuv.ravel()),
            tuple(conversion.yuv_from_rgb.ravel()),
            tuple(conversion.offset),
            tuple(-conversion.rgb_from_yuv @ conversion.offset),
            tuple(conversion.ycc_from_rgb.ravel()),
        )


class ShrinkArguments(Structure):
    """Arguments of `shrink`."""

    _fields_ = (
        ("source", Planes),
        ("image", c_uint64),
        ("luma", c_uint64),
        ("width", c_int),
        ("height", c_int),
        ("cell", c_int),
        ("small_width", c_int),
        ("small_height", c_int),
        ("image_width", c_int),
        ("image_height", c_int),
        ("border", c_int),
        ("image_is_half", c_int),
        ("peak", c_float),
        ("conversion", Conversion),
    )


class SceneState(Structure):
    """What is known of the scene on the device from frame to frame; all zero to start afresh."""

    _fields_ = (
        ("started", c_int),
        ("has_usual", c_int),
        ("usual_change", c_float),
        ("cut", c_int),
        ("age", c_float),
        ("least_share", c_float),
        ("noise", c_float),
        ("change", c_float),
        ("black", c_float * 3),
    )


class DetectArguments(Structure):
    """Arguments of `detect`."""

    _fields_ = (
        ("small_luma", c_uint64),
        ("luma", c_uint64),
        ("reference", c_uint64),
        ("state", c_uint64),
        ("small_width", c_int),
        ("small_height", c_int),
        ("stride", c_int),
        ("map_width", c_int),
        ("map_height", c_int),
        ("cut_level", c_float),
        ("jump_level", c_float),
        ("sudden", c_float),
        ("recent", c_float),
        ("dark", c_float),
        ("steps", c_float),
    )


class FollowArguments(Structure):
    """Arguments of `follow`."""

    _fields_ = (
        ("curves", c_uint64),
        ("luma", c_uint64),
        ("reference", c_uint64),
        ("next_reference", c_uint64),
        ("maps", c_uint64),
        ("state", c_uint64),
        ("curves_width", c_int),
        ("curves_height", c_int),
        ("border", c_int),
        ("curves_are_half", c_int),
        ("map_width", c_int),
        ("map_height", c_int),
        ("map_count", c_int),
        ("steps", c_float),
        ("inverse_motion_level", c_float),
        ("inverse_picture_level", c_float),
        ("noise_margin", c_float),
        ("dark", c_float),
    )


@lru_cache
def _luma_weights(layout: PixelLayout) -> tuple[float, ...]:
    return tuple(luma_weights(layout))


class SmallImage(Structure):
    """The network's input, and where the small picture and the cells of the maps are in it."""

    _fields_ = (
        ("data", c_uint64),
        ("width", c_int),
        ("height", c_int),
        ("border", c_int),
        ("is_half", c_int),
        ("small_width", c_int),
        ("small_height", c_int),
        ("stride", c_int),
        ("map_width", c_int),
        ("map_height", c_int),
        ("weights", c_float * 3),
    )

    @classmethod
    def at(cls, address: int, geometry: MapGeometry, layout: PixelLayout, *, half: bool) -> SmallImage:
        """Describe an input in device memory.

        Args:
            address: Of (1, 3, image height, image width), RGB in [0, 1].
            geometry: Of the frame and the network.
            layout: Of the frame; its matrix says what luma is.
            half: The input is float16 rather than float32.
        """
        return cls(
            address,
            *geometry.image_size_wh,
            geometry.border,
            half,
            *geometry.small_size_wh,
            geometry.stride,
            *geometry.map_size_wh,
            _luma_weights(layout),
        )


class UntintArguments(Structure):
    """Arguments of `black` and `untint`."""

    _fields_ = (
        ("image", SmallImage),
        ("state", c_uint64),
        ("shade", c_float),
        ("prior", c_float),
        ("likely", c_float),
        ("steps", c_float),
    )


class TintArguments(Structure):
    """Arguments of `tint_light` and `tint_factors`."""

    _fields_ = (
        ("image", SmallImage),
        ("light", c_uint64),
        ("maps", c_uint64),
        ("factors", c_uint64),
        ("map_count", c_int),
        ("reach", c_float),
        ("strength", c_float),
        ("headroom", c_float),
        ("shadow", c_float),
        ("least_gain", c_float),
        ("most", c_float),
    )


class EnhanceArguments(Structure):
    """Arguments of the kernels of `enhance`."""

    _fields_ = (
        ("source", Planes),
        ("target", Planes),
        ("factors", c_uint64),
        ("black", c_uint64),
        ("width", c_int),
        ("height", c_int),
        ("cell", c_int),
        ("map_width", c_int),
        ("map_height", c_int),
        ("map_count", c_int),
        ("cells_per_half_pixel", c_float),
        ("luma_energy", c_float),
        ("chroma_energy", c_float),
        ("tint_scale", c_float * 2),
        ("peak", c_float),
        ("conversion", Conversion),
    )
