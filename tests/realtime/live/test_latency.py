from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.live.latency import LatencyHistogram


@given(st.lists(st.floats(2e-5, 50), min_size=1, max_size=300))
def test_percentiles_are_those_of_the_times_within_a_hundredth(times: list[float]) -> None:
    histogram = LatencyHistogram()
    for seconds in times:
        histogram.add(seconds)
    expected = 1e3 * np.percentile(times, (50, 95, 99), method="inverted_cdf")
    overall = histogram.overall()
    found = (overall.p50_ms, overall.p95_ms, overall.p99_ms)
    assert found == pytest.approx(expected.tolist(), rel=0.01, abs=0.01)


def test_recent_percentiles_forget() -> None:
    histogram = LatencyHistogram()
    for seconds in [9.0] * 200 + [0.004] * 120:
        histogram.add(seconds)
    assert histogram.recent().p99_ms == 4.0
    assert histogram.overall().p95_ms == pytest.approx(9000, rel=0.01)


@pytest.mark.parametrize(("seconds", "ms"), [(0.0, 0.01), (-1.0, 0.01), (1e6, 1e5)])
def test_times_out_of_range_are_counted_at_its_ends(seconds: float, ms: float) -> None:
    histogram = LatencyHistogram()
    histogram.add(seconds)
    assert histogram.overall().p50_ms == pytest.approx(ms, rel=0.02)


def test_without_times_all_is_zero() -> None:
    histogram = LatencyHistogram()
    assert histogram.overall().p99_ms == histogram.recent().p99_ms == 0.0
