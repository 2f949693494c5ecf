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

from .encoders import choose_encoding
from .errors import OutputError
from .frames import display_matrix, has_rgb_samples, yuv_tags_for_rgb
from .options import Codec, EncoderOptions
from .stage_times import StageTimes
from .video_reader import VideoReader

log = logging.getLogger(__name__)

_COLOUR_TAGS = ("color_range", "colorspace", "color_primaries", "color_trc")
_MOV_SUFFIXES = (".mp4", ".mov", ".m4v")
# What a transport stream can hold, which FFmpeg does not tell.
_TRANSPORT_STREAM_CODECS = {
    "h264", "hevc", "aac", "ac3", "eac3", "dts", "truehd", "mp2", "mp3", "opus", "pcm_bluray",
    "dvb_subtitle", "dvb_teletext", "hdmv_pgs_subtitle",
}  # fmt: skip
_MOST_UNITS = 2**31 - 1  # movie units a second, a limit of the file format


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
        self.frames = 0
        try:
            self._container = av.open(str(path), "w", options=_container_options(path, reader))
        except ValueError as exc:
            raise OutputError(
                f"no container is known for the suffix '{path.suffix}'; use .mp4 or .mkv"
            ) from exc
        try:
            storable = self._container.supported_codecs
            if self._container.format.name == "mpegts":
                storable = _TRANSPORT_STREAM_CODECS
            self.encoding = choose_encoding(
                options,
                source_codec=reader.video.codec_context.codec.canonical_name,
                frame=reader.first_frame,
                storable=storable or {codec.value for codec in Codec},
                suffix=path.suffix,
            )
            self._video = self._add_video(reader)
            self._copies = self._add_copies(reader, storable, path.suffix)
            self._container.metadata.update(reader.container.metadata)
            self._container.set_chapters(reader.container.chapters())
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
                self._container.mux(self._video.encode(item))
                self.frames += 1
            elif item.stream in self._copies:
                item.stream = self._copies[item.stream]
                self._container.mux(item)

    def close(self) -> None:
        """Encode what the encoder still holds, and finish the file.

        Raises:
            OutputError: The file cannot be written to.
        """
        with self._times.measure("encode"), _translated():
            self._container.mux(self._video.encode(None))
            self._container.close()

    def _abandon(self) -> None:
        """Close without finishing; what goes wrong on the way adds nothing to the error that led here."""
        try:
            self._container.close()
        except (av.error.FFmpegError, OSError, ValueError) as exc:
            log.debug("closing an unfinished file: %s", exc)

    def _add_video(self, reader: VideoReader) -> av.VideoStream:
        source, frame = reader.video, reader.first_frame
        rate = source.average_rate or source.guessed_rate or Fraction(25)
        stream = self._container.add_stream(self.encoding.encoder, rate=rate, options=self.encoding.options)
        assert isinstance(stream, av.VideoStream)
        context = stream.codec_context
        context.width, context.height = frame.width, frame.height
        context.pix_fmt = self.encoding.pixel_format
        context.time_base = stream.time_base = source.time_base or 1 / rate
        if source.sample_aspect_ratio:
            context.sample_aspect_ratio = source.sample_aspect_ratio
        for tag in _COLOUR_TAGS:
            setattr(context, tag, getattr(source.codec_context, tag))
        if has_rgb_samples(frame):
            context.colorspace, context.color_range = yuv_tags_for_rgb(frame.height)
        stream.metadata.update(source.metadata)
        stream.disposition = source.disposition
        matrix = display_matrix(frame)
        if matrix is not None:
            stream.set_display_matrix(matrix)
        return stream

    def _add_copies(self, reader: VideoReader, storable: set[str], suffix: str) -> dict[Stream, Stream]:
        """Add the tracks that are copied; those that the container cannot hold are left out, and said so."""
        copies: dict[Stream, Stream] = {}
        for source in reader.copied:
            codec = source.codec_context.codec.canonical_name if source.codec_context else None
            if codec is None:
                log.warning("%s track %d has an unknown codec and is left out", source.type, source.index)
                continue
            if storable and codec not in storable:
                log.warning(
                    "%s track %d (%s) cannot be stored in a %s file and is left out; write %s to keep it",
                    *(source.type, source.index, codec, suffix, ".mp4" if suffix == ".mkv" else ".mkv"),
                )
                continue
            copies[source] = self._container.add_stream_from_template(source)
            copies[source].metadata.update(source.metadata)
            copies[source].disposition = source.disposition
        return copies

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


def _container_options(path: Path, reader: VideoReader) -> dict[str, str]:
    """Choose the options of an MP4 file; others have none.

    The index goes in front, so that players and browsers start at once. The start of each track is stored in
    units of the movie: milliseconds by default, which would move sound against picture, so one is chosen that
    fits all tracks.
    """
    if path.suffix.lower() not in _MOV_SUFFIXES:
        return {}
    bases = [stream.time_base.denominator for stream in (reader.video, *reader.copied) if stream.time_base]
    units = lcm(*bases)
    return {"movflags": "+faststart"} | ({"movie_timescale": str(units)} if units <= _MOST_UNITS else {})


@contextmanager
def _translated() -> Iterator[None]:
    """Turn FFmpeg's errors into ours."""
    try:
        yield
    except av.error.FFmpegError as exc:
        raise OutputError(
            f"writing stopped ({exc.strerror}); make room, or choose another place or --codec"
        ) from exc
