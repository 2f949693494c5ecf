"""One connection to a camera or a stream, and which of them an address means."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import av

from ..errors import InputError
from ..frames.colour import PixelLayout
from .address import input_kind, without_secrets
from .options import CaptureOptions
from .sound import Sound, SoundFormat


class Capture(Protocol):
    """Delivers frames as they arrive. One thread reads and closes it."""

    @property
    def sound(self) -> SoundFormat | None:
        """What sound comes with the frames; None for none."""

    @property
    def is_live(self) -> bool:
        """Whether it is still being made, so that its end is not known yet."""

    def read(self) -> av.VideoFrame | Sound | None:
        """Wait for the next frame or piece of sound; None at the end of what does end.

        It blocks no longer than the timeout that it was opened with, or until a file's next frame is due.

        Raises:
            LostInputError: The connection broke; a new one may work.
            InputError: It cannot be used, nor could a new one.
        """

    def close(self) -> None:
        """Let go of the device or the connection; may be called again."""


def usual_layouts(address: str) -> list[PixelLayout]:
    """Return how the frames of a source are most likely stored, before it is opened.

    Cameras give BGR, as OpenCV has it, and streams chroma of half the width and, most of those that are not
    Motion JPEG, of half the height. From a filter graph or a file anything may come, and is taken for these.
    """
    packed = PixelLayout(kind="bgr", full_range=True)
    subsampled = [PixelLayout(kind="yuv", chroma_shift_wh=shift_wh) for shift_wh in ((1, 1), (1, 0))]
    match input_kind(address):
        case "camera" | "csi":
            return [packed]
        case "stream":
            return subsampled
    return [packed, *subsampled]


def open_capture(address: str, options: CaptureOptions) -> Capture:
    """Connect to what an address means.

    Raises:
        InputError: The address is of no live source, or cannot be connected to.
    """
    match input_kind(address):
        case "camera":
            from .camera import open_webcam  # noqa: PLC0415 - OpenCV

            return open_webcam(address, options)
        case "csi":
            from .camera import open_csi_camera  # noqa: PLC0415 - OpenCV

            return open_csi_camera(address, options)
        case "stream":
            from .stream import open_stream  # noqa: PLC0415 - PyAV's network

            return open_stream(address, options)
        case "file":
            from .stream import open_file  # noqa: PLC0415 - PyAV's network

            return open_file(Path(address), options)
        case "synthetic":
            from .synthetic import SyntheticCapture  # noqa: PLC0415 - PyAV's filters

            return SyntheticCapture(address.removeprefix("lavfi:"), options)
    raise InputError(f"{without_secrets(address)} is not a camera or a stream; see zerodce-enhance --help")
