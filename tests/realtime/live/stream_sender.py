"""Send test pictures to an address, as MPEG-TS: `stream_sender ADDRESS`."""

from __future__ import annotations

import itertools
import sys
import time
from fractions import Fraction

import av

from ...contract.fake_capture import grey_frame

FPS = 25
LEVEL = 60


def main(address: str) -> None:
    """Send until nobody listens any more."""
    with av.open(address, "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"tune": "zerolatency", "g": "5"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        start = time.monotonic()
        for index in itertools.count():
            time.sleep(max(0.0, start + index / FPS - time.monotonic()))
            frame = grey_frame(LEVEL)
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(stream.encode(frame))


if __name__ == "__main__":
    main(*sys.argv[1:])
