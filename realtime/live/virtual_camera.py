"""Be a webcam: video calls read the enhanced picture from a v4l2loopback device."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyvirtualcam

from ..errors import OutputError
from .fitting import Fitter
from .frame import EnhancedFrame, bgr_of

_HELP = "sudo apt install v4l2loopback-dkms && sudo modprobe v4l2loopback exclusive_caps=1 card_label=zerodce"
_NUMBERED = re.compile(r"/dev/video(\d+)")
_NOMINAL_FPS = 30.0


class VirtualCameraSink:
    """Writes to a virtual camera, in the size of the first frame; see `Sink`."""

    def __init__(self, device: Path) -> None:
        """Check that the device is there; the first frame opens it.

        Raises:
            OutputError: It is not.
        """
        if not device.exists():
            raise OutputError(f"{device} does not exist; make a virtual camera: {_help(device)}")
        self.name = f"v4l2://{device}"
        self._device = device
        self._camera: pyvirtualcam.Camera | None = None
        self._fitter: Fitter | None = None

    def show(self, frame: EnhancedFrame) -> None:
        """Write a frame; see `Sink`."""
        video = frame.enhanced
        if self._camera is None or self._fitter is None:
            # Such devices hold 4:2:0, which has even sizes.
            self._camera = self._opened(video.width // 2 * 2, video.height // 2 * 2)
            self._fitter = Fitter((self._camera.width, self._camera.height))
        width, height = self._camera.width, self._camera.height
        if video.width // 2 * 2 != width or video.height // 2 * 2 != height:
            video = self._fitter.fitted(video, video.format.name)
        self._camera.send(np.ascontiguousarray(bgr_of(video)[:height, :width]))

    def close(self) -> None:
        """Let go of the device; may be called again."""
        if self._camera is not None:
            self._camera.close()
        self._camera = None

    def _opened(self, width: int, height: int) -> pyvirtualcam.Camera:
        try:
            return pyvirtualcam.Camera(
                width=width,
                height=height,
                fps=_NOMINAL_FPS,
                fmt=pyvirtualcam.PixelFormat.BGR,
                device=str(self._device),
                backend="v4l2loopback",
            )
        except RuntimeError as exc:
            raise OutputError(
                f"{self._device} cannot be used as a virtual camera ({exc}); make one: {_help(self._device)}"
            ) from exc


def _help(device: Path) -> str:
    """Say how to make a virtual camera, and that of this number."""
    numbered = _NUMBERED.fullmatch(str(device))
    return f"{_HELP} video_nr={numbered[1]}" if numbered else _HELP
