"""Read a video file: decoded frames of its video, and the packets of the tracks that are copied."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import TypeAlias, cast

import av
from av.stream import Stream

from ..errors import DamagedInputError, InputError
from ..frames.conversion import as_by_software
from ..frames.gpu_frames import GpuContext
from ..frames.hdr import AsSdr
from ..frames.picture import clear_wrong_matrix
from ..notes import note
from ..stage_times import StageTimes
from .clock_jumps import ClockJumps
from .containers import is_cover, open_input
from .damage import missing_end
from .decoders import choose_video, counts_from_zero, open_decoder, origin_of
from .frame_times import FrameTimes
from .key_frames import KeyFrame, KeyFrames
from .tracks import tracks_to_copy

Item: TypeAlias = "av.VideoFrame | av.Packet[Stream]"


class VideoReader:
    """An open video file.

    Iterating gives `av.VideoFrame`s, in presentation order and with strictly increasing `pts`, and the
    `av.Packet`s of `copied`, in the order of the file. It ends with `DamagedInputError` where something could
    not be decoded, after all that could. One iteration only, by one thread.

    After `skip_to`, it begins with the frame that is asked for. Until then, it gives the packets of the video
    in place of frames, for who wants to know how far it is.

    Attributes:
        gpu: Makes the CUDA context current in which frames are decoded; None for software.
        video: The stream that is decoded.
        copied: The streams whose packets are handed on.
        first_frame: The first frame, decoded ahead; it comes again in the iteration. On the host, and as
            software decodes it.
        decoded_first: The same as it was decoded, maybe on a GPU.
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
        gpu: GpuContext | None = None,
    ) -> None:
        """Open a file and decode its first frame.

        Args:
            path: The file.
            keep_partial: Lose nothing that can be decoded around what cannot; this is slower.
            tonemap: Turn HDR frames into SDR ones.
            times: Where the stage `decode` is timed.
            gpu: Makes the CUDA context current in which NVDEC is to decode; frames stay there, if it takes
                them. None to decode in software.

        Raises:
            InputError: The file cannot be read, has no video, or is of a kind that is not handled.
        """
        self.path = path
        self.gpu = gpu
        self._times = times or StageTimes()
        self._as_sdr = AsSdr(path, tonemap=tonemap)
        self._ahead: list[Item] = []
        self._rest = self._decode_all()
        self._container = open_input(path, gpu=gpu)
        try:
            self.video = choose_video(path, self._container)
            self.copied = tracks_to_copy(self._container, self.video)
            self.origin = origin_of(self._container, [self.video, *self.copied])
            self._decoder = open_decoder(self.video, whole_threads=not keep_partial and gpu is None)
            self._by = "" if gpu is None else " by NVDEC"
            self._frame_times = FrameTimes(self.video, only_dts=self._container.format.name == "avi")
            self._jumps = ClockJumps(self._container.format.name)
            self._keep_partial = keep_partial
            self._key_frames = KeyFrames()
            self._wanted: int | None = None  # the time of the frame to begin with, until it is there
            self._decode_from: KeyFrame | None = None  # until it is there
            self._damage: list[str] = []
            self._gaps = 0
            self._seen_s = 0.0
            self.decoded_first = self._find_first_frame()
            self.first_frame = as_by_software(self.decoded_first)
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
        """Close the file; may be called again.

        What is decoded is let go of at once: memory of a GPU is not what a collector of garbage looks at.
        """
        self._rest.close()
        self._ahead.clear()
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
        if self._keep_partial or not counts_from_zero(self._container):
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

    def _decode_all(self) -> Generator[Item, None, None]:
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
                    f"a frame cannot be decoded{self._by} at {self._seen_s:.1f} seconds ({exc.strerror})"
                )
            return []

    def _mapped(self, frame: av.VideoFrame) -> av.VideoFrame:
        clear_wrong_matrix(frame)
        is_skipped = self._wanted is not None and (frame.pts or 0) < self._wanted
        return frame if is_skipped else self._as_sdr.of(frame)
