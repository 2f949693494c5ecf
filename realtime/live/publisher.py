"""The process that publishes over RTSP: `python -m realtime.live.publisher`, driven by `publishing.py`.

It is a process of its own because PyAV holds Python's lock while it connects, so that a server that does not
answer would stop the camera and all other sinks for seconds. On stdin comes the address, in a line; then
messages: a byte that says which, a header, and the samples of a 4:2:0 frame or of a piece of sound. Each is
answered by one byte. It ends with stdin, or with a line on stderr that says why.
"""

from __future__ import annotations

import signal
import struct
import sys
from collections.abc import Iterator
from typing import BinaryIO

import av
import numpy as np

from ..video.encoding import Encoding
from .encoded import LiveEncoder
from .frame import EnhancedFrame
from .sound import Sound, SoundFormat

FRAME, SOUND = b"f", b"s"
# Width, height, FFmpeg's numbers of matrix and range; rate and channels of the sound, 0 where there is none;
# and the time in seconds.
FRAME_HEADER = struct.Struct("<IIIIIId")
# Samples in each channel, rate, channels, and the time in seconds.
SOUND_HEADER = struct.Struct("<IIId")

# No frame is held back, and whoever tunes in waits at most two seconds for a key frame.
_ENCODING = Encoding(
    encoder="libx264",
    pixel_format="yuv420p",
    inner_format="yuv420p",
    options={"preset": "veryfast", "tune": "zerolatency", "g": "60", "crf": "23"},
)
_OPTIONS = {
    "rtsp_transport": "tcp",
    "timeout": "5000000",  # µs
    "max_interleave_delta": "1",  # µs: RTSP does not ask for tracks to wait for each other
}


def serve() -> None:
    """Publish what comes on stdin until it ends."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # systemd sends it to the process that drives this one, too
    messages, answers = sys.stdin.buffer, sys.stdout.buffer
    address = messages.readline().decode().strip()
    try:
        with av.open(address, "w", format="rtsp", options=_OPTIONS) as container:
            encoder = None
            for message in _received(messages):
                if isinstance(message, EnhancedFrame):
                    if encoder is None:
                        # To connect takes a while: whoever saw this frame first would stay so much behind.
                        encoder = LiveEncoder(container, _ENCODING, message)
                    else:
                        container.mux(encoder.encode(message))
                elif encoder is not None:
                    container.mux(encoder.encode_sound(message))
                answers.write(b"\0")
                answers.flush()
    except (av.error.FFmpegError, OSError) as exc:
        sys.exit(getattr(exc, "strerror", None) or "lost")


def _received(messages: BinaryIO) -> Iterator[EnhancedFrame | Sound]:
    """Yield what is sent."""
    while (kind := messages.read(1)) in (FRAME, SOUND):
        header = FRAME_HEADER if kind == FRAME else SOUND_HEADER
        values = messages.read(header.size)
        if len(values) < header.size:
            return
        read = _frame_from if kind == FRAME else _sound_from
        yield read(messages, *header.unpack(values))


def _frame_from(
    messages: BinaryIO,
    width: int,
    height: int,
    colorspace: int,
    color_range: int,
    rate: int,
    channels: int,
    time_s: float,
) -> EnhancedFrame:
    samples = np.frombuffer(messages.read(width * height * 3 // 2), np.uint8)
    video = av.VideoFrame.from_ndarray(samples.reshape(-1, width), "yuv420p")
    video.colorspace, video.color_range = colorspace, color_range
    sound = SoundFormat(rate=rate, channels=channels) if rate else None
    return EnhancedFrame(original=video, enhanced=video, captured_s=time_s, time_s=time_s, sound=sound)


def _sound_from(messages: BinaryIO, length: int, rate: int, channels: int, time_s: float) -> Sound:
    samples = np.frombuffer(messages.read(2 * length * channels), np.int16)
    return Sound(
        samples=samples.reshape(-1, channels),
        format=SoundFormat(rate=rate, channels=channels),
        time_s=time_s,
    )


if __name__ == "__main__":
    serve()
