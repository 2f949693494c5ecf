from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from realtime.errors import InputError, LostInputError
from realtime.live import source as source_module
from realtime.live.capture import Capture
from realtime.live.frame import bgr_of
from realtime.live.options import CaptureOptions
from realtime.live.source import LiveSource, open_source
from realtime.live.stats import LiveStats

from ...contract.fake_capture import SOUND, FakeCapture, grey_frame, piece_of_sound
from .connections import Connections, lost
from .waiting import wait_until


def test_a_slow_reader_gets_the_newest_frame_and_the_others_are_counted() -> None:
    stats = LiveStats()
    frames = [grey_frame(level) for level in range(20, 30)]
    with LiveSource("fake", Connections(FakeCapture(frames)), stats=stats) as source:
        wait_until(lambda: stats.snapshot().captured == 10)
        (frame,) = list(source)
    assert frame.video is frames[-1]
    assert stats.snapshot().dropped == 9


def test_a_source_that_is_lost_is_opened_again_and_starts_afresh() -> None:
    stats = LiveStats()
    connections = Connections(
        FakeCapture([grey_frame(1, time_s=100.0), lost()]),
        InputError("still away"),
        LostInputError("still away"),
        FakeCapture([grey_frame(2, time_s=3.0)]),
    )
    with LiveSource("fake", connections, stats=stats) as source:
        seen = list(source)
    assert seen[-1].is_first
    assert [frame.time_s for frame in seen] == sorted(frame.time_s for frame in seen)
    assert seen[-1].time_s < 10, "time goes on from where it was, whatever the stream's clock says"
    assert all(capture.closed for capture in connections.captures if isinstance(capture, FakeCapture))
    assert (stats.snapshot().reconnects, stats.snapshot().connected) == (1, True)


def test_memory_is_given_back_when_each_connection_is_over_and_before_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed: list[list[bool]] = []
    connections = Connections(FakeCapture([grey_frame(), lost()]), FakeCapture([lost()]), FakeCapture([]))
    captures = [capture for capture in connections.captures if isinstance(capture, FakeCapture)]
    monkeypatch.setattr(
        source_module, "give_back_memory", lambda: closed.append([capture.closed for capture in captures])
    )
    with LiveSource("fake", connections) as source:
        list(source)
    assert closed == [[True, False, False], [True, True, False], [True, True, True]]


def test_giving_memory_back_lowers_what_the_process_holds() -> None:
    # In blocks that malloc keeps when they are freed, the last of which stays in use.
    script = """
import ctypes
from realtime.live.source import give_back_memory

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]

def held_mib():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20

blocks = [libc.malloc(100_000) for _ in range(600)]
for block in blocks:
    ctypes.memset(block, 1, 100_000)
for block in blocks[:-1]:
    libc.free(block)
before = held_mib()
give_back_memory()
print(before - held_mib())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(done.stdout) > 40


def test_losing_it_and_getting_it_back_is_said_once_each(caplog: pytest.LogCaptureFixture) -> None:
    connections = Connections(
        FakeCapture([grey_frame(), lost()]),
        InputError("no"),
        FakeCapture([lost()]),
        FakeCapture([piece_of_sound(0.0), lost()], sound=SOUND),
        FakeCapture([grey_frame(), grey_frame()]),
    )
    with LiveSource("fake", connections) as source:
        list(source)
    first, second = (record.getMessage() for record in caplog.records)
    assert first == "fake: it broke off; trying to get it back"
    assert second.startswith("fake is back after 0.")


class Pauses(threading.Event):
    """An event that nobody waits for; it is set once it was waited for so often."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.pauses_s: list[float | None] = []
        self._count = count

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses_s.append(timeout)
        if len(self.pauses_s) == self._count:
            self.set()
        return self.is_set()


def test_pauses_grow_until_there_is_a_frame_again(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = Pauses(6)
    fake = SimpleNamespace(Event=lambda: pauses, Thread=threading.Thread)
    monkeypatch.setattr(source_module, "threading", fake)
    connections = Connections(
        FakeCapture([grey_frame(), lost()]),
        FakeCapture([lost()]),
        InputError("no"),
        FakeCapture([lost()]),
        FakeCapture([grey_frame(), lost()]),
        FakeCapture([lost()]),
    )
    stats = LiveStats()
    with LiveSource("fake", connections, stats=stats):
        wait_until(lambda: len(pauses.pauses_s) == 6)
    assert pauses.pauses_s == [0.01, 0.02, 0.04, 0.08, 0.01, 0.02]
    assert (stats.snapshot().reconnects, stats.snapshot().connected) == (1, False)


def test_a_source_that_opens_and_gives_no_picture_cannot_be_used() -> None:
    connections = Connections(FakeCapture([lost()]))
    with (
        LiveSource("fake", connections) as source,
        pytest.raises(InputError, match="fake gives no picture; see whether another player shows one"),
    ):
        list(source)


def test_a_source_that_cannot_be_used_any_more_says_so_to_its_reader() -> None:
    connections = Connections(FakeCapture([InputError("fake is HDR")]))
    with LiveSource("fake", connections) as source, pytest.raises(InputError, match="fake is HDR"):
        list(source)


def test_a_change_of_size_starts_a_new_stream() -> None:
    class SlowCapture(FakeCapture):
        def read(self):
            assert turns.acquire(timeout=20)
            return super().read()

    turns = threading.Semaphore(1)
    sizes = [(64, 48), (64, 48), (32, 24), (32, 24)]
    capture = SlowCapture([grey_frame(size_wh=size) for size in sizes])
    firsts = []
    with LiveSource("fake", Connections(capture)) as source:
        for frame in source:
            firsts.append(frame.is_first)
            turns.release()
    assert firsts == [True, False, True, False]


def test_a_new_stream_is_told_even_if_its_first_frame_is_dropped() -> None:
    stats = LiveStats()
    connections = Connections(
        FakeCapture([grey_frame(1), lost()]),
        FakeCapture([grey_frame(level) for level in (2, 3, 4)], hangs=True),
    )
    with LiveSource("fake", connections, stats=stats) as source:
        wait_until(lambda: stats.snapshot().captured == 4)
        frame = source.take(60)
        connections.captures[1].let_go()
    assert frame is not None
    assert bytes(frame.video.planes[0])[0] == 4
    assert frame.is_first


def test_closing_while_it_is_away_ends_the_attempts() -> None:
    attempts = count()

    def connect() -> Capture:
        if next(attempts):
            raise InputError("away")
        return FakeCapture([grey_frame(), lost()])

    source = LiveSource("fake", connect)
    wait_until(lambda: next(attempts) > 3)
    source.close()
    source.take(0)
    assert not any(thread.name == "capture fake" for thread in threading.enumerate())
    assert source.ended


def test_closing_does_not_wait_for_a_connection_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "_CLOSE_S", 0.05)
    capture = FakeCapture([], hangs=True)
    source = LiveSource("fake", Connections(capture))
    source.close()
    assert not capture.closed, "a connection is closed by the thread that reads from it"
    capture.let_go()
    wait_until(lambda: capture.closed)


def test_frames_that_cannot_be_enhanced_as_they_are_are_converted() -> None:
    frame = grey_frame(50).reformat(format="nv12")
    with LiveSource("fake", Connections(FakeCapture([frame]))) as source:
        (converted,) = list(source)
    assert converted.video.format.name == "yuv420p"
    assert bytes(converted.video.planes[0])[0] == 50


def test_frames_stored_from_the_bottom_up_are_turned() -> None:
    with open_source("lavfi:color=red:size=64x48,drawbox=0:0:64:24:blue:fill,vflip") as source:
        frame = source.take(60)
    assert frame is not None
    assert all(plane.line_size > 0 for plane in frame.video.planes)
    assert bgr_of(frame.video)[[5, 40], 5].argmax(axis=1).tolist() == [2, 0]


@pytest.fixture
def test_picture() -> Iterator[LiveSource]:
    with open_source("lavfi:testsrc2=size=64x48:rate=50") as source:
        yield source


def test_a_test_picture_keeps_the_pace_of_its_timestamps(test_picture: LiveSource) -> None:
    frames = [test_picture.take(60) for _ in range(6)]
    assert all(frame is not None for frame in frames)
    assert (frames[0].video.width, frames[0].video.height) == (64, 48)
    for frame in frames:
        assert frame.captured_s - frames[0].captured_s >= frame.time_s - frames[0].time_s - 0.02


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("lavfi:nonsense=2", "lavfi:nonsense=2 is not a filter graph .*; try lavfi:testsrc2"),
        ("lavfi:sine", "lavfi:sine gives no picture; try lavfi:testsrc2"),
        ("nothing.mp4", "nothing.mp4 does not exist; check the name"),
    ],
)
def test_what_cannot_be_opened_is_said_at_once(address: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_source(address)


@pytest.mark.parametrize(("address", "place"), [(0, "0"), (Path("night.mp4"), "night.mp4"), ("0", "0")])
def test_a_camera_may_be_given_as_its_number_and_a_file_as_its_path(
    address: str | int | Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def connect(address: str, _options: CaptureOptions) -> Capture:
        asked.append(address)
        return FakeCapture([grey_frame()])

    monkeypatch.setattr(source_module, "open_capture", connect)
    with open_source(address) as source:
        assert (source.name, asked) == (place, [place])
