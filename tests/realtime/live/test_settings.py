from __future__ import annotations

import pytest

from realtime.live.settings import LiveSettings
from realtime.options import EnhancerOptions, SmoothingOptions


def test_what_is_changed_is_changed_and_the_rest_stays() -> None:
    settings = LiveSettings(EnhancerOptions(map_size=64, strength=0.5))
    before = settings.options
    settings.change(smoothing_s=0.1, estimate_every=3)
    settings.change(headroom=0.25, shadow_floor=0.2, denoise=True)
    assert settings.options == EnhancerOptions(
        map_size=64,
        strength=0.5,
        smoothing=SmoothingOptions(seconds=0.1),
        estimate_every=3,
        headroom=0.25,
        shadow_floor=0.2,
        denoise=True,
    )
    assert before == EnhancerOptions(map_size=64, strength=0.5)


def test_nonsense_is_refused_and_changes_nothing() -> None:
    settings = LiveSettings()
    before = settings.options
    with pytest.raises(ValueError, match="strength must be 0 to 1, not 2"):
        settings.change(strength=2, shadow_floor=0.1)
    with pytest.raises(ValueError, match="smoothing takes 0 or more seconds, not -1"):
        settings.change(smoothing_s=-1)
    assert settings.options is before
