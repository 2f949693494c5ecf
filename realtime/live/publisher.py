"""The process that publishes over RTSP: `python -m realtime.live.publisher`, driven by `publishing.py`.

It is a process of its own because PyAV holds Python's lock while it connects, so that a server that does not
answer would stop the camera and all other sinks for seconds. On stdin comes the address, in a line; then
messages: a header and the samples of a 4:2:0 frame. Each is answered by one byte. It ends with stdin, or with
a line on stderr that says why.
"""

from __future__ import annotations

import signal
import struct
import sys

import av
import numpy as np

from ..encoders import Encoding
from .address import without_secrets
from .encoded import LiveEncoder
from .frame import EnhancedFrame

# Width, height, FFmpeg's numbers of matrix and range, and the time in seconds.
HEADER = struct.Struct("<IIIId")

# No frame is held back, and whoever tunes in waits at most two seconds for a key frame.
_ENCODING = Encoding(
    encoder="libx264",
    pixel_format="yuv420p",
    inner_format="yuv420p",
    options={"preset": "veryfast", "tune": "zerolatency", "g": "60", "crf": "23"},
)
_TIMEOUT_US = "5000000"


def serve() -> None:
    """Publish what comes on stdin until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that drives this one
    messages, answers = sys.stdin.buffer, sys.stdout.buffer
    address = messages.readline().decode().strip()
    try:
        options = {"rtsp_transport": "tcp", "timeout": _TIMEOUT_US}
        with av.open(address, "w", format="rtsp", options=options) as container:
            encoder = None
            while len(header := messages.read(HEADER.size)) == HEADER.size:
                width, height, colorspace, color_range, time_s = HEADER.unpack(header)
                samples = np.frombuffer(messages.read(width * height * 3 // 2), np.uint8)
                video = av.VideoFrame.from_ndarray(samples.reshape(-1, width), "yuv420p")
                video.colorspace, video.color_range = colorspace, color_range
                frame = EnhancedFrame(original=video, enhanced=video, captured_s=time_s, time_s=time_s)
                encoder = encoder or LiveEncoder(container, _ENCODING, frame)
                container.mux(encoder.encode(frame))
                answers.write(b"\0")
                answers.flush()
    except (av.error.FFmpegError, OSError) as exc:
        sys.exit(f"cannot publish to {without_secrets(address)} ({getattr(exc, 'strerror', None) or 'lost'})")


if __name__ == "__main__":
    serve()
