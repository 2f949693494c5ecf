"""Cameras through a fake of OpenCV's capture: the mode that is asked for, and what is said without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realtime.errors import InputError, LostInputError
from realtime.live.camera import csi_pipeline, open_csi_camera, open_webcam
from realtime.live.options import CaptureOptions

cv2 = pytest.importorskip("cv2", reason="needs OpenCV and its system libraries", exc_type=ImportError)

WIDTH, HEIGHT, FPS = cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FPS


class FakeCamera:
    """A camera of certain modes, {(width, height): fps}, which it falls back to as drivers do."""

    def __init__(self, modes: dict[tuple[int, int], float], *, pictures: int = 2) -> None:
        self.modes = modes
        self.opened: tuple[Any, ...] = ()
        self.released = False
        self.wished: dict[int, float] = {}
        self._pictures = pictures

    def __call__(self, *arguments: Any) -> FakeCamera:
        self.opened = arguments
        return self

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return bool(self.modes)

    def set(self, key: int, value: float) -> bool:
        self.wished[key] = value
        return True

    def get(self, key: int) -> float:
        width, height = self.mode
        return {WIDTH: width, HEIGHT: height, FPS: self.modes[self.mode]}[key]

    @property
    def mode(self) -> tuple[int, int]:
        wished = (int(self.wished[WIDTH]), int(self.wished[HEIGHT]))
        return wished if wished in self.modes else next(iter(self.modes))

    def read(self) -> tuple[bool, Any]:
        self._pictures -= 1
        width, height = self.mode
        return (self._pictures >= 0, np.full((height, width, 3), (1, 2, 3), np.uint8))

    def release(self) -> None:
        self.released = True


@pytest.mark.parametrize(
    ("modes", "options", "chosen"),
    [
        ({(640, 480): 30, (1280, 720): 30}, CaptureOptions(), (1280, 720)),
        ({(640, 480): 30, (1280, 720): 10}, CaptureOptions(), (640, 480)),
        ({(640, 480): 30, (1280, 720): 10}, CaptureOptions(fps=10), (1280, 720)),
        ({(320, 240): 30}, CaptureOptions(), (320, 240)),
        ({(640, 480): 30, (1920, 1080): 30}, CaptureOptions(size_wh=(1920, 1080)), (1920, 1080)),
        ({(640, 480): 0, (1280, 720): 0}, CaptureOptions(), (1280, 720)),
    ],
    ids=[
        "large and fast",
        "large is slow",
        "slow is asked for",
        "another",
        "size is asked for",
        "rate unknown",
    ],
)
def test_the_largest_mode_that_is_fast_is_chosen(
    modes: dict[tuple[int, int], float], options: CaptureOptions, chosen: tuple[int, int]
) -> None:
    fake = FakeCamera(modes)
    capture = open_webcam("3", options, video_capture=fake)
    assert fake.opened == ("/dev/video3", cv2.CAP_V4L2)
    assert fake.wished[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter_fourcc(*"MJPG")
    frame = capture.read()
    assert frame is not None
    assert ((frame.width, frame.height), frame.format.name) == (chosen, "bgr24")
    assert frame.to_ndarray()[0, 0].tolist() == [1, 2, 3]


def test_an_unplugged_camera_is_lost() -> None:
    fake = FakeCamera({(640, 480): 30}, pictures=1)
    capture = open_webcam("/dev/video0", CaptureOptions(), video_capture=fake)
    capture.read()
    with pytest.raises(LostInputError, match="/dev/video0 gives no pictures any more; is it still plugged"):
        capture.read()
    capture.close()
    assert fake.released


def test_why_a_camera_cannot_be_opened_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal(device: Path) -> str:
        with pytest.raises(InputError) as caught:
            open_webcam(str(device), CaptureOptions(), video_capture=FakeCamera({}))
        return str(caught.value)

    device = tmp_path / "video9"
    assert refusal(device).startswith(f"{device} does not exist; plug the camera in")
    device.touch()
    assert refusal(device).startswith(f"{device} cannot be opened; another program may use it")
    monkeypatch.setattr("os.access", lambda *_: False)
    assert refusal(device).startswith(f"{device} may not be used (permission denied); add yourself to")


def test_csi_cameras_need_an_opencv_with_gstreamer() -> None:
    if any("GStreamer" in line and "YES" in line for line in cv2.getBuildInformation().splitlines()):
        pytest.skip("this OpenCV has GStreamer")
    with pytest.raises(InputError, match="csi://0 needs an OpenCV with GStreamer; on a Jetson, use the one"):
        open_csi_camera("csi://0", CaptureOptions())


def test_a_csi_sensor_is_a_number() -> None:
    with pytest.raises(InputError, match="csi://left names no sensor; the first one is csi://0"):
        open_csi_camera("csi://left", CaptureOptions())


def test_the_csi_pipeline_keeps_the_newest_frame() -> None:
    pipeline = csi_pipeline(1, CaptureOptions(size_wh=(1920, 1080), fps=60))
    assert pipeline.startswith("nvarguscamerasrc sensor-id=1 ! ")
    assert "width=1920,height=1080,framerate=60/1" in pipeline
    assert pipeline.endswith("appsink drop=true max-buffers=1 sync=false")
