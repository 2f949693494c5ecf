"""Codes stand for the colours that the ITU-R recommendations give them."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.frames.colour import Matrix, PixelLayout, matrix_for_untagged, yuv_conversion

from .. import reference

# 8-bit codes of fully saturated colours and of white, published as the 100 % colour bars of each system.
BARS: list[tuple[Matrix, bool, tuple[float, float, float], tuple[int, int, int]]] = [
    ("bt601", False, (1, 1, 1), (235, 128, 128)),
    ("bt601", False, (1, 0, 0), (81, 90, 240)),
    ("bt601", False, (0, 1, 0), (145, 54, 34)),
    ("bt601", False, (0, 0, 1), (41, 240, 110)),
    ("bt709", False, (1, 1, 1), (235, 128, 128)),
    ("bt709", False, (1, 1, 0), (219, 16, 138)),
    ("bt709", False, (0, 1, 1), (188, 154, 16)),
    ("bt709", False, (1, 0, 0), (63, 102, 240)),
    ("bt709", False, (0, 1, 0), (173, 42, 26)),
    ("bt709", False, (0, 0, 1), (32, 240, 118)),
    ("bt2020", False, (1, 0, 0), (74, 97, 240)),
    ("bt2020", False, (0, 1, 0), (164, 47, 25)),
    ("bt2020", False, (0, 0, 1), (29, 240, 119)),
    ("bt601", True, (1, 0, 0), (76, 85, 255)),  # as in JFIF
    ("bt601", True, (0, 1, 0), (150, 44, 21)),
    ("bt601", True, (0, 0, 1), (29, 255, 107)),
    ("bt601", True, (0, 0, 0), (0, 128, 128)),
]
# The same of BT.2100 and BT.709 in 10 bits.
BARS_10_BIT: list[tuple[Matrix, tuple[float, float, float], tuple[int, int, int]]] = [
    ("bt709", (1, 1, 1), (940, 512, 512)),
    ("bt709", (1, 1, 0), (877, 64, 553)),
    ("bt709", (1, 0, 0), (250, 409, 960)),
    ("bt709", (0, 0, 1), (127, 960, 471)),
    ("bt2020", (1, 0, 0), (294, 387, 960)),
    ("bt2020", (0, 1, 0), (658, 189, 100)),
    ("bt2020", (0, 0, 1), (116, 960, 476)),
]


@pytest.mark.parametrize(("matrix", "full_range", "rgb", "codes"), BARS)
def test_colour_bars_have_their_published_codes(
    matrix: Matrix, full_range: bool, rgb: tuple[float, ...], codes: tuple[int, ...]
) -> None:
    layout = PixelLayout(kind="yuv", matrix=matrix, full_range=full_range)
    conversion = yuv_conversion(layout)
    encoded = conversion.yuv_from_rgb @ np.float32(rgb) + conversion.offset
    assert np.floor(encoded + 0.5).clip(0, 255).tolist() == list(codes)


@pytest.mark.parametrize(("matrix", "rgb", "codes"), BARS_10_BIT)
def test_colour_bars_have_their_published_codes_in_10_bits(
    matrix: Matrix, rgb: tuple[float, ...], codes: tuple[int, ...]
) -> None:
    conversion = yuv_conversion(PixelLayout(kind="yuv", bits=10, matrix=matrix))
    encoded = conversion.yuv_from_rgb @ np.float32(rgb) + conversion.offset
    assert np.floor(encoded + 0.5).tolist() == list(codes)


@pytest.mark.parametrize("matrix", ["bt601", "bt709", "bt2020"])
@pytest.mark.parametrize("bits", [8, 10, 16])
@pytest.mark.parametrize("full_range", [False, True])
def test_both_directions_agree_with_the_recommendations(matrix: Matrix, bits: int, full_range: bool) -> None:
    layout = PixelLayout(kind="yuv", bits=bits, matrix=matrix, full_range=full_range)
    conversion = yuv_conversion(layout)
    rgb = np.random.default_rng(1).uniform(0, 1, (50, 3))
    codes = np.stack(reference.codes_from_rgb(rgb, layout), axis=-1)
    # float32 has 24 bits: its error is far below half a code of 16 bits.
    np.testing.assert_allclose(
        rgb @ conversion.yuv_from_rgb.T + conversion.offset, codes, rtol=0, atol=1e-6 * layout.peak
    )
    np.testing.assert_allclose((codes - conversion.offset) @ conversion.rgb_from_yuv.T, rgb, atol=1e-6)


@pytest.mark.parametrize(
    ("height", "matrix"), [(1, "bt601"), (480, "bt601"), (576, "bt601"), (577, "bt709"), (1080, "bt709")]
)
def test_untagged_pictures_are_read_as_players_do(height: int, matrix: Matrix) -> None:
    assert matrix_for_untagged(height) == matrix


@pytest.mark.parametrize(("bits", "peak"), [(8, 255), (10, 1023), (12, 4095), (16, 65535)])
def test_the_peak_is_the_largest_code(bits: int, peak: int) -> None:
    assert PixelLayout(kind="yuv", bits=bits).peak == peak


@pytest.mark.parametrize("bits", [7, 17])
def test_depths_that_are_not_handled_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match=f"bits must be 8 to 16, not {bits}"):
        PixelLayout(kind="yuv", bits=bits)


@pytest.mark.parametrize("shift_wh", [(3, 0), (0, -1)])
def test_subsampling_that_is_not_handled_is_refused(shift_wh: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="chroma_shift_wh must be 0 to 2 each"):
        PixelLayout(kind="yuv", chroma_shift_wh=shift_wh)
