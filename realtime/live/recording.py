"""Record a live run into a video file that plays even if the process is killed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av

from ..conversion import converted, has_rgb_samples
from ..encoders import choose_encoding
from ..errors import OutputError
from ..options import Codec, EncoderOptions
from .frame import EnhancedFrame

_TIME_BASE = Fraction(1, 90000)
_NOMINAL_FPS = 30  # for the encoder's rate control alone; every frame has its own time
# What is written at least once a second: all but the last second survives whatever happens.
_FRAGMENTS = {
    "movflags": "empty_moov+default_base_moof",
    "frag_duration": "1000000",
    "flush_packets": "1",
}  # µs
_CLUSTERS = {"cluster_time_limit": "1000", "flush_packets": "1"}  # ms
_CONTAINER_OPTIONS = {
    ".mp4": _FRAGMENTS,
    ".mov": _FRAGMENTS,
    ".m4v": _FRAGMENTS,
    ".mkv": _CLUSTERS,
    ".webm": _CLUSTERS,
}
_TRANSPORT_STREAM_CODECS = {"h264", "hevc"}  # which FFmpeg does not tell
_COLOUR_TAGS = ("color_range", "colorspace", "color_primaries", "color_trc")


class RecordingSink:
    """Encodes every frame with its own time; frames of another size are scaled to that of the first.

    See `Sink`. The file grows in pieces that play without an end: fragmented MP4, or clusters of Matroska.
    """

    def __init__(self, path: Path, options: EncoderOptions, *, overwrite: bool) -> None:
        """Create the file.

        Raises:
            OutputError: It exists, cannot be written, or has a suffix of no container.
        """
        self.name = str(path)
        self._path = path
        self._options = options
        self._stream: av.VideoStream | None = None
        self._pixel_format = ""
        self._first_s = 0.0
        if path.is_dir():
            raise OutputError(f"{path} is a folder; give the name of a file in it")
        if path.exists() and not overwrite:
            raise OutputError(f"{path} exists; add --overwrite to replace it, or choose another name")
        self._was_there = path.exists()
        try:
            path.open("ab").close()
        except OSError as exc:
            raise OutputError(f"cannot write {path} ({exc.strerror}); choose another place") from exc
        try:
            pieces = _CONTAINER_OPTIONS.get(path.suffix.lower(), {})
            self._container = av.open(f"file:{path}", "w", options=pieces)
        except ValueError as exc:
            self._remove()
            raise OutputError(
                f"no container is known for the suffix '{path.suffix}'; use .mp4 or .mkv"
            ) from exc
        self._open = True

    def show(self, frame: EnhancedFrame) -> None:
        """Encode a frame; see `Sink`."""
        video = frame.enhanced
        if has_rgb_samples(video):
            video = converted(video, "yuv420p", (video.width, video.height))
        try:
            if self._stream is None:
                self._first_s = frame.time_s
                self._stream = self._add_stream(video)
            context = self._stream.codec_context
            video = converted(video, self._pixel_format, (context.width, context.height))
            video.pict_type = 0  # the encoder is to choose for itself
            video.time_base = _TIME_BASE
            video.pts = round((frame.time_s - self._first_s) / _TIME_BASE)
            self._container.mux(self._stream.encode(video))
        except av.error.FFmpegError as exc:
            raise OutputError(f"recording {self._path} stopped ({exc.strerror}); make room") from exc

    def close(self) -> None:
        """Finish the file, or remove it if no frame ever came; see `Sink`."""
        if not self._open:
            return
        self._open = False
        try:
            if self._stream is not None:
                self._container.mux(self._stream.encode(None))
            self._container.close()
        except av.error.FFmpegError as exc:
            raise OutputError(
                f"the end of {self._path} could not be written ({exc.strerror}); make room"
            ) from exc
        if self._stream is None:
            self._remove()

    def _remove(self) -> None:
        """Remove the file, which has nothing in it; one that was there before is as it was."""
        if not self._was_there:
            self._path.unlink(missing_ok=True)

    def _add_stream(self, first: av.VideoFrame) -> av.VideoStream:
        storable = self._container.supported_codecs
        if self._container.format.name == "mpegts":
            storable = _TRANSPORT_STREAM_CODECS
        encoding = choose_encoding(
            self._options,
            source_codec=Codec.H264.value,
            frame=first,
            storable=storable or {codec.value for codec in Codec},
            suffix=self._path.suffix,
        )
        stream = self._container.add_stream(encoding.encoder, rate=_NOMINAL_FPS, options=encoding.options)
        assert isinstance(stream, av.VideoStream)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = first.width, first.height, encoding.inner_format
        context.time_base = stream.time_base = _TIME_BASE
        for tag in _COLOUR_TAGS:
            setattr(context, tag, getattr(first, tag))
        self._pixel_format = encoding.pixel_format
        self._container.start_encoding()
        return stream
