"""The process that owns a window: `python -m realtime.live.window`, driven by `display.py`.

It is a process of its own because OpenCV's window and PyAV cannot be loaded together (opening the window then
hangs), and because losing the display ends the process that shows on it. On stdin come messages: a header,
then a line of text, then (H, W, 3) uint8 BGR; each is answered on stdout by one byte. It ends with stdin.
"""

from __future__ import annotations

import signal
import struct
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EnhanceError
from .opencv import load_opencv

# Height and width of the picture, 0 for none; and length of the text.
HEADER = struct.Struct("<III")
# Answers; any other is the code of the key that was pressed.
NO_KEY, CLOSED = 0, 255

_TITLE = "zerodce-realtime"


def serve() -> None:
    """Show what comes on stdin until it ends."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # systemd sends it to the process that drives this one, too
    cv2: Any = load_opencv()
    messages, answers = sys.stdin.buffer, sys.stdout.buffer
    cv2.namedWindow(_TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
    answer, size = NO_KEY, (0, 0)
    while True:
        answers.write(bytes([answer]))
        answers.flush()
        header = messages.read(HEADER.size)
        if len(header) < HEADER.size:
            return
        height, width, length = HEADER.unpack(header)
        text = messages.read(length).decode()
        if height:
            picture = np.frombuffer(bytearray(messages.read(3 * height * width)), np.uint8)
            picture = picture.reshape(height, width, 3)
            if size != (height, width):
                cv2.resizeWindow(_TITLE, width, height)
                size = height, width
            _write(cv2, picture, text)
            cv2.imshow(_TITLE, picture)
        key = cv2.waitKey(1)
        answer = NO_KEY if key < 0 else key & 0x7F
        if cv2.getWindowProperty(_TITLE, cv2.WND_PROP_VISIBLE) < 1:
            answer = CLOSED


def _write(cv2: Any, picture: npt.NDArray[np.uint8], text: str) -> None:
    """Write lines at the top, on ground that is darkened for them."""
    lines = text.splitlines()
    scale = max(0.4, picture.shape[0] / 1400)
    picture[: round(36 * len(lines) * scale)] //= 3
    for index, line in enumerate(lines):
        place = (round(12 * scale), round((26 + 34 * index) * scale))
        thickness = max(1, round(1.5 * scale))
        cv2.putText(
            *(picture, line, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255)), thickness, cv2.LINE_AA
        )


if __name__ == "__main__":
    try:
        serve()
    except EnhanceError as exc:
        sys.exit(str(exc))
