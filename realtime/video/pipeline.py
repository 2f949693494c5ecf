"""Enhance a video file: decode, enhance and encode at the same time, each in its own thread."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import av

from ..enhancer import Enhancer
from ..errors import DamagedInputError, DeviceError
from ..frames.conversion import converted, same_coding, samples_in_bytes, upright
from ..frames.picture import is_full_range, picture_of
from ..notes import note
from ..options import EncoderOptions, FileOptions
from ..partial_file import partial_file
from ..stage_times import StageTimes
from .encoding import Encoding
from .overlap import overlapped
from .reader import Item, VideoReader
from .resumption import Way, journal_of, time_text
from .segments import CannotResumeError, Joint, SegmentClock, checksum_of
from .transparency import TransparencyLoss
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
        VideoReader(
            source, keep_partial=file_options.keep_partial, tonemap=file_options.tonemap, times=times
        ) as reader,
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
            stage = _Enhancing(enhancer, reader, writer.encoding, clock, joint)
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


class _Enhancing:
    """The stage between decoding and encoding."""

    def __init__(
        self,
        enhancer: Enhancer,
        reader: VideoReader,
        encoding: Encoding,
        clock: SegmentClock | None,
        resumed: Joint | None,
    ) -> None:
        """Get ready.

        Args:
            enhancer: What enhances the frames.
            reader: Where they come from.
            encoding: How they will be encoded.
            clock: Tells where segments begin; None not to make any.
            resumed: The joint behind which the frames begin; None at the beginning of the video.
        """
        self._enhancer = enhancer
        self._reader = reader
        self._encoding = encoding
        self._transparency = TransparencyLoss(reader.first_frame, encoding)
        self._clock = clock
        self._resumed = resumed
        self._waiting: deque[Item] = deque()
        self._under_way = 0

    def enhanced(self, items: Generator[Item, None, None]) -> Generator[Item | Joint, None, None]:
        """Enhance frames in place, several at once where the enhancer can; keep the order of all items.

        Between segments, there is a joint.

        Raises:
            CannotResumeError: The first frame is not the one behind the joint.
        """
        with closing(items):
            try:
                for item in items:
                    if isinstance(item, av.VideoFrame):
                        yield from self._begun(item)
                    else:
                        self._waiting.append(item)
                    yield from self._ready(self._enhancer.depth - 1)
            except DamagedInputError:
                self._require_resumed()
                yield from self._ready(0)  # they came before the damage
                raise
            self._require_resumed()
            yield from self._ready(0)

    def _begun(self, item: av.VideoFrame) -> Iterator[Item | Joint]:
        """Begin to enhance a frame; yield what is to go before."""
        self._transparency.see(item)
        frame = _as_encoded(item, self._reader.first_frame, self._encoding)
        picture = picture_of(frame)
        if self._resumed is not None:
            if (frame.pts, checksum_of(picture)) != (self._resumed.pts, self._resumed.checksum):
                raise CannotResumeError("a frame is not what it was")
            log.info("%s: resumed at %s", self._reader.path, time_text(self._resumed))
            self._resumed = None
        if self._clock is not None and self._clock.begins(frame):
            yield from self._ready(0)
            assert frame.pts is not None
            yield Joint(
                pts=frame.pts,
                time_s=(frame.time or 0.0) - float(self._reader.origin),
                checksum=checksum_of(picture),
                frames=self._clock.frames - 1,
                decode_from=self._reader.key_frame_before(frame.pts),
                damage=self._reader.damage,
                state=self._enhancer.state(),
            )
        self._enhancer.begin(picture, frame.time or 0.0)
        self._under_way += 1
        self._waiting.append(frame)

    def _ready(self, most: int) -> Iterator[Item]:
        """Give back items from the front until at most so many frames are under way."""
        waiting = self._waiting
        while waiting and (self._under_way > most or not isinstance(waiting[0], av.VideoFrame)):
            if isinstance(waiting[0], av.VideoFrame):
                self._enhancer.finish()
                self._under_way -= 1
            yield waiting.popleft()

    def _require_resumed(self) -> None:
        if self._resumed is not None:
            raise CannotResumeError("a frame is not there any more")


def _as_encoded(frame: av.VideoFrame, first: av.VideoFrame, encoding: Encoding) -> av.VideoFrame:
    """Return a frame that may be written to, of the format and size that the encoder was opened with."""
    frame = upright(frame)
    size_wh, kind = (first.width, first.height), encoding.pixel_format
    if (
        (frame.width, frame.height, frame.format.name) != (*size_wh, kind)
        or not same_coding(frame, first)
        or (encoding.limited_range and is_full_range(frame))
    ):
        frame = converted(frame, kind, size_wh, coded_as=first, limited_range=encoding.limited_range)
    frame.make_writable()
    frame.pict_type = 0  # the encoder is to choose for itself
    return frame


def _bring_to_disk(path: Path) -> None:
    """Wait until a file would survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
