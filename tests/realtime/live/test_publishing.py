"""Publishing over RTSP, to FFmpeg listening on loopback."""

from __future__ import annotations

import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest

from realtime.errors import LostOutputError
from realtime.live import publishing
from realtime.live.frame import EnhancedFrame
from realtime.live.session import LiveSession
from realtime.live.sink import open_sink
from realtime.live.sound import SoundFormat
from realtime.options import EncoderOptions, FileOptions

from ...contract.fake_capture import SOUND, grey_frame, piece_of_sound

PATIENCE_S = 60


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def shown(index: int, size_wh: tuple[int, int], *, sound: SoundFormat | None = None) -> EnhancedFrame:
    video = grey_frame(90, size_wh=size_wh)
    return EnhancedFrame(original=video, enhanced=video, captured_s=0.0, time_s=index / 25, sound=sound)


class Receiver(threading.Thread):
    """Waits for somebody to publish, and decodes some frames of it, and the sound until then."""

    def __init__(self, port: int, frames: int) -> None:
        super().__init__(daemon=True)
        self._url, self._count = f"rtsp://127.0.0.1:{port}/live", frames
        self.frames: list[av.VideoFrame] = []
        self.sounds: list[av.AudioFrame] = []
        self.start()

    def run(self) -> None:
        options = {
            "rtsp_flags": "listen",
            "listen_timeout": str(PATIENCE_S),
            "protocol_whitelist": "rtsp,rtp,udp,tcp",
        }
        with av.open(self._url, options=options, timeout=PATIENCE_S) as container:
            for frame in container.decode(*container.streams):
                (self.sounds if isinstance(frame, av.AudioFrame) else self.frames).append(frame)
                if len(self.frames) == self._count:
                    return


def test_frames_arrive_and_a_lost_server_is_found_again() -> None:
    port = free_port()
    sink = open_sink(f"rtsp://127.0.0.1:{port}/live", LiveSession(), EncoderOptions(), FileOptions())
    assert sink.name == f"rtsp://127.0.0.1:{port}/live"
    index = 0
    for size_wh in ((64, 48), (128, 96)):
        receiver = Receiver(port, frames=5)
        refused = 0
        while receiver.is_alive():
            try:
                sink.show(shown(index, size_wh))
                index += 1
            except LostOutputError:
                refused += 1
                assert refused < 100
            receiver.join(0.02)
        assert len(receiver.frames) == 5
        assert {(frame.width, frame.height) for frame in receiver.frames} == {size_wh}
    sink.close()
    sink.close()


def test_the_end_of_a_service_is_told_to_the_publisher_by_its_owner_alone() -> None:
    port = free_port()
    sink = open_sink(f"rtsp://127.0.0.1:{port}/live", LiveSession(), EncoderOptions(), FileOptions())
    receiver, index, lost = Receiver(port, frames=20), 0, []
    while receiver.is_alive():
        try:
            sink.show(shown(index, (64, 48)))
            index += 1
        except LostOutputError as exc:
            lost.append(str(exc))
        if index == 3:
            lost.clear()  # those until the receiver listened
            os.kill(*publishers(), signal.SIGTERM)
            index += 1
        receiver.join(0.02)
    sink.close()
    assert (lost, len(receiver.frames)) == ([], 20)


def publishers() -> list[int]:
    """Return the processes that publish for this one."""
    children = [
        int(each) for task in Path("/proc/self/task").glob("*/children") for each in task.read_text().split()
    ]
    found = [each for each in children if b"publisher" in Path(f"/proc/{each}/cmdline").read_bytes()]
    assert found
    return found


def test_a_publisher_that_is_killed_is_lost_by_the_name_of_its_address() -> None:
    port = free_port()
    sink = open_sink(
        f"rtsp://me:secret@127.0.0.1:{port}/live", LiveSession(), EncoderOptions(), FileOptions()
    )

    def kill_when_connected(server: socket.socket) -> None:
        with server.accept()[0]:
            os.kill(*publishers(), signal.SIGKILL)

    with socket.create_server(("127.0.0.1", port)) as server, ThreadPoolExecutor() as threads:
        threads.submit(kill_when_connected, server)
        with pytest.raises(
            LostOutputError, match=rf"^cannot publish to rtsp://\S+:{port}/live \(status -9\)$"
        ):
            sink.show(shown(0, (64, 48)))
    assert "secret" not in sink.name
    sink.close()


def test_sound_is_published_beside_the_frames() -> None:
    port = free_port()
    sink = open_sink(f"rtsp://127.0.0.1:{port}/live", LiveSession(), EncoderOptions(), FileOptions())
    receiver, index = Receiver(port, frames=30), 0
    while receiver.is_alive():
        with suppress(LostOutputError):
            sink.show(shown(index, (64, 48), sound=SOUND))
            for hundredth in range(4):
                sink.hear(piece_of_sound(index / 25 + hundredth / 100, level=10_000))
            index += 1
        receiver.join(0.02)
    sink.close()
    assert len(receiver.frames) == 30
    assert {(frame.sample_rate, frame.layout.name) for frame in receiver.sounds} == {(SOUND.rate, "mono")}
    assert receiver.sounds[-1].time == pytest.approx(receiver.frames[-1].time, abs=0.3)
    assert np.abs(receiver.sounds[-1].to_ndarray()).mean() == pytest.approx(10_000 / 32768, abs=0.05)


def test_a_server_that_is_not_there_is_lost_not_fatal() -> None:
    sink = open_sink(f"rtsp://127.0.0.1:{free_port()}/live", LiveSession(), EncoderOptions(), FileOptions())
    for _ in range(2):
        with pytest.raises(LostOutputError, match=r"^cannot publish to rtsp://.* \(Connection refused\)$"):
            sink.show(shown(0, (64, 48)))
    sink.close()


def test_a_server_that_says_nothing_is_lost_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "_ANSWER_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"rtsp://127.0.0.1:{server.getsockname()[1]}/live"
        sink = open_sink(address, LiveSession(), EncoderOptions(), FileOptions())
        with pytest.raises(LostOutputError, match=rf"^cannot publish to {address} \(no answer in time\)$"):
            sink.show(shown(0, (64, 48)))
        sink.close()
