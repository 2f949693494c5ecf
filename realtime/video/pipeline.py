"""Enhance a video file: decode, enhance and encode at the same time, each in its own thread."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import av

from ..enhancer import Enhancer
from ..errors import DamagedInputError, DeviceError
from ..frames.conversion import samples_in_bytes
from ..notes import note
from ..options import EncoderOptions, FileOptions
from ..partial_file import partial_file
from ..stage_times import StageTimes
from .enhancing import Enhancing
from .gpu_decoding import open_reader
from .overlap import overlapped
from .resumption import Way, journal_of
from .segments import CannotResumeError, Joint, SegmentClock
from .writer import VideoWriter

log = logging.getLogger(__name__)

_QUEUE_DEPTH = 8
_MOST_QUEUED_BYTES = 256 << 20  # in each of the two queues; large frames wait in shorter ones

# Called after each frame with the frames done and those expected, if known.
Progress = Callable[[int, "int | None"], None]


def enhance_video(
    source: Path,
    target: Path,
    enhancer: Enhancer,
    encoder_options: EncoderOptions,
    file_options: FileOptions,
    *,
    settings: dict[str, Any] | None = None,
    times: StageTimes | None = None,
    progress: Progress | None = None,
) -> int:
    """Enhance the video of a file and copy its other tracks.

    Every frame comes out with its own timestamp. The target appears when it is complete, or not at all. With
    `settings`, a long video that is interrupted goes on where it was when it is asked for again, and comes
    out as if nothing had been.

    Args:
        source: A file that FFmpeg reads.
        target: Where to write; the suffix decides the container.
        enhancer: What enhances the frames; what it went by before is forgotten.
        encoder_options: How to encode.
        file_options: Whether to replace a target that exists, and to keep what decodes of a damaged source.
        settings: All that the target depends on beside the source, see `settings_of`; None to begin anew
            every time.
        times: Where the stages are timed.
        progress: Told of every frame, and while those are skipped that were done before.

    Returns:
        The number of frames.

    Raises:
        InputError: The source cannot be read, or is damaged and that is not to be kept.
        OutputError: The target cannot be written.
        DeviceError: The GPU failed; what was enhanced before is kept if what decodes of damaged sources is.
    """
    for way in Way:
        try:
            return _make(
                source, target, enhancer, encoder_options, file_options, settings, way, times, progress
            )
        except CannotResumeError as exc:
            log.debug("%s cannot be resumed from the %s: %s", target, way.value, exc)
    raise AssertionError("what begins anew resumes nothing")


def _make(
    source: Path,
    target: Path,
    enhancer: Enhancer,
    encoder_options: EncoderOptions,
    file_options: FileOptions,
    settings: dict[str, Any] | None,
    way: Way,
    times: StageTimes | None,
    progress: Progress | None,
) -> int:
    """Do what `enhance_video` says, going on in one way from where an earlier run was, if there was any."""
    enhancer.reset()
    failure: DeviceError | None = None
    with (
        open_reader(source, file_options, enhancer, times) as reader,
        journal_of(
            target,
            reader,
            way,
            settings=settings,
            backend=enhancer.backend,
            segment_s=encoder_options.segment_s,
            overwrite=file_options.overwrite,
        ) as journal,
        partial_file(target, overwrite=file_options.overwrite) as temporary,
    ):
        with VideoWriter(temporary, reader, encoder_options, journal=journal, times=times) as writer:
            joint = None if journal is None else journal.joint
            if joint is not None:
                decode_from = joint.decode_from if way == Way.KEY_FRAME else None
                reader.skip_to(joint.pts, decode_from=decode_from, damage=joint.damage)
                enhancer.restore(joint.state)
            segments = journal is not None and writer.encoding.joinable
            clock = SegmentClock(encoder_options.segment_s, frames=writer.frames) if segments else None
            depth = max(1, min(_QUEUE_DEPTH, _MOST_QUEUED_BYTES // samples_in_bytes(reader.first_frame)))
            decoded = overlapped(reader, depth=depth, name="decode")
            stage = Enhancing(enhancer, reader, writer.encoding, clock, joint)
            enhanced = overlapped(stage.enhanced(decoded), depth=depth, name="enhance")
            with closing(enhanced):
                try:
                    for item in enhanced:
                        if isinstance(item, Joint):
                            writer.end_segment(item)
                            continue
                        writer.write(item)
                        is_video = isinstance(item, av.VideoFrame) or item.stream is reader.video
                        if progress is not None and is_video:
                            progress(writer.frames, reader.expected_frames)
                except DamagedInputError as exc:
                    if not file_options.keep_partial:
                        raise
                    note("%s", exc)
                except DeviceError as exc:
                    if not file_options.keep_partial or not writer.frames:
                        raise
                    failure = exc
        if journal is not None:
            _bring_to_disk(temporary)
    if failure is not None:
        raise failure
    return writer.frames


def _bring_to_disk(path: Path) -> None:
    """Wait until a file would survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
