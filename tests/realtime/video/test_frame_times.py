"""Frames get strictly increasing times: their own, or the nearest that fit."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import av
from hypothesis import given
from hypothesis import strategies as st

from realtime.video.frame_times import FrameTimes


class Stream:
    """What is asked of a stream: 25 frames a second, counted in milliseconds."""

    average_rate = Fraction(25)
    time_base = Fraction(1, 1000)


def timed(times: list[int | None]) -> list[int]:
    stream: Any = Stream()
    clock = FrameTimes(stream, only_dts=False)
    result = []
    for pts in times:
        frame = av.VideoFrame(16, 16)
        frame.pts = pts
        result += [ready.pts for ready in clock.timed(frame)]
    return result + [frame.pts for frame in clock.rest()]


def test_own_times_are_kept() -> None:
    assert timed([7, 40, 41, 1000]) == [7, 40, 41, 1000]


def test_missing_times_go_on_at_the_frame_rate() -> None:
    assert timed([0, None, None, 200]) == [0, 40, 80, 200]


def test_missing_times_at_the_start_lead_up_to_the_first_one() -> None:
    assert timed([None, None, 60, 100]) == [-20, 20, 60, 100]


def test_without_any_time_they_start_at_0() -> None:
    assert timed([None] * 3) == [0, 40, 80]
    assert timed([None] * 40) == list(range(0, 1600, 40))


@given(st.lists(st.none() | st.integers(-(10**6), 10**6), max_size=40))
def test_whatever_the_times_no_frame_is_lost_and_they_increase(times: list[int | None]) -> None:
    result = timed(times)
    assert len(result) == len(times)
    assert all(before < after for before, after in pairwise(result))
    given_times = [pts for pts in times if pts is not None]
    if len(given_times) == len(times) and given_times == sorted(set(given_times)):
        assert result == given_times


def test_where_only_decoding_times_are_stored_gaps_are_no_delay() -> None:
    stream: Any = Stream()
    stream.time_base = Fraction(1, 25)
    clock = FrameTimes(stream, only_dts=True)
    result = []
    # A frame comes out one packet late; nothing is stored for 1, 2 and 3.
    for fed in (0, 4, 5, 6):
        packet: Any = av.Packet(bytes(100))
        packet.dts = fed
        clock.see(packet)
        if fed:
            frame = decoded_at(fed)
            result += [ready.pts for ready in clock.timed(frame)]
    assert result == [3, 4, 5]


def decoded_at(dts: int) -> av.VideoFrame:
    frame = av.VideoFrame(16, 16)
    frame.dts = dts
    return frame
