from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvirtualcam

from realtime.errors import OutputError
from realtime.live.frame import EnhancedFrame
from realtime.live.session import LiveSession
from realtime.live.sink import Sink, open_sink
from realtime.options import EncoderOptions, FileOptions

from ...contract.fake_capture import grey_frame


class FakeCamera:
    """What pyvirtualcam opens; takes frames of its own size alone, as that does."""

    opened: list[FakeCamera]

    def __init__(self, *, width: int, height: int, device: str, **_: Any) -> None:
        self.width, self.height, self.device = width, height, device
        self.sent: list[np.ndarray] = []
        self.closed = False
        FakeCamera.opened.append(self)

    def send(self, picture: np.ndarray) -> None:
        assert picture.shape == (self.height, self.width, 3)
        assert picture.flags.c_contiguous
        self.sent.append(picture)

    def close(self) -> None:
        self.closed = True


def opened(device: Path) -> Sink:
    return open_sink(f"v4l2://{device}", LiveSession(), EncoderOptions(), FileOptions())


def shown(size_wh: tuple[int, int], level: int = 126) -> EnhancedFrame:
    dark, bright = grey_frame(40, size_wh=size_wh), grey_frame(level, size_wh=size_wh)
    return EnhancedFrame(original=dark, enhanced=bright, captured_s=0.0, time_s=0.0)


def test_enhanced_frames_are_sent_in_the_size_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pyvirtualcam, "Camera", FakeCamera)
    FakeCamera.opened = []
    device = tmp_path / "video7"
    device.touch()
    sink = opened(device)
    for size_wh in ((64, 48), (64, 48), (32, 24), (32, 48)):
        sink.show(shown(size_wh))
    sink.close()
    sink.close()
    (camera,) = FakeCamera.opened
    assert (camera.width, camera.height, camera.device, camera.closed) == (64, 48, str(device), True)
    assert [int(picture[9, 9, 1]) for picture in camera.sent] == pytest.approx([128] * 3 + [0], abs=1)
    assert camera.sent[3][9, 32] == pytest.approx(128, abs=1)


def test_without_the_device_it_is_said_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(
        OutputError, match=r"does not exist; make a virtual camera: .* v4l2loopback .*zerodce$"
    ):
        opened(tmp_path / "video7")


def test_what_is_no_virtual_camera_is_refused(tmp_path: Path) -> None:
    device = tmp_path / "video7"
    device.touch()
    sink = opened(device)
    with pytest.raises(OutputError, match=r"cannot be used as a virtual camera .* modprobe v4l2loopback"):
        sink.show(shown((64, 48)))
    sink.close()


def test_the_advice_is_for_the_camera_that_was_asked_for() -> None:
    with pytest.raises(OutputError, match=r"^/dev/video97 does not exist; .* video_nr=97$"):
        opened(Path("/dev/video97"))
