"""Enhance one file, of whatever kind it is."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .batch.jobs import Job
from .enhancer import Enhancer
from .errors import EnhanceError, OutputError
from .options import EncoderOptions, FileOptions
from .settings import Kind
from .stage_times import StageTimes
from .video.pipeline import Progress, enhance_video

log = logging.getLogger(__name__)


def enhance_file(
    job: Job,
    enhancer: Enhancer,
    encoder_options: EncoderOptions,
    file_options: FileOptions,
    *,
    settings: dict[str, Any],
    times: StageTimes,
    progress: Progress,
) -> tuple[int, Kind]:
    """Enhance an image or a video, into a folder that is made where it is missing.

    Args:
        job: What to enhance into what.
        enhancer: Enhances the frames.
        encoder_options: How to encode a video.
        file_options: What to do about files that exist or are damaged.
        settings: What the output depends on beside its input, see `realtime.settings`.
        times: Where to count the time that stages take.
        progress: Told the number of frames done, and of those expected.

    Returns:
        The number of frames, and what the file was enhanced as.

    Raises:
        EnhanceError: It cannot be done, for whatever reason.
    """
    with _in_one_line(job):
        try:
            job.target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise OutputError(
                f"cannot make the folder {job.target.parent} ({exc.strerror}); choose another"
            ) from exc
        if job.is_still:
            from .images.still import enhance_still  # noqa: PLC0415 - Pillow

            return 1, enhance_still(job.source, job.target, enhancer, overwrite=file_options.overwrite)
        frames = enhance_video(
            job.source,
            job.target,
            enhancer,
            encoder_options,
            file_options,
            settings=settings,
            times=times,
            progress=progress,
        )
        return frames, Kind.VIDEO


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error, or what it came from, is that of a full disk."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__
    return False


@contextmanager
def _in_one_line(job: Job) -> Iterator[None]:
    """Turn what nobody thought of into an error as users can act on; the traceback goes to the debug log."""
    try:
        yield
    except EnhanceError:
        raise
    except Exception as exc:
        log.debug("%s", job.source, exc_info=True)
        reason = f"{type(exc).__name__}: {' '.join(str(exc).split())}"
        raise EnhanceError(
            f"{job.source} cannot be enhanced ({reason}); convert it first, or leave it out"
        ) from exc
