"""What is enhanced: dark video of any size, from a clip or drawn; never flat, and no frame like the last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from realtime.errors import InputError
from realtime.frames.picture import CodeArray, Picture, has_direct_layout, picture_of

from ..clip_reader import reading

SIZES_WH = {
    "480p": (854, 480),
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "1440p": (2560, 1440),
    "4k": (3840, 2160),
}
SYNTHETIC = "synthetic"

_RATE = 30
# 24 frames of 1080p: so many that neither they nor their copies stay in a processor's cache.
_BYTES_IN_MEMORY = 24 * 1920 * 1080 * 3 // 2
_FEWEST, _MOST = 6, 96


@dataclass(frozen=True, slots=True)
class DarkFrames:
    """Distinct frames in memory, and what they were before they were enhanced."""

    pictures: Sequence[Picture]
    originals: Sequence[tuple[CodeArray, ...]]
    frames: Sequence[av.VideoFrame]  # whose memory the pictures are

    def frame(self, index: int) -> av.VideoFrame:
        """Return one of them as it was decoded; they come round again."""
        return self.frames[index % len(self.frames)]

    def picture(self, index: int) -> Picture:
        """Return one of them; they come round again."""
        return self.pictures[index % len(self.pictures)]

    def restore(self, index: int) -> None:
        """Put the samples back as they were decoded: enhanced twice, a picture would not be dark."""
        index %= len(self.pictures)
        for plane, original in zip(self.pictures[index].planes, self.originals[index], strict=True):
            np.copyto(plane, original)


def load_frames(clip: Path) -> DarkFrames:
    """Decode the first frames of a clip into memory.

    Raises:
        InputError: The clip cannot be read, has one frame only, or is of a format that is converted before it
            is enhanced.
    """
    with reading(clip) as reader:
        if not has_direct_layout(reader.first_frame):
            raise InputError(
                f"{clip} is in {reader.first_frame.format.name}, which is converted before it is enhanced; "
                "give a clip in YUV, such as yuv420p"
            )
        first = picture_of(reader.first_frame)
        count = _BYTES_IN_MEMORY // sum(plane.nbytes for plane in first.planes)
        count = min(max(count, _FEWEST), _MOST)
        frames = list(islice((item for item in reader if isinstance(item, av.VideoFrame)), count))
    if len(frames) < 2:
        raise InputError(f"{clip} has only one frame; give a longer clip")
    for frame in frames:
        frame.make_writable()
    pictures = [picture_of(frame) for frame in frames]
    originals = [tuple(plane.copy() for plane in picture.planes) for picture in pictures]
    return DarkFrames(pictures, originals, frames)


def make_clip(source: Path | None, size_wh: tuple[int, int], frames: int, target: Path) -> None:
    """Write an H.264 clip of a size: from the frames of another, scaled and from the start again, or drawn.

    Raises:
        InputError: The source cannot be read.
    """
    width, height = size_wh
    pictures = _drawn(width, height) if source is None else _scaled(source, width, height)
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=_RATE, options={"crf": "18", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index, frame in enumerate(islice(pictures, frames)):
            frame.pts, frame.time_base = index, Fraction(1, _RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _scaled(source: Path, width: int, height: int) -> Iterator[av.VideoFrame]:
    with reading(source) as reader:
        frames = [item for item in islice(reader, 3 * _MOST) if isinstance(item, av.VideoFrame)][:_MOST]
    for frame in cycle(frames):
        scaled = frame.reformat(width, height, "yuv420p")
        scaled.pict_type = 0
        yield scaled


def _drawn(width: int, height: int) -> Iterator[av.VideoFrame]:
    """Draw a tiled wall at night under two lamps, seen by a camera that pans, with the noise of one."""
    random = np.random.default_rng(1)
    coarse = random.uniform(0.2, 1.0, (height // 24 + 2, width // 12 + 2, 3)).astype(np.float32)
    wall = coarse.repeat(24, axis=0)[:height].repeat(24, axis=1)
    noise = random.normal(0, 2.0, (height, 2 * width, 1)).astype(np.float32)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    lamps = sum(
        np.exp(-(((x - at * width) ** 2 + (y - 0.3 * height) ** 2) / (0.1 * width * height)))
        for at in (0.2, 0.8)
    )
    light = (12 + 70 * lamps[..., np.newaxis]).astype(np.float32)
    for index in range(1 << 30):
        pan, grain = 3 * index % (wall.shape[1] - width + 1), int(random.integers(width))
        image = light * wall[:, pan : pan + width] + noise[:, grain : grain + width]
        yield av.VideoFrame.from_ndarray(_codes(image), format="rgb24")


def _codes(image: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    codes: npt.NDArray[np.uint8] = np.rint(image.clip(0, 255)).astype(np.uint8)
    return codes
