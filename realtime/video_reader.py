"""Read a video file: decoded frames of its video, and the packets of the tracks that are copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

import av
from av.stream import Disposition, Stream

from .errors import DamagedInputError, InputError
from .stage_times import StageTimes

Item: TypeAlias = "av.VideoFrame | av.Packet[Stream]"

# FFmpeg's numbers of transfer characteristics (AVColorTransferCharacteristic).
_HDR = {16: "PQ", 18: "HLG"}

# A file that ends so much before what its header states is cut off.
_MISSING_S = 0.5
# So much of a frame must be missing to count: the second field of an interlaced one may have its own time.
_MISSING_FRAMES = 0.75


class VideoReader:
    """An open video file.

    Iterating gives `av.VideoFrame`s, in presentation order and with strictly increasing `pts`, and the
    `av.Packet`s of `copied`, in the order of the file. It ends with `DamagedInputError` where something could
    not be decoded, after all that could. One iteration only, by one thread.

    Attributes:
        video: The stream that is decoded.
        copied: The streams whose packets are handed on.
        first_frame: The first frame, decoded ahead; it comes again in the iteration.
    """

    def __init__(self, path: Path, *, times: StageTimes | None = None) -> None:
        """Open a file and decode its first frame.

        Raises:
            InputError: The file cannot be read, has no video, or is of a kind that is not handled.
        """
        self.path = path
        self._times = times or StageTimes()
        self._container = _open(path)
        try:
            self.video = _choose_video(path, self._container)
            self.copied = [s for s in self._container.streams if s.type in ("audio", "subtitle")]
            self.video.codec_context.thread_type = "AUTO"
            self._only_dts = self._container.format.name == "avi"  # it stores no presentation times
            self._damage: list[str] = []
            self._last_pts: int | None = None
            self._newest_ticks: int | None = None  # of the packets given to the decoder
            self._first_dts: int | None = None
            self._decoder_delay: int | None = None
            self._seen_s = 0.0
            self._ahead: list[Item] = []
            self._rest = self._decode_all()
            self.first_frame = self._find_first_frame()
            _refuse_hdr(path, self.first_frame)
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

    def __iter__(self) -> Iterator[Item]:
        """Yield frames and packets; see the class."""
        while self._ahead:
            yield self._ahead.pop(0)
        while True:
            with self._times.measure("decode"):
                item = next(self._rest, None)
            if item is None:
                break
            yield item
        if self._damage:
            raise DamagedInputError(
                f"{self.path} is damaged: {self._damage[0]}; --keep-partial keeps what decodes"
            )

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
                yield from self._decode(packet)
            elif packet.stream in copied and packet.dts is not None:
                yield packet
        # At the end PyAV drops what comes after an error without a word.
        if self._last_pts is not None and self._newest_ticks is not None:
            missing = self._newest_ticks - self._last_pts
            if missing > _MISSING_FRAMES * self._frame_ticks():
                self._damage.append("its last frames cannot be decoded")
        stated_s = self._stated_end_s()
        if stated_s - self._seen_s > _MISSING_S and self._seen_s > 0:
            self._damage.append(f"it ends after {self._seen_s:.1f} of {stated_s:.1f} seconds")

    def _stated_end_s(self) -> float:
        """Return the end according to the header, or 0 where headers do not tell the truth."""
        duration = self._container.duration or 0
        if "matroska" in self._container.format.name:
            return duration / av.time_base  # counted from 0, not from the first frame
        if "mov" in self._container.format.name:
            return ((self._container.start_time or 0) + duration) / av.time_base
        return 0.0

    def _demux(self) -> Iterator[av.Packet[Stream]]:
        try:
            for packet in self._container.demux():
                end = (packet.pts or 0) + (packet.duration or 0)
                if packet.pts is not None and packet.time_base is not None:
                    self._seen_s = max(self._seen_s, float(end * packet.time_base))
                yield packet
        except av.error.FFmpegError as exc:
            self._damage.append(f"reading stops after {self._seen_s:.1f} seconds ({exc.strerror})")
            flush: av.Packet[Stream] = av.Packet()
            flush.stream = self.video
            yield flush

    def _decode(self, packet: av.Packet[Stream]) -> Iterator[av.VideoFrame]:
        if self._first_dts is None:
            self._first_dts = packet.dts
        ticks = packet.dts if self._only_dts else packet.pts
        if ticks is not None and packet.size and not packet.is_discard:
            self._newest_ticks = ticks if self._newest_ticks is None else max(self._newest_ticks, ticks)
        if packet.is_corrupt:
            self._damage.append(f"a packet is incomplete at {self._seen_s:.1f} seconds")
        try:
            frames = self.video.decode(packet)
        except av.error.FFmpegError as exc:
            # Files that start in the middle of a group of pictures are common, and lose nothing by it.
            if self._last_pts is not None:
                self._damage.append(
                    f"a frame cannot be decoded at {self._seen_s:.1f} seconds ({exc.strerror})"
                )
            return
        for frame in frames:
            self._set_pts(frame)
            yield frame

    def _set_pts(self, frame: av.VideoFrame) -> None:
        """Give a frame without a usable timestamp the next one that fits."""
        step = frame.duration or self._frame_ticks()
        if self._only_dts:
            frame.pts = self._pts_from_dts(frame)
        if frame.pts is None:
            frame.pts = 0 if self._last_pts is None else self._last_pts + step
        elif self._last_pts is not None and frame.pts <= self._last_pts:
            frame.pts = self._last_pts + 1
        self._last_pts = frame.pts

    def _pts_from_dts(self, frame: av.VideoFrame) -> int | None:
        """Return when a frame is shown, from when its decoding began: as much later for all."""
        if frame.dts is None or self._first_dts is None:
            return None
        if self._decoder_delay is None:
            self._decoder_delay = frame.dts - self._first_dts
        return frame.dts - self._decoder_delay

    def _frame_ticks(self) -> int:
        rate, time_base = self.video.average_rate, self.video.time_base
        return max(1, round(1 / (rate * time_base))) if rate and time_base else 1


def _open(path: Path) -> av.container.InputContainer:
    try:
        # The prefix keeps a name like "http:x.mp4" a name, the list keeps playlists from opening addresses.
        return av.open(f"file:{path}", options={"protocol_whitelist": "file"}, metadata_errors="replace")
    except FileNotFoundError as exc:
        raise InputError(f"{path} does not exist; check the name") from exc
    except PermissionError as exc:
        raise InputError(f"{path} cannot be read (permission denied); check its access rights") from exc
    except (av.error.FFmpegError, ValueError) as exc:
        reason = "the file is empty" if path.stat().st_size == 0 else getattr(exc, "strerror", None) or exc
        raise InputError(f"{path} is not a video that can be read ({reason})") from exc


def _choose_video(path: Path, container: av.container.InputContainer) -> av.VideoStream:
    """Return the first video stream that is not a cover picture."""
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        what = "only sound" if container.streams.audio else "no video"
        raise InputError(f"{path} holds {what}; give a file with a video track")
    if streams[0].codec_context is None:
        raise InputError(f"the video codec of {path} is unknown to this FFmpeg; convert the file first")
    return streams[0]


def _refuse_hdr(path: Path, frame: av.VideoFrame) -> None:
    transfer = _HDR.get(int(frame.color_trc))
    if transfer:
        raise InputError(
            f"{path} is HDR video ({transfer}), which would come out wrong; convert it to SDR (BT.709) first"
        )
