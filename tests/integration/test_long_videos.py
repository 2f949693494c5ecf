"""Memory does not grow with the length of a video."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from realtime.cpu_enhancer import CpuEnhancer
from realtime.options import EncoderOptions, EnhancerOptions, FileOptions
from realtime.video.pipeline import enhance_video

from ..clips import make_clip

FRAMES = 10_000
SETTLED = 2_000  # by then queues, pools and caches are as full as they get
ALLOWED_MIB = 16


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.slow
def test_memory_stays_flat_over_ten_thousand_frames(tmp_path: Path) -> None:
    make_clip(tmp_path / "long.mp4", pts=range(FRAMES), options={"preset": "ultrafast"})
    memory: dict[int, float] = {}

    def note(done: int, _expected: int | None) -> None:
        if done in (SETTLED, FRAMES):
            memory[done] = resident_mib()

    enhancer_options = EnhancerOptions(estimate_every=4, map_size=32, threads=2)
    encoder_options = EncoderOptions(preset="ultrafast")
    with CpuEnhancer(enhancer_options) as enhancer:
        frames = enhance_video(
            tmp_path / "long.mp4",
            tmp_path / "out.mp4",
            enhancer,
            encoder_options,
            FileOptions(),
            progress=note,
        )
    assert frames == FRAMES
    assert memory[FRAMES] - memory[SETTLED] < ALLOWED_MIB
