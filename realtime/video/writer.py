"""Write a video file: encoded frames, and the copied packets of other tracks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
from av.stream import Stream

from ..errors import OutputError
from ..frames.gpu_frames import format_on_gpu
from ..frames.side_data import display_matrix
from ..options import Codec, EncoderOptions
from ..stage_times import StageTimes
from .containers import MOV_MUXERS, VIDEO_CODECS, muxer_of, muxer_options, track_tags, write_header
from .encoder import VideoEncoder, encoder_settings
from .encoding import choose_encoding
from .journal import Journal
from .last_packet import LastPacket
from .metadata import lasting, say_what_moves
from .reader import VideoReader
from .segments import Joint
from .stored_packet import bytes_from_packet, packet_from_bytes
from .tracks import TrackCopies

log = logging.getLogger(__name__)


class VideoWriter:
    """An open output file with the same tracks as a reader's. One thread at a time.

    Attributes:
        encoding: How the frames are encoded; `write` takes frames of its pixel format.
        frames: How many frames have been written.
    """

    def __init__(
        self,
        path: Path,
        reader: VideoReader,
        options: EncoderOptions,
        *,
        journal: Journal | None = None,
        times: StageTimes | None = None,
    ) -> None:
        """Open a file, its encoder and its tracks.

        Args:
            path: Where to write; its suffix decides the container.
            reader: The input, for the properties of its tracks.
            options: How to encode.
            journal: Keeps the video as it grows; what it holds already comes first.
            times: Where the stage `encode` is timed.

        Raises:
            OutputError: The container or the encoder cannot do what is asked for.
            CannotResumeError: What the journal holds was encoded otherwise.
        """
        self._times = times or StageTimes()
        self._path = path
        self._journal = journal
        self.frames = 0
        self._last_pts: int | None = None
        muxer = muxer_of(path)
        from_mov = "mov" in reader.container.format.name  # which has the same lengths, right or wrong
        self._last_packet = LastPacket() if muxer in MOV_MUXERS and not from_mov else None
        # A transport stream goes by such a clock itself.
        self._origin = Fraction(0) if muxer == "mpegts" else _origin(reader)
        tags = lasting(reader.container.metadata)
        muxing = muxer_options(muxer, path.suffix, (reader.video, *reader.copied), tags)
        self._to_free = ExitStack()
        self._container = av.open(f"file:{path}", "w", format=muxer, options=muxing)
        try:
            self.encoding = choose_encoding(
                options,
                source_codec=reader.video.codec_context.codec.canonical_name,
                frame=reader.first_frame,
                gpu_format=format_on_gpu(reader.decoded_first),
                storable=VIDEO_CODECS.get(muxer) or {codec.kind for codec in Codec},
                suffix=path.suffix,
            )
            self._encoder = VideoEncoder(encoder_settings(self.encoding, reader, muxer, path.suffix))
            self._to_free.callback(self._encoder.close)
            self._video = self._add_video(reader)
            self._copies = TrackCopies(self._container, reader.copied, reader.covers, path.suffix)
            self._container.metadata.update(tags)
            self._container.set_chapters(reader.container.chapters())
            say_what_moves(reader.container, path.suffix)
            write_header(self._container)
            self._unread = self._packets_kept()
            self._kept = next(self._unread, None)
        except BaseException:
            self._abandon()
            raise

    def __enter__(self) -> VideoWriter:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file, or close it as it is after an error."""
        if kind is None:
            self.close()
        else:
            self._abandon()

    def write(self, item: av.VideoFrame | av.Packet[Stream]) -> None:
        """Encode a frame, or copy a packet of one of the reader's other tracks.

        Of the video itself, packets only tell how far the reader is with what the journal holds.

        Raises:
            OutputError: The encoder refuses the frame, or the file cannot be written to.
        """
        with self._times.measure("encode"), _translated():
            if isinstance(item, av.VideoFrame):
                self._copy_kept(None)
                self._set_time(item)
                self._add(self._encoder.encode(item))
                self.frames += 1
            else:
                if item.dts is not None and item.time_base is not None:
                    self._copy_kept(item.dts * item.time_base - self._origin)
                for packet in self._copies.packets(item, self._origin):
                    self._container.mux(packet)

    def end_segment(self, joint: Joint) -> None:
        """Bring all that was written so far into the journal for good, and encode what follows for itself.

        Raises:
            OutputError: The encoder fails, or the file cannot be written to.
        """
        assert self._journal is not None
        with self._times.measure("encode"), _translated():
            self._add(self._encoder.finish())
            self._journal.end_segment(joint)
            self._encoder.begin_segment()

    def close(self) -> None:
        """Encode what the encoder still holds, and finish the file.

        Raises:
            OutputError: The file cannot be written to.
        """
        with self._to_free, self._times.measure("encode"), _translated():
            self._copy_kept(None)
            self._add(self._encoder.finish())
            for packet in self._copies.rest():
                self._container.mux(packet)
            if self._last_packet is not None:
                self._container.mux(self._last_packet.with_duration())
            self._container.close()

    def _add(self, packets: list[av.Packet[Stream]]) -> None:
        """Write packets of the encoder; with a journal, as they will be when they are read from there."""
        for packet in packets:
            if self._journal is None:
                packet.stream = self._video
                self._mux(packet)
            else:
                stored = bytes_from_packet(packet)
                self._journal.add(stored)
                self._mux(packet_from_bytes(stored, self._video, self._encoder.time_base))

    def _copy_kept(self, until_s: Fraction | None) -> None:
        """Write what the journal held at first, up to a decoding time, or all of it."""
        base = self._encoder.time_base
        while self._kept is not None:
            packet = self._kept
            if until_s is not None and packet.dts is not None and packet.dts * base > until_s:
                return
            self._encoder.follow(packet)
            if packet.pts is not None:
                pts = self._stored_ticks(packet.pts, base)
                self._last_pts = pts if self._last_pts is None else max(self._last_pts, pts)
            self._mux(packet)
            self._kept = next(self._unread, None)

    def _mux(self, packet: av.Packet[Stream]) -> None:
        """Write a packet of the video; the last of an MP4 file is held back."""
        ready = packet if self._last_packet is None else self._last_packet.swapped(packet)
        if ready is not None:
            self._container.mux(ready)

    def _abandon(self) -> None:
        """Close without finishing; what goes wrong on the way adds nothing to the error that led here."""
        try:
            self._container.close()
        except (av.error.FFmpegError, OSError, ValueError) as exc:
            log.debug("closing an unfinished file: %s", exc)
        self._to_free.close()

    def _packets_kept(self) -> Iterator[av.Packet[Stream]]:
        """Yield what the journal holds already, if there is one."""
        if self._journal is None:
            return
        self._journal.settle(self._encoder.extradata)
        if self._journal.joint is not None:
            self.frames = self._journal.joint.frames
            for stored in self._journal.packets():
                yield packet_from_bytes(stored, self._video, self._encoder.time_base)

    def _add_video(self, reader: VideoReader) -> av.VideoStream:
        source, frame = reader.video, reader.first_frame
        stream = self._container.add_stream_from_template(self._encoder.stream, opaque=True)
        assert isinstance(stream, av.VideoStream)
        stream.time_base = self._encoder.time_base
        stream.codec_context.codec_tag = self._encoder.stream.codec_context.codec_tag
        stream.metadata.update(lasting(track_tags(self._container, source)))
        stream.disposition = source.disposition
        matrix = display_matrix(frame)
        if matrix is not None:
            stream.set_display_matrix(matrix)
        elif frame.rotation:
            stream.set_display_rotation(frame.rotation)
        return stream

    def _set_time(self, frame: av.VideoFrame) -> None:
        """Count from the file's beginning, and refuse times that the container would make the same."""
        base, stored = frame.time_base, self._video.time_base
        if frame.pts is None or base is None or stored is None:
            return
        if self._origin:
            frame.pts -= round(self._origin / base)
        if stored <= base:
            return
        pts = self._stored_ticks(frame.pts, base)
        if self._last_pts is not None and pts <= self._last_pts:
            raise OutputError(
                f"frames follow each other faster than the {float(1000 * stored):g} ms that a "
                f"{self._path.suffix} file can tell apart; write .mp4"
            )
        self._last_pts = pts

    def _stored_ticks(self, pts: int, base: Fraction) -> int:
        return round(pts * base / (self._video.time_base or base))


def _origin(reader: VideoReader) -> Fraction:
    """Return when the file begins, or a first frame before that, which players would skip."""
    first = reader.first_frame
    return min(reader.origin, (first.pts or 0) * (first.time_base or Fraction(0)))


@contextmanager
def _translated() -> Iterator[None]:
    """Turn FFmpeg's errors into ours."""
    try:
        yield
    except av.error.ArgumentError as exc:
        raise OutputError(
            f"this file format cannot hold these tracks ({exc.strerror}); write a .mkv file"
        ) from exc
    except av.error.FFmpegError as exc:
        raise OutputError(
            f"writing stopped ({exc.strerror}); make room, or choose another place or --codec"
        ) from exc
