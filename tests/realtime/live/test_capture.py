from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from realtime.frames.picture import layout_of
from realtime.live.camera import CameraCapture
from realtime.live.capture import usual_layouts


@pytest.mark.parametrize(
    ("address", "layouts"),
    [
        ("0", [("bgr", (0, 0))]),
        ("csi://0", [("bgr", (0, 0))]),
        ("rtsp://cam/1", [("yuv", (1, 1)), ("yuv", (1, 0))]),
        ("http://cam/mjpeg", [("yuv", (1, 1)), ("yuv", (1, 0))]),
        ("lavfi:testsrc2", [("bgr", (0, 0)), ("yuv", (1, 1)), ("yuv", (1, 0))]),
        ("clip.mp4", [("bgr", (0, 0)), ("yuv", (1, 1)), ("yuv", (1, 0))]),
    ],
)
def test_how_frames_are_stored_is_known_before(address: str, layouts: list[tuple[str, object]]) -> None:
    assert [(layout.kind, layout.chroma_shift_wh) for layout in usual_layouts(address)] == layouts


def test_a_camera_gives_what_is_usual() -> None:
    device = SimpleNamespace(read=lambda: (True, np.zeros((48, 64, 3), np.uint8)))
    frame = CameraCapture("camera", device).read()
    assert frame is not None
    assert [layout_of(frame)] == usual_layouts("0")
