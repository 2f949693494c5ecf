"""Where a long video is cut into segments, and what one must know of those before it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import av
import numpy as np

from ..errors import EnhanceError
from ..frames.picture import Picture, sample_widths
from ..stream_state import StreamState
from .key_frames import KeyFrame

# A segment has so many frames at least for each of its seconds: a time lapse needs no more key frames.
_LEAST_RATE = 4


class CannotResumeError(EnhanceError):
    """What was done before does not go with what is to follow; never seen by users, it is done again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """Between two segments: all that the second depends on beside the video.

    Attributes:
        pts: When its first frame is shown, in ticks of the input.
        time_s: The same in seconds.
        checksum: Of the samples of that frame, before it is enhanced.
        frames: How many frames are before it.
        decode_from: The key frame of the input to decode from; None to decode from its beginning.
        damage: What was found to be damaged so far.
        state: Of the enhancer.
    """

    pts: int
    time_s: float
    checksum: int
    frames: int
    decode_from: KeyFrame | None = None
    damage: tuple[str, ...] = ()
    state: StreamState = field(default_factory=dict)


class SegmentClock:
    """Tells which frames begin a segment.

    It goes by times and numbers of frames from the last joint on, so that who starts at a joint finds the
    same ones behind it.

    Attributes:
        frames: How many frames there were.
    """

    def __init__(self, segment_s: float, *, frames: int = 0) -> None:
        """Start at the beginning, or at a joint with so many frames before."""
        self._segment_s = segment_s
        self._start: int | None = None
        self._start_frames = self.frames = frames

    def begins(self, frame: av.VideoFrame) -> bool:
        """Whether a frame begins a segment, the first one left out; to be asked once a frame."""
        assert frame.pts is not None
        assert frame.time_base is not None
        begins = (
            self._start is not None
            and (frame.pts - self._start) * frame.time_base >= self._segment_s
            and self.frames - self._start_frames >= _LEAST_RATE * self._segment_s
        )
        if begins or self._start is None:
            self._start, self._start_frames = frame.pts, self.frames
        self.frames += 1
        return begins


def checksum_of(picture: Picture) -> int:
    """Return a number that tells the samples of one picture from those of others."""
    checksum = 0
    for plane, width in zip(picture.planes, sample_widths(picture), strict=True):
        checksum = zlib.crc32(np.ascontiguousarray(plane[:, :width]).data, checksum)
    return checksum
