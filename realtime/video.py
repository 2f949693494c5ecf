"""Enhance a video file: decode, enhance and encode at the same time, each in its own thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path

import av

from .conversion import converted, samples_in_bytes, upright
from .encoders import Encoding
from .enhancer import Enhancer
from .errors import DamagedInputError, DeviceError
from .frames import is_full_range, picture_of
from .notes import note
from .options import EncoderOptions, FileOptions
from .overlap import overlapped
from .partial_file import partial_file
from .stage_times import StageTimes
from .video_reader import Item, VideoReader
from .video_writer import VideoWriter

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
    times: StageTimes | None = None,
    progress: Progress | None = None,
) -> int:
    """Enhance the video of a file and copy its other tracks.

    Every frame comes out with its own timestamp. The target appears when it is complete, or not at all.

    Args:
        source: A file that FFmpeg reads.
        target: Where to write; the suffix decides the container.
        enhancer: What enhances the frames; it is reset first.
        encoder_options: How to encode.
        file_options: Whether to replace a target that exists, and to keep what decodes of a damaged source.
        times: Where the stages are timed.
        progress: Told of every frame.

    Returns:
        The number of frames.

    Raises:
        InputError: The source cannot be read, or is damaged and that is not to be kept.
        OutputError: The target cannot be written.
        DeviceError: The GPU failed; what was enhanced before is kept if what decodes of damaged sources is.
    """
    enhancer.reset()
    failure: DeviceError | None = None
    with (
        VideoReader(
            source, keep_partial=file_options.keep_partial, tonemap=file_options.tonemap, times=times
        ) as reader,
        partial_file(target, overwrite=file_options.overwrite) as temporary,
        VideoWriter(temporary, reader, encoder_options, times=times) as writer,
    ):
        depth = max(1, min(_QUEUE_DEPTH, _MOST_QUEUED_BYTES // samples_in_bytes(reader.first_frame)))
        decoded = overlapped(reader, depth=depth, name="decode")
        enhanced = overlapped(
            _enhanced(decoded, enhancer, reader, writer.encoding), depth=depth, name="enhance"
        )
        with closing(enhanced):
            try:
                for item in enhanced:
                    writer.write(item)
                    if progress is not None and isinstance(item, av.VideoFrame):
                        progress(writer.frames, reader.expected_frames)
            except DamagedInputError as exc:
                if not file_options.keep_partial:
                    raise
                note("%s", exc)
            except DeviceError as exc:
                if not file_options.keep_partial or not writer.frames:
                    raise
                failure = exc
    if failure is not None:
        raise failure
    return writer.frames


def _enhanced(
    items: Generator[Item, None, None], enhancer: Enhancer, reader: VideoReader, encoding: Encoding
) -> Generator[Item, None, None]:
    """Enhance the frames among the items in place, several at once where the enhancer can; keep the order."""
    waiting: deque[Item] = deque()
    under_way = 0

    def ready(most: int) -> Iterator[Item]:
        """Give back items from the front until at most so many frames are under way."""
        nonlocal under_way
        while waiting and (under_way > most or not isinstance(waiting[0], av.VideoFrame)):
            if isinstance(waiting[0], av.VideoFrame):
                enhancer.finish()
                under_way -= 1
            yield waiting.popleft()

    with closing(items):
        try:
            for item in items:
                if isinstance(item, av.VideoFrame):
                    frame = _as_encoded(item, reader.first_frame, encoding)
                    enhancer.begin(picture_of(frame), frame.time or 0.0)
                    under_way += 1
                    waiting.append(frame)
                else:
                    waiting.append(item)
                yield from ready(enhancer.depth - 1)
        except DamagedInputError:
            yield from ready(0)  # they came before the damage
            raise
        yield from ready(0)


def _as_encoded(frame: av.VideoFrame, first: av.VideoFrame, encoding: Encoding) -> av.VideoFrame:
    """Return a frame that may be written to, of the format and size that the encoder was opened with."""
    frame = upright(frame)
    if (frame.width, frame.height, frame.format.name) != (
        first.width,
        first.height,
        encoding.pixel_format,
    ) or (encoding.limited_range and is_full_range(frame)):
        frame = converted(
            frame,
            encoding.pixel_format,
            (first.width, first.height),
            limited_range=encoding.limited_range,
        )
    frame.make_writable()
    frame.pict_type = 0  # the encoder is to choose for itself
    return frame
