"""Options have sound defaults, and nonsense is refused where it is said."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from realtime import options
from realtime.options import (
    MOST_THREADS,
    EncoderOptions,
    EnhancerOptions,
    SmoothingOptions,
    estimate_every_from_text,
)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: EnhancerOptions(strength=-0.1), "strength must be 0 to 1, not -0.1"),
        (lambda: EnhancerOptions(strength=1.5), "strength must be 0 to 1, not 1.5"),
        (lambda: EnhancerOptions(strength=math.nan), "strength must be 0 to 1, not nan"),
        (lambda: EnhancerOptions(map_size=15), "the map size must be 16 to 4096, not 15"),
        (lambda: EnhancerOptions(map_size=4097), "the map size must be 16 to 4096, not 4097"),
        (lambda: EnhancerOptions(estimate_every=0), "estimate-every must be at least 1, or auto, not 0"),
        (
            lambda: EnhancerOptions(estimate_every="4"),
            "estimate_every takes a whole number or 'auto', not '4'",
        ),
        (lambda: EnhancerOptions(backend="gpu"), "backend takes one of 'auto', 'tensorrt', 'cpu', not 'gpu'"),
        (lambda: EnhancerOptions(frame_interval_s=0), "the frame interval must be above 0, not 0"),
        (lambda: EnhancerOptions(headroom=1.5), "the headroom must be 0 to 1, not 1.5"),
        (lambda: EnhancerOptions(headroom=math.nan), "the headroom must be 0 to 1, not nan"),
        (lambda: EnhancerOptions(shadow_floor=-0.1), "the shadow floor must be 0 to 1, not -0.1"),
        (lambda: EnhancerOptions(shadow_floor=math.nan), "the shadow floor must be 0 to 1, not nan"),
        (lambda: EnhancerOptions(threads=0), "threads must be 1 to 1024, not 0"),
        (lambda: EnhancerOptions(threads=1025), "threads must be 1 to 1024, not 1025"),
        (lambda: SmoothingOptions(seconds=-1), "smoothing takes 0 or more seconds, not -1"),
        (lambda: SmoothingOptions(seconds=math.inf), "smoothing takes 0 or more seconds, not inf"),
        (lambda: SmoothingOptions(seconds=math.nan), "smoothing takes 0 or more seconds, not nan"),
        (lambda: SmoothingOptions(motion_level=0), "the motion level must be above 0, not 0"),
        (lambda: SmoothingOptions(picture_level=-1), "the picture level must be above 0, not -1"),
        (lambda: SmoothingOptions(cut_level=0), "the cut level must be above 0 and at most 1, not 0"),
        (lambda: SmoothingOptions(cut_level=1.1), "the cut level must be above 0 and at most 1, not 1.1"),
    ],
)
def test_nonsense_is_refused(make: Callable[[], object], complaint: str) -> None:
    with pytest.raises(ValueError, match=f"^{complaint}$"):
        make()


def test_the_limits_themselves_are_allowed() -> None:
    EnhancerOptions(strength=0, map_size=16, estimate_every=1, threads=1)
    EnhancerOptions(strength=1, map_size=4096)
    SmoothingOptions(seconds=0, cut_level=1)


@pytest.mark.parametrize(("text", "choice"), [("1", 1), ("12", 12), ("auto", "auto")])
def test_how_often_to_estimate_is_read_from_text(text: str, choice: object) -> None:
    assert estimate_every_from_text(text) == choice


@pytest.mark.parametrize("text", ["", "often", "1.5"])
def test_what_is_neither_a_number_nor_auto_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^estimate-every takes a whole number or auto, not '{text}'$"):
        estimate_every_from_text(text)


@pytest.mark.parametrize(("processors", "threads"), [(3, 3), (5000, MOST_THREADS)])
def test_all_the_processors_that_may_be_used_are(
    processors: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "usable_processors", lambda: processors)
    assert EnhancerOptions().threads == threads


@pytest.mark.parametrize("crf", [-1.0, 64.0, float("nan")])
def test_a_rate_factor_that_no_codec_has_is_refused(crf: float) -> None:
    with pytest.raises(ValueError, match="the rate factor must be 0 to 63"):
        EncoderOptions(crf=crf)


def test_a_model_may_be_given_as_a_path() -> None:
    assert EnhancerOptions(model=Path("models/mine.onnx")).model == "models/mine.onnx"  # type: ignore[arg-type]
