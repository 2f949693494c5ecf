"""Read a video file: decoded frames of its video, and the packets of the tracks that are copied."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TypeAlias, cast

import av
from av.stream import Stream

from ..errors import DamagedInputError, InputError
from ..frames.hdr import AsSdr
from ..frames.picture import clear_wrong_matrix
from ..notes import note
from ..stage_times import StageTimes
from .clock_jumps import ClockJumps
from .containers import MOST_PIXELS, is_cover, open_input
from .damage import missing_end
from .frame_times import FrameTimes
from .key_frames import KeyFrame, KeyFrames
from .tracks import tracks_to_copy

Item: TypeAlias = "av.VideoFrame | av.Packet[Stream]"

# Formats that count from the beginning of the film; others go by a clock that began at some time.
_FROM_ZERO = ("mov", "matroska")
# FFmpeg's own decoders of these ignore the transparency that is stored beside the picture.
_DECODERS_OF_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


class VideoReader:
    """An open video file.

    Iterating gives `av.VideoFrame`s, in presentation order and with strictly increasing `pts`, and the
    `av.Packet`s of `copied`, in the order of the file. It ends with `DamagedInputError` where something could
    not be decoded, after all that could. One iteration only, by one thread.

    After `skip_to`, it begins with the frame that is asked for. Until then, it gives the packets of the video
    in place of frames, for who wants to know how far it is.

    Attributes:
        video: The stream that is decoded.
        copied: The streams whose packets are handed on.
        first_frame: The first frame, decoded ahead; it comes again in the iteration.
        covers: The pictures of the streams among `copied` that are covers.
        origin: The time of the file's beginning on its own clock, in seconds; 0 where time counts from 0.
    """

    def __init__(
        self,
        path: Path,
        *,
        keep_partial: bool = False,
        tonemap: bool = False,
        times: StageTimes | None = None,
    ) -> None:
        """Open a file and decode its first frame.

        Args:
            path: The file.
            keep_partial: Lose nothing that can be decoded around what cannot; this is slower.
            tonemap: Turn HDR frames into SDR ones.
            times: Where the stage `decode` is timed.

        Raises:
            InputError: The file cannot be read, has no video, or is of a kind that is not handled.
        """
        self.path = path
        self._times = times or StageTimes()
        self._as_sdr = AsSdr(path, tonemap=tonemap)
        self._container = open_input(path)
        try:
            self.video = _choose_video(path, self._container)
            self.copied = tracks_to_copy(self._container, self.video)
            self.origin = _origin(self._container, [self.video, *self.copied])
            self._decoder = _open_decoder(self.video)
            # What several threads have not finished when one meets an error is lost.
            self._decoder.thread_type = "SLICE" if keep_partial else "AUTO"
            self._frame_times = FrameTimes(self.video, only_dts=self._container.format.name == "avi")
            self._jumps = ClockJumps(self._container.format.name)
            self._keep_partial = keep_partial
            self._key_frames = KeyFrames()
            self._wanted: int | None = None  # the time of the frame to begin with, until it is there
            self._decode_from: KeyFrame | None = None  # until it is there
            self._damage: list[str] = []
            self._gaps = 0
            self._seen_s = 0.0
            self._ahead: list[Item] = []
            self._rest = self._decode_all()
            self.first_frame = self._find_first_frame()
            self.covers = {
                item.stream: bytes(item)
                for item in self._ahead
                if isinstance(item, av.Packet) and is_cover(item.stream)
            }
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> VideoReader:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close the file; may be called again."""
        self._container.close()

    @property
    def container(self) -> av.container.InputContainer:
        """The open container, for its metadata and chapters."""
        return self._container

    @property
    def expected_frames(self) -> int | None:
        """About how many frames there are, if the file tells."""
        if self.video.frames:
            return self.video.frames
        rate = self.video.average_rate
        if self._container.duration and rate:
            return round(self._container.duration / av.time_base * rate)
        return None

    @property
    def expected_s(self) -> float | None:
        """About how long it is, in seconds, if the file tells."""
        return self._container.duration / av.time_base if self._container.duration else None

    @property
    def damage(self) -> tuple[str, ...]:
        """What was found to be damaged so far; may be asked for by another thread."""
        return tuple(self._damage)

    def key_frame_before(self, pts: int) -> KeyFrame | None:
        """Return from where on a frame decodes as it does now; None where the beginning alone is sure.

        May be asked for by another thread, of a frame that was not given long ago.
        """
        if self._keep_partial or not any(name in self._container.format.name for name in _FROM_ZERO):
            return None
        return self._key_frames.before(pts)

    def skip_to(self, pts: int, *, decode_from: KeyFrame | None, damage: tuple[str, ...] = ()) -> None:
        """Begin with another frame than the first; to be called before the iteration.

        Args:
            pts: When that frame is shown, in ticks.
            decode_from: What `key_frame_before` returned; None to decode all, which is sure, and slower.
            damage: What was found to be damaged before it.
        """
        self._wanted = pts
        # One that went by when the first frame was decoded cannot be begun with any more.
        self._decode_from = None if decode_from in self._key_frames else decode_from
        self._damage += [found for found in damage if found not in self._damage]

    def __iter__(self) -> Iterator[Item]:
        """Yield frames and packets; see the class."""
        yield from filter(self._is_wanted, self._ahead)
        self._ahead.clear()
        while True:
            with self._times.measure("decode"):
                item = next(self._rest, None)
            if item is None:
                break
            if self._is_wanted(item):
                yield item
        if self._gaps:
            note("%s has %d gaps, which may show", self.path, self._gaps)
        if self._damage:
            raise DamagedInputError(
                f"{self.path} is damaged: {self._damage[0]}; --keep-partial keeps what decodes"
            )

    def _is_wanted(self, item: Item) -> bool:
        """Whether an item is not a frame to be skipped."""
        if self._wanted is not None and isinstance(item, av.VideoFrame):
            assert item.pts is not None
            if item.pts < self._wanted:
                return False
            self._wanted = None
        return True

    def _find_first_frame(self) -> av.VideoFrame:
        for item in self._rest:
            self._ahead.append(item)
            if isinstance(item, av.VideoFrame):
                return item
        reason = f" ({self._damage[0]})" if self._damage else ""
        raise InputError(f"no frame of {self.path} can be decoded{reason}; check that it plays")

    def _decode_all(self) -> Iterator[Item]:
        """Yield every frame and copied packet, noting what could not be read in `_damage`."""
        copied = set(self.copied)
        for packet in self._demux():
            if packet.stream is self.video:
                if self._wanted is not None and packet.size:
                    yield packet
                for frame in self._decode(cast("av.Packet[av.VideoStream]", packet)):
                    yield from map(self._mapped, self._frame_times.timed(frame))
            elif packet.stream in copied and packet.size:
                yield packet
        yield from map(self._mapped, self._frame_times.rest())
        if self._frame_times.are_missing():  # at the end PyAV drops what comes after an error without a word
            self._damage.append("its last frames cannot be decoded")
        missing = missing_end(self.path, self._container, self._seen_s)
        if missing is not None:
            self._damage.append(missing)

    def _demux(self) -> Iterator[av.Packet[Stream]]:
        try:
            for packet in self._container.demux():
                self._jumps.smooth(packet)
                end = (packet.pts or 0) + (packet.duration or 0)
                if packet.pts is not None and packet.time_base is not None:
                    self._seen_s = max(self._seen_s, float(end * packet.time_base))
                yield packet
        except av.error.FFmpegError as exc:
            self._damage.append(f"reading stops after {self._seen_s:.1f} seconds ({exc.strerror})")
            flush: av.Packet[Stream] = av.Packet()
            flush.stream = self.video
            if self.video.time_base:
                flush.time_base = self.video.time_base
            yield flush

    def _decode(self, packet: av.Packet[av.VideoStream]) -> list[av.VideoFrame]:
        self._frame_times.see(packet)
        key_frame = self._key_frames.add(packet)
        if self._decode_from is not None and packet.size:
            if key_frame != self._decode_from:
                return []
            self._decode_from = None
            self._decoder.flush_buffers()
        if packet.is_corrupt:
            if self._container.format.name == "mpegts":  # gaps are common there, and play
                self._gaps += 1
            else:
                self._damage.append(f"a packet is incomplete at {self._seen_s:.1f} seconds")
        try:
            return self._decoder.decode(packet)
        except av.error.FFmpegError as exc:
            # Files that start in the middle of a group of pictures are common, and lose nothing by it.
            if self._frame_times.began:
                self._damage.append(
                    f"a frame cannot be decoded at {self._seen_s:.1f} seconds ({exc.strerror})"
                )
            return []

    def _mapped(self, frame: av.VideoFrame) -> av.VideoFrame:
        clear_wrong_matrix(frame)
        is_skipped = self._wanted is not None and (frame.pts or 0) < self._wanted
        return frame if is_skipped else self._as_sdr.of(frame)


def _choose_video(path: Path, container: av.container.InputContainer) -> av.VideoStream:
    """Return the first video stream that is not a cover picture."""
    streams = [stream for stream in container.streams.video if not is_cover(stream)]
    if not streams:
        what = "only sound" if container.streams.audio else "no video"
        raise InputError(f"{path} holds {what}; give a file with a video track")
    known = [stream for stream in streams if stream.codec_context is not None]
    if not known:
        raise InputError(f"the video codec of {path} is unknown to this FFmpeg; convert the file first")
    width, height = known[0].codec_context.width, known[0].codec_context.height
    if width * height > MOST_PIXELS:
        raise InputError(
            f"{path} is {width}×{height} pixels, and at most {MOST_PIXELS >> 20} million are handled; "
            f"make it smaller first"
        )
    return known[0]


def _open_decoder(video: av.VideoStream) -> av.VideoCodecContext:
    """Return the decoder of a stream: its own, or the one that knows transparency."""
    context = video.codec_context
    name = _DECODERS_OF_ALPHA.get(context.name)
    if name is not None and video.metadata.get("alpha_mode") == "1":
        context = cast("av.VideoCodecContext", av.CodecContext.create(name, "r"))
    context.options = {"max_pixels": str(MOST_PIXELS)}
    return context


def _origin(container: av.container.InputContainer, streams: list[Stream]) -> Fraction:
    if any(name in container.format.name for name in _FROM_ZERO):
        return Fraction(0)
    starts = [s.start_time * s.time_base for s in streams if s.start_time is not None and s.time_base]
    return min(starts, default=Fraction(0))
