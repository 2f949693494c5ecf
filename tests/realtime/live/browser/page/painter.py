"""Frames for the page to show, whose colours tell before from after and one frame from the next."""

from __future__ import annotations

import threading
import time

import av
import numpy as np

from realtime.live.frame import EnhancedFrame

from ..preview import Visitor

WIDTH, HEIGHT, STEP = 320, 180, 8
BEFORE, GAIN = 40, 120


class Painter(threading.Thread):
    """Shows a dark grey with a black line that moves on with every frame, made brighter as it is set."""

    def __init__(self, visitor: Visitor) -> None:
        super().__init__(daemon=True)
        self._visitor = visitor
        self._stopping = threading.Event()

    def run(self) -> None:
        number = 0
        while not self._stopping.wait(0.04):
            number += 1
            x = number * STEP % WIDTH
            original = np.full((HEIGHT, WIDTH, 3), BEFORE, np.uint8)
            enhanced = original + np.uint8(GAIN * self._visitor.session.settings.options.strength)
            for pixels in (original, enhanced):
                pixels[: HEIGHT // 2, x : x + STEP] = 0
            now_s = time.perf_counter()
            self._visitor.session.stats.frame_enhanced(
                0.01, size_wh=(WIDTH, HEIGHT), backend="painter", estimate_every=1
            )
            self._visitor.sink.show(
                EnhancedFrame(
                    original=av.VideoFrame.from_ndarray(original, "rgb24"),
                    enhanced=av.VideoFrame.from_ndarray(enhanced, "rgb24"),
                    captured_s=now_s,
                    time_s=now_s,
                )
            )

    def stop(self) -> None:
        self._stopping.set()
        self.join()
