"""OpenCV, for cameras and windows alone: nothing else needs it, nor the system libraries that it needs."""

from __future__ import annotations

import os
from types import ModuleType

from ..errors import EnhanceError


def load_opencv() -> ModuleType:
    """Import OpenCV.

    Raises:
        EnhanceError: It is not installed, or a library of the system that it needs is not.
    """
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # what goes wrong is said by our own errors
    try:
        import cv2  # noqa: PLC0415 - see the module
    except ImportError as exc:
        raise EnhanceError(
            f"OpenCV cannot be loaded ({exc}); cameras and windows need it: pip install opencv-python, "
            "and on a server apt install libgl1 libglib2.0-0"
        ) from exc
    return cv2
