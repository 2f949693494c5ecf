"""Options of a program come out as what they are declared to be, or are refused with what they take."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction

import numpy as np
import pytest

from realtime.live.options import CaptureOptions
from realtime.options import (
    Backend,
    BatchOptions,
    Codec,
    EncoderOptions,
    EnhancerOptions,
    FileOptions,
    SmoothingOptions,
)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: EnhancerOptions(threads=1.5), "threads takes a whole number, not 1.5"),
        (lambda: EnhancerOptions(threads=True), "threads takes a whole number, not True"),
        (lambda: EnhancerOptions(strength="0.5"), "strength takes a number, not '0.5'"),
        (lambda: EnhancerOptions(strength=True), "strength takes a number, not True"),
        (lambda: EnhancerOptions(strength=None), "strength takes a number, not None"),
        (lambda: EnhancerOptions(strength=np.ones(2)), "strength takes a number, not array([1., 1.])"),
        (lambda: EnhancerOptions(smoothing=3.0), "smoothing takes SmoothingOptions, not 3.0"),
        (lambda: EnhancerOptions(denoise="no"), "denoise takes True or False, not 'no'"),
        (lambda: EnhancerOptions(model=None), "model takes text, not None"),
        (
            lambda: EnhancerOptions(estimate_every=True),
            "estimate_every takes a whole number or 'auto', not True",
        ),
        (
            lambda: EnhancerOptions(estimate_every=np.ones(2)),
            "estimate_every takes a whole number or 'auto', ",
        ),
        (lambda: EnhancerOptions(frame_interval_s="1"), "frame_interval_s takes a number or None, not '1'"),
        (lambda: SmoothingOptions(seconds="3"), "seconds takes a number, not '3'"),
        (lambda: EncoderOptions(codec="h265"), "codec takes one of 'auto', 'h264', 'hevc', "),
        (lambda: EncoderOptions(crf="18"), "crf takes a number or None, not '18'"),
        (lambda: EncoderOptions(preset=5), "preset takes text or None, not 5"),
        (lambda: FileOptions(overwrite="no"), "overwrite takes True or False, not 'no'"),
        (lambda: BatchOptions(jobs=2.0), "jobs takes a whole number, not 2.0"),
        (
            lambda: CaptureOptions(size_wh="1280x720"),
            "size_wh takes (a whole number, a whole number) or None, not '1280x720'",
        ),
        (
            lambda: CaptureOptions(size_wh=(1280, 720, 3)),
            "size_wh takes (a whole number, a whole number) or None",
        ),
    ],
)
def test_a_value_of_another_type_is_refused(make: Callable[[], object], complaint: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(complaint)}"):
        make()


def test_what_means_the_same_is_taken_as_what_is_declared() -> None:
    enhancer = EnhancerOptions(
        strength=np.float32(0.5),
        threads=np.int64(2),
        denoise=np.bool_(True),
        estimate_every=np.int32(4),
        backend="cpu",
    )
    plain = EnhancerOptions(strength=0.5, threads=2, denoise=True, estimate_every=4, backend=Backend.CPU)
    assert enhancer == plain
    assert json.dumps(asdict(enhancer)) == json.dumps(asdict(plain))  # as the list of a folder keeps them
    assert EncoderOptions(codec="hevc").codec is Codec.HEVC
    assert CaptureOptions(size_wh=[1280, 720], fps=Fraction(30000, 1001)) == CaptureOptions(
        size_wh=(1280, 720), fps=30000 / 1001
    )
