"""Which instructions x264 may use, so that what it encodes goes by the pictures alone.

With AVX-512, what x264 (core 165) encodes differs a little from one run to the next, by what was left in
memory, unless rows are made of whole eights of macroblocks, as at 1280, 1920, 2560 and 3840 pixels. It does
not without its macroblock tree, which looks how much later pictures depend on each of them, nor with AVX2,
which takes a tenth longer.
"""

from __future__ import annotations

from functools import cache

from numba.core.codegen import get_host_cpu_features

_EIGHT_MACROBLOCKS = 8 * 16


def reliable_instructions(width: int) -> dict[str, str]:
    """Return options for libx264 that rule out what is wrong at a width, in pixels; none where nothing is."""
    padded = -(-width // 16) * 16
    return {"x264-params": "asm=avx2"} if padded % _EIGHT_MACROBLOCKS and _has_avx512() else {}


@cache
def _has_avx512() -> bool:
    features: str = get_host_cpu_features()  # type: ignore[no-untyped-call]
    return "+avx512f" in features.split(",")
