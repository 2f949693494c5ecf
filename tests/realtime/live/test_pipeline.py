from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from realtime.cpu_enhancer import CpuEnhancer
from realtime.curves import applier as curves
from realtime.curves import smoothing
from realtime.denoising import spatial as spatial_denoiser
from realtime.denoising import temporal as denoiser
from realtime.denoising.enhancer import DenoisingEnhancer
from realtime.errors import InputError, LostOutputError, OutputError
from realtime.frames.picture import Picture
from realtime.live import outlet as outlet_module
from realtime.live.capture import usual_layouts
from realtime.live.pipeline import run_live, warm_up
from realtime.live.session import LiveSession
from realtime.live.sink import open_sink
from realtime.live.source import LiveSource, open_source
from realtime.options import EncoderOptions, EnhancerOptions, FileOptions

from ...clips import read_frames
from ...contract.fake_capture import FakeCapture, grey_frame
from ...contract.fake_enhancer import FakeEnhancer
from ...contract.fake_sink import FakeSink
from .paced_source import paced_source
from .waiting import wait_until


def test_every_sink_gets_the_original_and_the_enhanced_frame() -> None:
    session, sinks = LiveSession(), [FakeSink("a"), FakeSink("b")]
    with paced_source(session, 20) as source:
        run_live(source, FakeEnhancer(gain=30), sinks, session)
    for sink in sinks:
        assert sink.closed
        assert len(sink.frames) > 5
        for frame in sink.frames:
            assert bytes(frame.original.planes[0])[0] == 60
            assert bytes(frame.enhanced.planes[0])[0] == 90
    snapshot = session.stats.snapshot()
    assert snapshot.captured == 20
    assert snapshot.enhanced == 20 - snapshot.dropped
    assert (snapshot.width, snapshot.height, snapshot.backend) == (64, 48, "fake")
    assert snapshot.sinks["a"].shown == len(sinks[0].frames)


def test_a_sink_that_hangs_slows_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet_module, "_CLOSE_S", 0.05)
    session, slow, quick = LiveSession(), FakeSink("slow"), FakeSink("quick")
    slow.gate.clear()
    with paced_source(session, 40) as source:
        run_live(source, FakeEnhancer(), [slow, quick], session)
    sinks = session.stats.snapshot().sinks
    assert sinks["slow"].shown == 0
    assert sinks["slow"].dropped > 10
    assert sinks["quick"].shown + sinks["quick"].dropped == session.stats.snapshot().enhanced
    assert sinks["quick"].shown > 10
    slow.gate.set()
    wait_until(lambda: slow.closed)


def test_a_sink_that_is_lost_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outlet_module, "_FIRST_PAUSE_S", 0.001)
    lost = LostOutputError("fake:// is gone")
    session, sink = LiveSession(), FakeSink(errors={3: lost, 4: lost})
    with paced_source(session, 60) as source:
        run_live(source, FakeEnhancer(), [sink], session)
    assert len(sink.frames) > 10
    assert [record.getMessage() for record in caplog.records] == [
        "fake:// is gone; trying again",
        "fake:// is back",
    ]


def test_a_sink_that_was_never_there_fails_the_run_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet_module, "_FIRST_PAUSE_S", 0.001)
    lost = LostOutputError("far:// is not there")
    session, near = LiveSession(), FakeSink("near")
    far = FakeSink("far", errors=dict.fromkeys(range(1, 100), lost))
    with paced_source(session, 20) as source, pytest.raises(LostOutputError, match="far:// is not there"):
        run_live(source, FakeEnhancer(), [far, near], session)
    assert len(near.frames) > 5
    assert far.closed


class FullDisk(FakeSink):
    """Can write no more from the second frame on, and not finish either."""

    def __init__(self) -> None:
        super().__init__("bad", errors={2: OutputError("bad: the disk is full")})

    def close(self) -> None:
        super().close()
        raise OutputError("bad: the end is lost")


def test_when_one_sink_ends_the_others_go_on_and_the_run_fails_at_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    session, bad, said_after = LiveSession(), FullDisk(), []

    class Good(FakeSink):
        def show(self, frame):
            super().show(frame)
            said_after.append(caplog.messages[:])

    with paced_source(session, 30) as source, pytest.raises(OutputError, match="bad: the disk is full"):
        run_live(source, FakeEnhancer(), [bad, Good("good")], session)
    assert bad.closed
    assert len(bad.frames) == 1
    assert len(said_after) > 5
    assert said_after[-1] == caplog.messages == ["bad: the disk is full; this output has ended"]


def test_when_a_sink_cannot_finish_the_run_fails_once(caplog: pytest.LogCaptureFixture) -> None:
    class Unfinished(FakeSink):
        def close(self) -> None:
            super().close()
            raise OutputError("bad: the end is lost")

    session = LiveSession()
    with paced_source(session, 5) as source, pytest.raises(OutputError, match="bad: the end is lost"):
        run_live(source, FakeEnhancer(), [Unfinished("bad"), FakeSink("good")], session)
    assert caplog.messages == []


def test_when_no_sink_is_left_the_run_ends(caplog: pytest.LogCaptureFixture) -> None:
    session, bad = LiveSession(), FullDisk()
    with (
        open_source("lavfi:testsrc2=size=64x48:rate=100") as source,
        pytest.raises(OutputError, match="bad: the disk is full"),
    ):
        run_live(source, FakeEnhancer(), [bad], session)
    assert caplog.messages == []


def test_a_source_that_fails_ends_the_run_and_closes_the_sinks() -> None:
    session, sink = LiveSession(), FakeSink()
    capture = FakeCapture([grey_frame(), InputError("fake is HDR")])
    with (
        LiveSource("fake", lambda: capture) as source,
        pytest.raises(InputError, match="fake is HDR"),
    ):
        run_live(source, FakeEnhancer(), [sink], session)
    assert sink.closed


def test_settings_changed_meanwhile_hold_from_then_on() -> None:
    session = LiveSession()

    class Changing(FakeSink):
        def show(self, frame):
            super().show(frame)
            session.settings.change(strength=0)

    sink = Changing()
    with paced_source(session, 40) as source:
        run_live(source, FakeEnhancer(gain=30), [sink], session)
    levels = [bytes(frame.enhanced.planes[0])[0] for frame in sink.frames]
    assert levels[0] == 90
    assert levels[-1] == 60
    assert levels == sorted(levels, reverse=True)


def test_a_run_ends_when_it_is_told_to() -> None:
    session = LiveSession()
    with open_source("lavfi:testsrc2=size=64x48:rate=50", stats=session.stats) as source:
        threading.Timer(0.2, session.ending.set).start()
        run_live(source, FakeEnhancer(), [FakeSink()], session)
    assert session.stats.snapshot().enhanced > 0


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv"])
def test_a_recording_has_every_shown_frame_with_its_time(tmp_path: Path, name: str) -> None:
    session = LiveSession()
    sink = open_sink(str(tmp_path / name), session, EncoderOptions(), FileOptions())
    shown = FakeSink()
    with open_source("lavfi:testsrc2=size=64x48:rate=50", stats=session.stats) as source:
        run_live(source, FakeEnhancer(), [sink, shown], session, duration_s=0.6)
    assert not any(thread.name.startswith(("capture", "sink")) for thread in threading.enumerate())
    frames = read_frames(tmp_path / name)
    figures = session.stats.snapshot().sinks[sink.name]
    assert len(frames) == figures.shown
    assert figures.shown > 5


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each kernel that frames pass through was called."""
    calls: Counter[str] = Counter()
    places = {
        curves: ("small_rgb_from_packed", "small_rgb_from_yuv", "packed_kernel", "planar_kernel"),
        smoothing: ("_follow",),
        spatial_denoiser: ("luma_rows", "shrunk_rows", "smooth_rows", "rounded_rows"),
        denoiser: ("compare_blocks", "mean_around", "follow_rows"),
    }
    for module, kernels in places.items():
        for kernel in kernels:
            compiled = getattr(module, kernel)
            monkeypatch.setattr(module, kernel, lambda *a, n=kernel, f=compiled: calls.update([n]) or f(*a))
    return calls


def test_warming_up_goes_through_all_that_is_compiled_at_first_use(used: Counter[str]) -> None:
    options = EnhancerOptions(threads=1)
    with DenoisingEnhancer(CpuEnhancer(options), options) as enhancer:
        warm_up(enhancer, options, usual_layouts("clip.mp4"), can_change=True)
        # For two frames each of packed pixels, of 4:2:0 and of 4:2:2, all of them denoised and not.
        assert used == {
            "small_rgb_from_packed": 4,
            "small_rgb_from_yuv": 8,
            "packed_kernel": 4,
            "planar_kernel": 8,
            "_follow": 6,
            "luma_rows": 2,
            "shrunk_rows": 4,
            "smooth_rows": 18,
            "rounded_rows": 14,
            "compare_blocks": 9,
            "mean_around": 12,
            "follow_rows": 7,
        }
        enhancer.enhance(Picture.from_packed(np.zeros((48, 64, 3), np.uint8)), 1.0)
        enhancer.enhance(Picture.from_packed(np.zeros((48, 64, 3), np.uint8)), 1.1)
    assert used["follow_rows"] == 7  # it was not asked for


@pytest.mark.parametrize("denoise", [True, False])
def test_what_cannot_be_asked_for_is_not_compiled(used: Counter[str], denoise: bool) -> None:
    options = EnhancerOptions(threads=1, denoise=denoise)
    with DenoisingEnhancer(CpuEnhancer(options), options) as enhancer:
        warm_up(enhancer, options, usual_layouts("0"), can_change=False)
    assert (used["small_rgb_from_packed"], used["packed_kernel"], used["_follow"]) == (2, 2, 1)
    assert not used["small_rgb_from_yuv"] + used["planar_kernel"] + used["shrunk_rows"]
    assert bool(used["smooth_rows"]) == bool(used["follow_rows"]) == denoise


def test_frames_that_come_while_a_sink_finishes_are_not_counted() -> None:
    class SlowToClose(FakeSink):
        def close(self) -> None:
            time.sleep(0.4)
            super().close()

    session = LiveSession()
    with paced_source(session, 1000) as source:
        run_live(source, FakeEnhancer(), [SlowToClose()], session, duration_s=0.1)
    counts = session.stats.snapshot()
    assert counts.captured < 60  # about 25, and 100 in the time to close
