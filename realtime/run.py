"""Enhance everything that a command names, and report on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from .backend import choose_backend, open_enhancer
from .enhancer import Enhancer
from .errors import EnhanceError, OutputError
from .jobs import Job, find_jobs
from .options import EncoderOptions, EnhancerOptions, FileOptions
from .stage_times import StageTimes
from .still import enhance_still
from .video import Progress, enhance_video


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was done.

    Attributes:
        output: The file or folder that was written.
        files: Number of files enhanced.
        skipped: Number of files whose output was there already.
        failed: What went wrong with each file that could not be enhanced, by its path.
        frames: Frames enhanced, of all files; an image is one.
        seconds: Wall-clock time, loading the model not included.
        fps: Frames per second of that time.
        ms_per_stage: Mean host time a frame in each stage, in milliseconds; stages overlap.
        backend: What ran the network and the curves.
        backend_reason: Why that was chosen; empty if the user chose it.
        model: The model's name or path.
        threads: Threads of the backend.
    """

    output: str
    files: int
    skipped: int
    failed: dict[str, str]
    frames: int
    seconds: float
    fps: float
    ms_per_stage: dict[str, float]
    backend: str
    backend_reason: str
    model: str
    threads: int

    def as_dict(self) -> dict[str, object]:
        """Return the report as what JSON holds."""
        return asdict(self)


def enhance_all(
    source: Path,
    target: Path,
    enhancer_options: EnhancerOptions,
    encoder_options: EncoderOptions,
    file_options: FileOptions,
    *,
    show: Callable[[str], AbstractContextManager[Progress]],
) -> Report:
    """Enhance a file, or the images and videos of a folder.

    In a folder, a file that fails does not stop the others, and one whose output exists is skipped unless it
    is to be overwritten: an output gets its name only when it is complete.

    Args:
        source: A video, an image, or a folder.
        target: A file, or a folder for a folder.
        enhancer_options: What to do to each frame.
        encoder_options: How to encode videos.
        file_options: What to do about files that exist or are damaged.
        show: Opens a display of progress for the name of a file.

    Raises:
        EnhanceError: Nothing could be done; for a single file, what went wrong with it.
    """
    jobs = find_jobs(source, target)
    times = StageTimes()
    frames = done = skipped = 0
    failed: dict[str, str] = {}
    with open_enhancer(enhancer_options, times=times) as enhancer:
        start = time.perf_counter()
        for job in jobs:
            if source.is_dir() and job.target.exists() and not file_options.overwrite:
                skipped += 1
                continue
            try:
                frames += _enhance(job, enhancer, encoder_options, file_options, times, show)
                done += 1
            except EnhanceError as exc:
                if not source.is_dir():
                    raise
                failed[str(job.source)] = str(exc)
        seconds = time.perf_counter() - start
        backend = enhancer.backend
    return Report(
        output=str(target if source.is_dir() else jobs[0].target),
        files=done,
        skipped=skipped,
        failed=failed,
        frames=frames,
        seconds=round(seconds, 4),
        fps=round(frames / seconds, 2) if frames else 0.0,
        ms_per_stage={stage: round(ms, 3) for stage, ms in times.mean_ms(frames).items()},
        backend=backend,
        backend_reason=choose_backend(enhancer_options.backend).reason,
        model=enhancer_options.model,
        threads=enhancer_options.threads,
    )


def _enhance(
    job: Job,
    enhancer: Enhancer,
    encoder_options: EncoderOptions,
    file_options: FileOptions,
    times: StageTimes,
    show: Callable[[str], AbstractContextManager[Progress]],
) -> int:
    """Enhance one file and return its number of frames."""
    try:
        job.target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise OutputError(
            f"cannot make the folder {job.target.parent} ({exc.strerror}); choose another"
        ) from exc
    if job.is_still:
        enhance_still(job.source, job.target, enhancer, overwrite=file_options.overwrite)
        return 1
    with show(job.source.name) as progress:
        return enhance_video(
            job.source, job.target, enhancer, encoder_options, file_options, times=times, progress=progress
        )
