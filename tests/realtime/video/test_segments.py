"""Segments are found by time, and packets go on in time from one to the next."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.frames.colour import PixelLayout
from realtime.frames.picture import Picture
from realtime.video.decoding_times import DecodingTimes
from realtime.video.segments import SegmentClock, checksum_of
from realtime.video.stored_packet import bytes_from_packet, packet_from_bytes


def frame_at(pts: int, base: Fraction = Fraction(1, 10)) -> av.VideoFrame:
    frame = av.VideoFrame(16, 16, "yuv420p")
    frame.pts, frame.time_base = pts, base
    return frame


def begins(clock: SegmentClock, times: list[int]) -> list[int]:
    return [pts for pts in times if clock.begins(frame_at(pts))]


def test_a_segment_begins_after_so_much_time() -> None:
    assert begins(SegmentClock(2.0), list(range(7, 80))) == [27, 47, 67]


def test_a_time_lapse_has_no_segment_for_each_frame() -> None:
    assert begins(SegmentClock(2.0), list(range(0, 4000, 100))) == [800, 1600, 2400, 3200]


@given(
    steps=st.lists(st.integers(1, 40), min_size=1, max_size=120), segment_s=st.sampled_from([0.5, 2.0, 7.0])
)
def test_who_starts_at_a_joint_finds_the_same_ones_behind_it(steps: list[int], segment_s: float) -> None:
    times = np.cumsum(steps).tolist()
    joints = begins(SegmentClock(segment_s), times)
    for joint in joints:
        before = times.index(joint)
        clock = SegmentClock(segment_s, frames=before)
        assert begins(clock, times[before:]) == [other for other in joints if other > joint]
        assert clock.frames == len(times)


def test_the_checksum_is_of_the_samples_alone() -> None:
    luma = np.arange(4 * 10, dtype=np.uint8).reshape(4, 10)
    layout = PixelLayout(kind="grey", full_range=True)
    checksum = checksum_of(Picture((luma,), 8, 4, layout))
    luma[:, 8:] = 0
    assert checksum_of(Picture((luma,), 8, 4, layout)) == checksum
    luma[3, 7] += 1
    assert checksum_of(Picture((luma,), 8, 4, layout)) != checksum


def packet_at(pts: int, dts: int | None) -> av.Packet:
    packet = av.Packet(b"x")
    packet.pts, packet.dts = pts, dts
    return packet


def encoded(times: list[int], delay: int) -> list[av.Packet]:
    """Return packets as an encoder gives them: a key frame, then groups that begin with what is shown last.

    It invents decoding times for the first ones.
    """
    order = times[:1]
    for begin in range(1, len(times), delay + 1):
        group = times[begin : begin + delay + 1]
        order += [group[-1], *group[:-1]]
    invented = [times[0] - delay * 50 + 50 * index for index in range(min(delay, len(times)))]
    return [packet_at(pts, dts) for pts, dts in zip(order, [*invented, *times], strict=False)]


@given(
    steps=st.lists(st.integers(1, 90), min_size=12, max_size=60),
    delay=st.integers(0, 3),
    cuts=st.lists(st.integers(5, 59), max_size=4, unique=True),
    resumed=st.integers(0, 4),
)
def test_decoding_times_go_on_over_joints(
    steps: list[int], delay: int, cuts: list[int], resumed: int
) -> None:
    times = np.cumsum(steps).tolist()
    bounds = [0, *sorted(cut for cut in cuts if cut < len(times)), len(times)]
    segments = [times[begin:end] for begin, end in pairwise(bounds)]

    def run(decoding: DecodingTimes, parts: list[list[int]]) -> list[tuple[int, int]]:
        result = []
        for number, part in enumerate(parts):
            if number:
                decoding.begin_segment()
            packets = encoded(part, delay)
            for pts in part:
                decoding.add_frame(pts)
            for packet in packets:
                decoding.set(packet)
            result += [(packet.pts, packet.dts) for packet in packets]
        return result

    whole = run(DecodingTimes(), segments)
    dts = [time for _, time in whole]
    assert dts == sorted(set(dts))
    assert all(decoded <= shown for shown, decoded in whole)
    if 0 < resumed < len(segments):
        decoding = DecodingTimes()
        before = sum(map(len, segments[:resumed]))
        for pts, time in whole[:before]:
            decoding.follow(packet_at(pts, time))
        assert run(decoding, segments[resumed:]) == whole[before:]


@pytest.mark.parametrize("is_keyframe", [False, True])
def test_a_packet_is_made_again(is_keyframe: bool) -> None:
    with av.open("/dev/null", "w", format="null") as container:
        stream = container.add_stream("ffv1", rate=25)
        packet = av.Packet(bytes(range(200)))
        packet.pts, packet.dts, packet.duration, packet.is_keyframe = 7, None, 3, is_keyframe
        base = Fraction(1, 25)
        made = packet_from_bytes(bytes_from_packet(packet), stream, base)
        assert (made.pts, made.dts, made.duration, made.is_keyframe) == (7, None, 3, is_keyframe)
        assert (bytes(made), made.time_base, made.stream) == (bytes(packet), base, stream)
