"""The stage between decoding and encoding: frames are given the encoder's format, and are enhanced."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing

import av

from ..enhancer import Enhancer
from ..errors import DamagedInputError
from ..frames.conversion import as_by_software, converted, same_coding, upright
from ..frames.gpu_frames import GpuPlanes, is_on_gpu, planar_format
from ..frames.picture import Picture, is_full_range, picture_of, picture_on_gpu, room_for
from .encoding import Encoding
from .reader import Item, VideoReader
from .resumption import time_text
from .segments import CannotResumeError, Joint, SegmentClock, checksum_of
from .transparency import TransparencyLoss

log = logging.getLogger(__name__)


class Enhancing:
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
        begins = self._clock is not None and self._clock.begins(item)
        has_checksum = begins or self._resumed is not None
        frame, picture = self._room(item, may_stay_on_gpu=not has_checksum)
        if self._resumed is not None:
            if (frame.pts, checksum_of(picture)) != (self._resumed.pts, self._resumed.checksum):
                raise CannotResumeError("a frame is not what it was")
            log.info("%s: resumed at %s", self._reader.path, time_text(self._resumed))
            self._resumed = None
        if begins:
            yield from self._ready(0)
            assert self._clock is not None
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

    def _room(self, item: av.VideoFrame, *, may_stay_on_gpu: bool) -> tuple[av.VideoFrame, Picture]:
        """Return a frame to be encoded, and how to enhance it: in place, or from where it is on a GPU."""
        first, encoding = self._reader.first_frame, self._encoding
        if is_on_gpu(item):
            stays = (
                may_stay_on_gpu
                and planar_format(item) == encoding.pixel_format
                and (item.width, item.height) == (first.width, first.height)
                and _has_codes_for(item, first, encoding)
                and not item.interlaced_frame  # which the encoder is told frame by frame
            )
            if stays and encoding.gpu_format is not None:
                item.pict_type = 0
                return item, picture_on_gpu(item)
            if stays:
                frame = room_for(item, encoding.pixel_format)
                return frame, picture_of(frame, GpuPlanes.of(item))
        else:
            self._transparency.see(item)
        frame = _as_encoded(as_by_software(item), first, encoding)
        return frame, picture_of(frame)

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
    if (frame.width, frame.height, frame.format.name) != (*size_wh, kind) or not _has_codes_for(
        frame, first, encoding
    ):
        frame = converted(frame, kind, size_wh, coded_as=first, limited_range=encoding.limited_range)
    frame.make_writable()
    frame.pict_type = 0  # the encoder is to choose for itself
    return frame


def _has_codes_for(frame: av.VideoFrame, first: av.VideoFrame, encoding: Encoding) -> bool:
    """Whether codes mean the colours that the encoder was told they mean."""
    return same_coding(frame, first) and not (encoding.limited_range and is_full_range(frame))
