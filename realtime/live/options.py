"""What a user can choose for live video, with its defaults. Imports nothing heavy."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..declared import take_as_declared


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureOptions:
    """How to open a camera or a stream.

    Attributes:
        size_wh: Size to ask a camera for, in pixels; None for the largest that it delivers fast enough.
        fps: Frames per second to ask a camera for; None for 30.
        timeout_s: Silence after which a stream counts as lost, in seconds.
        tonemap: Make HDR streams SDR, rather than refuse them.
        sound: Take the sound of a stream, too.
    """

    size_wh: tuple[int, int] | None = None
    fps: float | None = None
    timeout_s: float = 5.0
    tonemap: bool = False
    sound: bool = True

    def __post_init__(self) -> None:
        """Reject nonsense."""
        take_as_declared(self)
        if self.size_wh is not None and not all(16 <= side <= 16384 for side in self.size_wh):
            raise ValueError(f"the size must be 16 to 16384 each way, not {self.size_wh}")
        if self.fps is not None and not 0 < self.fps <= 1000:
            raise ValueError(f"the frame rate must be above 0 and at most 1000, not {self.fps}")
        if not 0 < self.timeout_s <= 3600:
            raise ValueError(f"the timeout must be above 0 and at most 3600 seconds, not {self.timeout_s}")


def size_from_text(text: str) -> tuple[int, int]:
    """Read a size such as `1280x720` from a command line.

    Raises:
        ValueError: It is not two whole numbers.
    """
    match = re.fullmatch(r"(\d+)[x×](\d+)", text)
    if match is None:
        raise ValueError(f"a size is written like 1280x720, not '{text}'")
    return int(match[1]), int(match[2])
