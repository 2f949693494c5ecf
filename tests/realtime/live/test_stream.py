"""Streams over the network, on loopback: lost, stalled, of another size, with secrets in the address."""

from __future__ import annotations

import http.server
import io
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from realtime.errors import InputError
from realtime.live.options import CaptureOptions
from realtime.live.sound import SoundFormat
from realtime.live.source import LiveSource, open_source
from realtime.live.stats import LiveStats

from ...clips import BT709, HLG, SAMPLE_RATE, make_clip, make_clip_of_parts, read_packets
from .http_stream import HttpStream, http_stream
from .waiting import take, wait_until
from .web_server import served


@pytest.fixture
def server() -> Iterator[HttpStream]:
    with http_stream() as stream:
        yield stream


def take_first(source: LiveSource):
    """Take frames until one starts the stream anew."""
    while True:
        frame = take(source)
        if frame.is_first:
            return frame


def test_a_stream_is_received(server: HttpStream) -> None:
    with open_source(server.url) as source:
        frames = [take(source) for _ in range(10)]
    assert frames[0].is_first
    assert not any(frame.is_first for frame in frames[1:])
    assert (frames[0].video.width, frames[0].video.height) == (64, 48)
    assert np.frombuffer(frames[-1].video.planes[0], np.uint8)[0] == pytest.approx(60, abs=2)


def test_a_stream_that_hangs_up_is_got_back(server: HttpStream) -> None:
    stats = LiveStats()
    with open_source(server.url, stats=stats) as source:
        take(source)
        for reconnects in (1, 2):
            server.hang_up()
            take_first(source)
            assert stats.snapshot().reconnects == reconnects


def test_a_stream_that_stalls_is_got_back(server: HttpStream) -> None:
    stats = LiveStats()
    with open_source(server.url, CaptureOptions(timeout_s=0.3), stats=stats) as source:
        take(source)
        server.stalled = True
        wait_until(lambda: not stats.snapshot().connected)
        server.stalled = False
        take_first(source)


def test_a_stream_may_come_back_with_another_size(server: HttpStream) -> None:
    with open_source(server.url) as source:
        take(source)
        server.size_wh = (128, 96)
        frame = take_first(source)
    assert (frame.video.width, frame.video.height) == (128, 96)


def test_losing_it_again_and_again_leaks_nothing(server: HttpStream) -> None:
    with open_source(server.url) as source:
        take(source)
        before = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
        for _ in range(4):
            server.hang_up()
            take_first(source)
        wait_until(lambda: threading.active_count() <= before[1])
        wait_until(lambda: len(list(Path("/proc/self/fd").iterdir())) <= before[0])


def test_secrets_of_an_address_are_used_and_never_shown(
    server: HttpStream, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address = f"http://me:hidden@127.0.0.1:{server.port}/live.ts?token=hidden"
    stats = LiveStats()
    with open_source(address, CaptureOptions(timeout_s=0.5), stats=stats) as source:
        take(source)
        assert "hidden" not in source.name
        server.close()
        wait_until(lambda: len(caplog.records) >= 2)
    assert "/live.ts?token=hidden" in server.paths
    assert "hidden" not in caplog.text
    with pytest.raises(InputError) as caught:
        open_source(address)
    assert "hidden" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_plays_at_its_pace_and_ends(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", pts=range(13))
    with open_source(str(clip)) as source:
        frames = list(source)
    assert frames[-1].time_s - frames[0].time_s == pytest.approx(12 / 25, abs=0.05)
    assert frames[-1].captured_s - frames[0].captured_s >= 12 / 25 - 0.1


def test_a_file_that_does_not_say_how_long_it_is_ends_all_the_same(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mkv", codec="mjpeg", pixel_format="yuvj420p", pts=range(2))
    first_picture = clip.read_bytes().index(b"\xff\xd8")
    (tmp_path / "clip.mjpg").write_bytes(clip.read_bytes()[first_picture:])
    with open_source(str(tmp_path / "clip.mjpg")) as source:
        assert list(source)


def test_hdr_is_refused_or_mapped(tmp_path: Path) -> None:
    clip = make_clip(
        tmp_path / "in.mp4",
        codec="libx265",
        pixel_format="yuv420p10le",
        colour=HLG,
        pts=range(3),
        options={"x265-params": "log-level=none"},
    )
    with (
        open_source(str(clip)) as source,
        pytest.raises(InputError, match=r"in\.mp4 is HDR video \(HLG\), .* --tonemap makes it SDR"),
    ):
        list(source)
    with open_source(str(clip), CaptureOptions(tonemap=True)) as source:
        frames = list(source)
    assert {int(frame.video.color_trc) for frame in frames} == {1}


def test_video_that_turns_hdr_is_refused_or_mapped(tmp_path: Path) -> None:
    clip = str(make_clip_of_parts(tmp_path / "in.ts", BT709, HLG))
    with (
        open_source(clip) as source,
        pytest.raises(InputError, match=r"in\.ts turns into HDR video \(HLG\), .* --tonemap makes"),
    ):
        list(source)
    with open_source(clip, CaptureOptions(tonemap=True)) as source:
        frames = list(source)
    assert {int(frame.video.color_trc) for frame in frames} == {1}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing.ts", r"/missing\.ts cannot be opened \(Server returned 404 Not Found\); check the path"),
        ("live.ts", None),
    ],
)
def test_what_is_not_there_is_said_at_once(server: HttpStream, path: str, message: str | None) -> None:
    if message is None:
        server.close()
        message = r"cannot be opened \(Connection refused\); check the address, and that it is switched on"
    with pytest.raises(InputError, match=message):
        open_source(f"http://127.0.0.1:{server.port}/{path}")


def test_no_answer_is_waited_for_no_longer_than_the_timeout(server: HttpStream) -> None:
    server.stalled = True
    with pytest.raises(InputError, match=r"live\.ts cannot be opened \(no answer in time\)"):
        open_source(server.url, CaptureOptions(timeout_s=0.3))


def test_a_server_that_accepts_and_says_nothing_gave_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for scheme in ("http", "rtsp"):
            address = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/live"
            with pytest.raises(InputError, match=r"/live cannot be opened \(no answer in time\)"):
                open_source(address, CaptureOptions(timeout_s=0.3))


def test_the_sound_of_a_stream_comes_with_its_frames(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "with_sound.mkv", other_tracks=True)
    with served(tmp_path) as folder, open_source(f"{folder}/{path.name}") as source:
        first, *_ = list(source)
        sounds = source.take_sound()
    assert first.sound == SoundFormat(rate=SAMPLE_RATE, channels=1)
    samples = np.concatenate([sound.samples for sound in sounds])
    assert len(samples) > 0.4 * SAMPLE_RATE
    assert np.abs(samples).max() / 32768 == pytest.approx(0.2, abs=0.03)
    begins = [sound.time_s for sound in sounds]
    lengths = [len(sound.samples) / SAMPLE_RATE for sound in sounds]
    assert np.diff(begins) == pytest.approx(lengths[:-1], abs=2e-3)


def test_sound_can_be_left_out(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "with_sound.mkv", other_tracks=True)
    graph = "lavfi:testsrc2=size=64x48:duration=0.1[out0];sine=duration=0.1[out1]"
    for address in (str(path), graph):
        for wanted in (True, False):
            with open_source(address, CaptureOptions(sound=wanted)) as source:
                first, *_ = list(source)
                assert bool(source.take_sound()) == wanted
            assert (first.sound is not None) == wanted


def test_sound_that_is_damaged_does_not_stop_the_frames(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mkv", other_tracks=True)
    content = bytearray(path.read_bytes())
    for packet in read_packets(path, "audio"):
        begin = content.find(packet.data)
        content[begin : begin + len(packet.data)] = b"\xff" * len(packet.data)
    path.write_bytes(content)
    stats = LiveStats()
    with open_source(str(path), stats=stats) as source:
        list(source)
    assert stats.snapshot().captured == 12


class JpegsInARow(http.server.BaseHTTPRequestHandler):
    """What many cameras send: JPEGs one after the other, without any times. Ten a second."""

    def do_GET(self) -> None:
        file = io.BytesIO()
        Image.new("RGB", (64, 48), (60, 60, 60)).save(file, "JPEG")
        picture = file.getvalue()
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
        self.end_headers()
        header = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n".encode()
        with suppress(OSError):  # the client hung up
            while True:
                self.wfile.write(header + picture + b"\r\n")
                time.sleep(0.1)

    def log_message(self, *_: object) -> None:
        pass


def test_jpegs_in_a_row_are_timed_by_their_arrival() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), JpegsInARow) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with open_source(f"http://127.0.0.1:{server.server_address[1]}/video.mjpg") as source:
            frames = [take(source) for _ in range(10)]
        server.shutdown()
    times_s, arrivals_s = ([getattr(frame, name) for frame in frames] for name in ("time_s", "captured_s"))
    assert np.diff(times_s) == pytest.approx(np.diff(arrivals_s), abs=1e-3)
