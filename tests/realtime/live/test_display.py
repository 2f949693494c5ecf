"""The window's process is replaced by a script; one test opens a real window, on an X server of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import numpy as np
import pytest

from realtime.errors import OutputError
from realtime.live import display
from realtime.live.display import DisplaySink, View, composed
from realtime.live.frame import EnhancedFrame, bgr_of
from realtime.live.session import LiveSession
from realtime.live.sink import InteractiveSink
from realtime.options import EnhancerOptions

from ...contract.fake_capture import grey_frame

FRAME = EnhancedFrame(original=grey_frame(40), enhanced=grey_frame(120), captured_s=0.0, time_s=0.0)

# Answers each message with the next of the given bytes, and says on stderr what it was sent.
FAKE_WINDOW = textwrap.dedent("""
    import struct, sys
    for answer in bytes.fromhex(sys.argv[1]):
        sys.stdout.buffer.write(bytes([answer]))
        sys.stdout.buffer.flush()
        header = sys.stdin.buffer.read(12)
        if len(header) < 12:
            break
        height, width, length = struct.unpack("<III", header)
        sys.stdin.buffer.read(length + 3 * height * width)
    else:
        sys.exit("QFontDatabase: chatter\\nthe display is gone")
""")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> LiveSession:
    monkeypatch.setenv("DISPLAY", ":fake")
    return LiveSession()


def opened(session: LiveSession, answers: bytes) -> DisplaySink:
    return DisplaySink(session, window=[sys.executable, "-c", FAKE_WINDOW, answers.hex()])


def test_views_show_before_and_after() -> None:
    before, after = bgr_of(FRAME.original), bgr_of(FRAME.enhanced)
    np.testing.assert_array_equal(composed(FRAME, View.ORIGINAL), before)
    np.testing.assert_array_equal(composed(FRAME, View.ENHANCED), after)
    split = composed(FRAME, View.SPLIT)
    np.testing.assert_array_equal(split[:, :32], before[:, :32])
    np.testing.assert_array_equal(split[:, 34:], after[:, 34:])


def shown(sink: DisplaySink, session: LiveSession, frames: int) -> list[EnhancerOptions]:
    """Show frames, and return what was set after each."""
    options = []
    for _ in range(frames):
        sink.show(FRAME)
        options.append(session.settings.options)
    return options


def test_keys_change_the_strength_within_its_limits(session: LiveSession) -> None:
    sink = opened(session, b"\0--+\0\0")
    assert [options.strength for options in shown(sink, session, 4)] == [0.9, 0.8, 0.9, 0.9]
    for _ in range(20):
        sink.press("-")
    assert session.settings.options.strength == 0
    for _ in range(20):
        sink.press("+")
    assert session.settings.options.strength == 1
    sink.close()
    sink.close()


def test_a_key_turns_denoising_on_and_off(session: LiveSession) -> None:
    sink = opened(session, b"\0nn\0")
    assert [options.denoise for options in shown(sink, session, 2)] == [True, False]
    sink.close()


@pytest.mark.parametrize("answer", [b"q", b"\x1b", b"\xff"], ids=["q", "Esc", "closed"])
def test_the_window_ends_the_run(session: LiveSession, answer: bytes) -> None:
    sink = opened(session, b"\0" + answer + b"\0")
    assert isinstance(sink, InteractiveSink)
    assert not session.ending.is_set()
    sink.idle()
    assert session.ending.is_set()
    sink.close()


def test_a_window_that_dies_is_an_output_that_ended(session: LiveSession) -> None:
    sink = opened(session, b"\0")
    with pytest.raises(OutputError, match=r"no window can be shown \(the display is gone\); check DISPLAY"):
        sink.show(FRAME)
    sink.close()


def test_a_window_that_does_not_answer_is_an_output_that_ended(
    session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(display, "_ANSWER_S", 0.1)
    with pytest.raises(OutputError, match=r"no window can be shown \(no answer in time\); check DISPLAY"):
        DisplaySink(session, window=["sleep", "60"])


def test_a_window_that_cannot_open_says_why(session: LiveSession) -> None:
    with pytest.raises(OutputError, match=r"no window can be shown \(the display is gone\)"):
        opened(session, b"")


def test_without_a_display_none_is_tried(session: LiveSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(OutputError, match="there is no display to open a window on; give another output"):
        DisplaySink(session, window=["false"])


@pytest.fixture
def x_server() -> Iterator[str]:
    if shutil.which("Xvfb") is None:
        pytest.skip("needs Xvfb to open a real window")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "640x480x24"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as process:
        os.close(writing)
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        yield f":{number}"
        process.terminate()


def test_a_real_window_shows_frames(x_server: str, session: LiveSession, monkeypatch) -> None:
    monkeypatch.setenv("DISPLAY", x_server)
    sink = DisplaySink(session)
    for _ in range(3):
        sink.show(FRAME)
    sink.idle()
    sink.close()
    assert not session.ending.is_set()
