"""Frames of a webcam, or of a Jetson's CSI camera, by way of OpenCV."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av

from ..errors import InputError, LostInputError
from .opencv import load_opencv
from .options import CaptureOptions

# Asked for in this order, unless the user asks for something else: two cores keep up with the first.
_SIZES_WH = ((1280, 720), (640, 480))
_FPS = 30.0
# A mode that is slower than this share of what was asked for is not taken if a smaller one is left.
_FAST_ENOUGH = 0.8


class CameraCapture:
    """Frames of an open camera, BGR; see `Capture`."""

    sound = None
    is_live = True

    def __init__(self, name: str, camera: Any) -> None:
        """Take over an open `cv2.VideoCapture`."""
        self.name = name
        self._camera = camera

    def read(self) -> av.VideoFrame | None:
        """Wait for the next frame; see `Capture`."""
        received, bgr = self._camera.read()
        if not received or bgr is None:
            raise LostInputError(f"{self.name} gives no pictures any more; is it still plugged in?")
        return av.VideoFrame.from_ndarray(bgr, format="bgr24")

    def close(self) -> None:
        """Let go of the device; may be called again."""
        self._camera.release()


def open_webcam(
    address: str, options: CaptureOptions, *, video_capture: Callable[..., Any] | None = None
) -> CameraCapture:
    """Open a camera of Video4Linux and choose its mode.

    Args:
        address: A number, or `/dev/videoN`.
        options: Size and frame rate to ask for.
        video_capture: What opens it, `cv2.VideoCapture` by default.

    Raises:
        InputError: There is no such camera, or it cannot be used.
    """
    cv2 = load_opencv()
    device = Path(f"/dev/video{address}" if address.isdecimal() else address)
    camera = (video_capture or cv2.VideoCapture)(str(device), cv2.CAP_V4L2)
    if not camera.isOpened():
        camera.release()
        raise InputError(f"{device} {_trouble(device)}")
    camera.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter_fourcc(*"MJPG"))  # raw video is slow over USB
    camera.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    fps = options.fps or _FPS
    for width, height in [options.size_wh] if options.size_wh else _SIZES_WH:
        camera.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        camera.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
        camera.set(cv2.CAP_PROP_FPS, fps)
        found_wh = tuple(round(camera.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        found_fps = camera.get(cv2.CAP_PROP_FPS)
        if found_wh == (width, height) and (found_fps <= 0 or found_fps >= _FAST_ENOUGH * fps):
            break
    return CameraCapture(str(device), camera)


def open_csi_camera(address: str, options: CaptureOptions) -> CameraCapture:
    """Open a camera at a Jetson's CSI port; that takes an OpenCV with GStreamer, such as JetPack's.

    Args:
        address: `csi://` and the number of the sensor.
        options: Size and frame rate to ask for.

    Raises:
        InputError: This OpenCV has no GStreamer, or there is no such camera.
    """
    cv2 = load_opencv()
    sensor = address.removeprefix("csi://")
    if not sensor.isdecimal():
        raise InputError(f"{address} names no sensor; the first one is csi://0")
    if not any("GStreamer" in line and "YES" in line for line in cv2.getBuildInformation().splitlines()):
        raise InputError(f"{address} needs an OpenCV with GStreamer; on a Jetson, use the one of JetPack")
    camera = cv2.VideoCapture(csi_pipeline(int(sensor), options), cv2.CAP_GSTREAMER)
    if not camera.isOpened():
        camera.release()
        raise InputError(f"{address} cannot be opened; check the cable, and restart nvargus-daemon")
    return CameraCapture(address, camera)


def csi_pipeline(sensor: int, options: CaptureOptions) -> str:
    """Return the GStreamer pipeline that captures from a sensor and keeps the newest frame alone."""
    width, height = options.size_wh or _SIZES_WH[0]
    return (
        f"nvarguscamerasrc sensor-id={sensor} ! "
        f"video/x-raw(memory:NVMM),width={width},height={height},framerate={round(options.fps or _FPS)}/1 ! "
        "nvvidconv ! video/x-raw,format=BGRx ! videoconvert ! video/x-raw,format=BGR ! "
        "appsink drop=true max-buffers=1 sync=false"
    )


def _trouble(device: Path) -> str:
    """Say why a camera could not be opened, as far as the file system tells."""
    if not device.exists():
        return "does not exist; plug the camera in, and see which there are with: ls /dev/video*"
    if not os.access(device, os.R_OK | os.W_OK):
        return "may not be used (permission denied); add yourself to the group video, and log in again"
    return "cannot be opened; another program may use it, or it is no camera (see: ls /dev/video*)"
