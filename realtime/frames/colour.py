"""How the samples of a frame stand for colours: layout, depth, matrix and range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Matrix = Literal["bt601", "bt709", "bt2020"]

FloatArray = npt.NDArray[np.float32]

# Weights of red and blue in luma: ITU-R BT.601-7, BT.709-6 and BT.2020-2.
_LUMA_WEIGHTS: dict[Matrix, tuple[float, float]] = {
    "bt601": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "bt2020": (0.2627, 0.0593),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelLayout:
    """The meaning of a frame's planes.

    Attributes:
        kind: `yuv` is planar Y, U, V; `grey` is Y alone; `rgb` and `bgr` are one packed (H, W, 3) plane.
        bits: Bits a sample, 8 to 16; more than 8 are stored in native-endian uint16, in the low bits.
        chroma_shift_wh: log2 of the subsampling of U and V, (1, 1) for 4:2:0, (1, 0) for 4:2:2.
        matrix: The RGB to YUV matrix; unused for `rgb` and `bgr`.
        full_range: Whether luma spans all codes, rather than 16 to 235 (of 255).
    """

    kind: Literal["yuv", "grey", "rgb", "bgr"]
    bits: int = 8
    chroma_shift_wh: tuple[int, int] = (0, 0)
    matrix: Matrix = "bt709"
    full_range: bool = False

    def __post_init__(self) -> None:
        if not 8 <= self.bits <= 16:
            raise ValueError(f"bits must be 8 to 16, not {self.bits}")
        if any(shift not in (0, 1, 2) for shift in self.chroma_shift_wh):
            raise ValueError(f"chroma_shift_wh must be 0 to 2 each, not {self.chroma_shift_wh}")

    @property
    def peak(self) -> int:
        """The largest code value."""
        return (1 << self.bits) - 1

    @property
    def scale_to_16_bits(self) -> float:
        """What codes are multiplied by to have 16 bits and mean the same."""
        return 65535 / self.peak if self.kind in ("rgb", "bgr") else float(1 << (16 - self.bits))


class YuvConversion(NamedTuple):
    """Matrices between YUV codes and RGB in [0, 1].

    Attributes:
        rgb_from_yuv: (3, 3) float32; RGB = rgb_from_yuv @ (YUV − offset).
        yuv_from_rgb: (3, 3) float32; YUV = yuv_from_rgb @ RGB + offset.
        offset: (3,) float32, the codes of black and of no colour.
        ycc_from_rgb: (3, 3) float32, to luma in [0, 1] and chroma in [-1/2, 1/2], whatever the codes.
    """

    rgb_from_yuv: FloatArray
    yuv_from_rgb: FloatArray
    offset: FloatArray
    ycc_from_rgb: FloatArray


def matrix_for_untagged(height: int) -> Matrix:
    """Guess the matrix of an untagged stream the way players do: 601 up to 576 lines, 709 above."""
    return "bt601" if height <= 576 else "bt709"


def luma_weights(layout: PixelLayout) -> FloatArray:
    """Return the weights of R, G and B in luma, (3,) float32."""
    red, blue = _LUMA_WEIGHTS[layout.matrix]
    return np.array([red, 1.0 - red - blue, blue], np.float32)


def yuv_conversion(layout: PixelLayout) -> YuvConversion:
    """Build the conversion matrices of a layout; for `rgb` and `bgr`, only `ycc_from_rgb` means something.

    Source: ITU-R BT.601-7, BT.709-6 and BT.2020-2 for the weights and the quantisation to codes.
    """
    red, blue = _LUMA_WEIGHTS[layout.matrix]
    green = 1.0 - red - blue
    luma = np.array([red, green, blue])
    weights = np.stack(
        [
            luma,
            (np.array([0.0, 0.0, 1.0]) - luma) / (2.0 * (1.0 - blue)),
            (np.array([1.0, 0.0, 0.0]) - luma) / (2.0 * (1.0 - red)),
        ]
    )
    step = 1 << (layout.bits - 8)
    if layout.full_range:
        luma_span = chroma_span = float(layout.peak)
        black = 0.0
    else:
        luma_span, chroma_span, black = 219.0 * step, 224.0 * step, 16.0 * step
    yuv_from_rgb = weights * np.array([[luma_span], [chroma_span], [chroma_span]])
    offset = np.array([black, 128.0 * step, 128.0 * step])
    return YuvConversion(
        np.linalg.inv(yuv_from_rgb).astype(np.float32),
        yuv_from_rgb.astype(np.float32),
        offset.astype(np.float32),
        weights.astype(np.float32),
    )
