"""A capture that delivers what a test wrote down, as fast as it is read."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np

from realtime.live.sound import Sound, SoundFormat

SOUND = SoundFormat(rate=16_000, channels=1)


class FakeCapture:
    """Delivers frames, raises errors, and then ends, or hangs until it is closed.

    Attributes:
        closed: Whether it was closed.
        sound: That of the pieces in the script.
        is_live: Whether it claims to be live.
    """

    def __init__(
        self,
        script: Sequence[av.VideoFrame | Sound | Exception],
        *,
        hangs: bool = False,
        sound: SoundFormat | None = None,
        is_live: bool = True,
    ) -> None:
        self.sound = sound
        self.is_live = is_live
        self._script = iter(script)
        self._hangs = hangs
        self._let_go = threading.Event()
        self.closed = False

    def read(self) -> av.VideoFrame | Sound | None:
        """Return the next step of the script, or raise its error."""
        step = next(self._script, None)
        if isinstance(step, Exception):
            raise step
        if step is None and self._hangs:
            self._let_go.wait()
        return step

    def let_go(self) -> None:
        """Let a capture that hangs end."""
        self._let_go.set()

    def close(self) -> None:
        """Note that it was called."""
        self.closed = True


def grey_frame(
    level: int = 60, *, size_wh: tuple[int, int] = (64, 48), time_s: float | None = None
) -> av.VideoFrame:
    """Return a 4:2:0 frame of one grey; its time is stored in milliseconds."""
    width, height = size_wh
    array = np.full((height * 3 // 2, width), 128, np.uint8)
    array[:height] = level
    frame = av.VideoFrame.from_ndarray(array, format="yuv420p")
    if time_s is not None:
        frame.pts, frame.time_base = round(1000 * time_s), Fraction(1, 1000)
    return frame


def piece_of_sound(time_s: float, *, level: int = 1000, sound: SoundFormat = SOUND) -> Sound:
    """Return a hundredth of a second of sound, all samples of one level."""
    samples = np.full((sound.rate // 100, sound.channels), level, np.int16)
    return Sound(samples=samples, format=sound, time_s=time_s)
