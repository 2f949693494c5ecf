"""Write a video file: encoded frames, and the copied packets of other tracks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from math import lcm
from pathlib import Path
from types import TracebackType

import av
from av.stream import Stream

from .containers import MOV_MUXERS, VIDEO_CODECS, muxer_of
from .conversion import has_rgb_samples, yuv_tags_for_rgb
from .encoders import choose_encoding
from .errors import OutputError
from .frames import COLOUR_TAGS, LIMITED_RANGE, display_matrix
from .last_packet import LastPacket
from .movie_tags import needs_keys
from .notes import note
from .options import Codec, EncoderOptions
from .stage_times import StageTimes
from .tracks import TrackCopies
from .video_reader import VideoReader

log = logging.getLogger(__name__)

_MOST_UNITS = 2**31 - 1  # movie units a second, a limit of the file format
_FIELD_ORDERS = {2: "tt", 3: "bb", 4: "tb", 5: "bt"}  # AVFieldOrder
# These say the shape of their pixels themselves; of others, PyAV does not tell the Matroska muxer.
_SAY_ASPECT = ("h264", "hevc", "ffv1")
# What no longer holds of the new file.
_OUTDATED = ("encoder", "major_brand", "minor_version", "compatible_brands", "alpha_mode")
_STATISTICS = ("BPS", "DURATION", "NUMBER_OF_", "_STATISTICS")


class VideoWriter:
    """An open output file with the same tracks as a reader's. One thread at a time.

    Attributes:
        encoding: How the frames are encoded; `write` takes frames of its pixel format.
        frames: How many frames have been written.
    """

    def __init__(
        self, path: Path, reader: VideoReader, options: EncoderOptions, *, times: StageTimes | None = None
    ) -> None:
        """Open a file, its encoder and its tracks.

        Args:
            path: Where to write; its suffix decides the container.
            reader: The input, for the properties of its tracks.
            options: How to encode.
            times: Where the stage `encode` is timed.

        Raises:
            OutputError: The container or the encoder cannot do what is asked for.
        """
        self._times = times or StageTimes()
        self._path = path
        self.frames = 0
        self._last_pts: int | None = None
        muxer = muxer_of(path)
        from_mov = "mov" in reader.container.format.name  # which has the same lengths, right or wrong
        self._last_packet = LastPacket() if muxer in MOV_MUXERS and not from_mov else None
        # A transport stream goes by such a clock itself.
        self._origin = Fraction(0) if muxer == "mpegts" else _origin(reader)
        self._container = av.open(
            f"file:{path}", "w", format=muxer, options=_container_options(muxer, reader)
        )
        try:
            self.encoding = choose_encoding(
                options,
                source_codec=reader.video.codec_context.codec.canonical_name,
                frame=reader.first_frame,
                storable=VIDEO_CODECS.get(muxer) or {codec.kind for codec in Codec},
                suffix=path.suffix,
            )
            self._video = self._add_video(reader)
            self._copies = TrackCopies(self._container, reader.copied, reader.covers, path.suffix)
            self._container.metadata.update(_lasting(reader.container.metadata))
            self._container.set_chapters(reader.container.chapters())
            self._say_what_moves(reader)
            self._start()
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

        Raises:
            OutputError: The encoder refuses the frame, or the file cannot be written to.
        """
        with self._times.measure("encode"), _translated():
            if isinstance(item, av.VideoFrame):
                self._set_time(item)
                self._mux(self._video.encode(item))
                self.frames += 1
            else:
                for packet in self._copies.packets(item, self._origin):
                    self._container.mux(packet)

    def close(self) -> None:
        """Encode what the encoder still holds, and finish the file.

        Raises:
            OutputError: The file cannot be written to.
        """
        with self._times.measure("encode"), _translated():
            self._mux(self._video.encode(None))
            for packet in self._copies.rest():
                self._container.mux(packet)
            if self._last_packet is not None:
                self._container.mux(self._last_packet.with_duration())
            self._container.close()

    def _mux(self, packets: list[av.Packet[Stream]]) -> None:
        """Write packets of the video, all but the last of an MP4 file, which is held back."""
        for packet in packets:
            ready = packet if self._last_packet is None else self._last_packet.swapped(packet)
            if ready is not None:
                self._container.mux(ready)

    def _abandon(self) -> None:
        """Close without finishing; what goes wrong on the way adds nothing to the error that led here."""
        try:
            self._container.close()
        except (av.error.FFmpegError, OSError, ValueError) as exc:
            log.debug("closing an unfinished file: %s", exc)

    def _add_video(self, reader: VideoReader) -> av.VideoStream:
        source, frame = reader.video, reader.first_frame
        rate = source.average_rate or source.guessed_rate or Fraction(25)
        options = self.encoding.options | self._field_options(reader)
        stream = self._container.add_stream(self.encoding.encoder, rate=rate, options=options)
        assert isinstance(stream, av.VideoStream)
        context = stream.codec_context
        context.width, context.height = frame.width, frame.height
        context.pix_fmt = self.encoding.inner_format
        context.time_base = stream.time_base = source.time_base or 1 / rate
        self._set_aspect(context, source.sample_aspect_ratio)
        for tag in COLOUR_TAGS:
            setattr(context, tag, getattr(frame, tag))
        if has_rgb_samples(frame):
            context.colorspace, context.color_range = yuv_tags_for_rgb(frame.height)
        if self.encoding.limited_range:
            context.color_range = LIMITED_RANGE
        if self._container.format.name in MOV_MUXERS and context.codec.canonical_name == "hevc":
            context.codec_tag = "hvc1"  # Apple's players take no other
        stream.metadata.update(_lasting(source.metadata))
        stream.disposition = source.disposition
        matrix = display_matrix(frame)
        if matrix is not None:
            stream.set_display_matrix(matrix)
        elif frame.rotation:
            stream.set_display_rotation(frame.rotation)
        return stream

    def _field_options(self, reader: VideoReader) -> dict[str, str]:
        """Return options that keep the durations of frames, and the fields of interlaced video."""
        flags = "+frame_duration"
        if not reader.first_frame.interlaced_frame:
            return {"flags": flags}
        if self.encoding.fields:
            flags += "+ildct+ilme"
        else:
            note(
                "%s is interlaced, and %s encodes whole frames: the fields stay, but players may not know",
                *(reader.path, self.encoding.encoder),
            )
        # Only some decoders know it, and not every PyAV tells.
        order = _FIELD_ORDERS.get(getattr(reader.video.codec_context, "field_order", 0))
        return {"flags": flags} | ({"field_order": order} if order else {})

    def _set_aspect(self, context: av.VideoCodecContext, aspect: Fraction | None) -> None:
        if not aspect:
            return
        kind = context.codec.canonical_name
        if aspect != 1 and self._container.format.name in ("matroska", "webm") and kind not in _SAY_ASPECT:
            raise OutputError(
                f"pixels of {aspect.numerator}:{aspect.denominator} cannot be stored with {kind} in a "
                f"{self._path.suffix} file; write .mp4 or .mov, or choose --codec h264 and .mkv"
            )
        context.sample_aspect_ratio = aspect

    def _say_what_moves(self, reader: VideoReader) -> None:
        codes = [s.index for s in reader.container.streams if s.type == "data" and "timecode" in s.metadata]
        if codes and self._container.format.name not in MOV_MUXERS:  # which make a track of the tag
            note("data track %d, a time code, is kept as the tag 'timecode' alone", codes[0])

    def _set_time(self, frame: av.VideoFrame) -> None:
        """Count from the file's beginning, and refuse times that the container would make the same."""
        base, stored = frame.time_base, self._video.time_base
        if frame.pts is None or base is None or stored is None:
            return
        if self._origin:
            frame.pts -= round(self._origin / base)
        if stored <= base:
            return
        pts = round(frame.pts * base / stored)
        if self._last_pts is not None and pts <= self._last_pts:
            raise OutputError(
                f"frames follow each other faster than the {float(1000 * stored):g} ms that a "
                f"{self._path.suffix} file can tell apart; write .mp4"
            )
        self._last_pts = pts

    def _start(self) -> None:
        """Open the encoder and write the header, so that what cannot work fails before the work."""
        try:
            self._video.codec_context.open()
        except av.error.FFmpegError as exc:
            settings = " ".join(f"{name}={value}" for name, value in self.encoding.options.items())
            size = f"{self._video.codec_context.width}x{self._video.codec_context.height}"
            raise OutputError(
                f"{self.encoding.encoder} refuses {size} {self.encoding.pixel_format} with {settings} "
                f"({exc.strerror}); change --preset, --crf or --codec"
            ) from exc
        try:
            self._container.start_encoding()
        except av.error.FFmpegError as exc:
            raise OutputError(
                f"this file format cannot hold these tracks ({exc.strerror}); write a .mkv file"
            ) from exc


def _origin(reader: VideoReader) -> Fraction:
    """Return when the file begins, or a first frame before that, which players would skip."""
    first = reader.first_frame
    return min(reader.origin, (first.pts or 0) * (first.time_base or Fraction(0)))


def _container_options(muxer: str, reader: VideoReader) -> dict[str, str]:
    """Choose the options of an MP4 file; others have none.

    The index goes in front, so that players and browsers start at once. The start of each track is stored in
    units of the movie: milliseconds by default, which would move sound against picture, so one is chosen that
    fits all tracks.
    """
    if muxer not in MOV_MUXERS:
        return {}
    bases = [stream.time_base.denominator for stream in (reader.video, *reader.copied) if stream.time_base]
    units = lcm(*bases)
    keys = "+use_metadata_tags" if needs_keys(muxer, _lasting(reader.container.metadata)) else ""
    return {"movflags": f"+faststart{keys}"} | (
        {"movie_timescale": str(units)} if units <= _MOST_UNITS else {}
    )


def _lasting(metadata: dict[str, str]) -> dict[str, str]:
    """Leave out what described the old file alone."""
    return {
        name: value
        for name, value in metadata.items()
        if name.lower() not in _OUTDATED and not name.startswith(_STATISTICS)
    }


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
