"""Record a live run into a video file that plays even if the process is killed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.stream import Stream

from ..errors import OutputError
from ..options import Codec, EncoderOptions
from ..partial_file import refuse_existing
from ..suffixes import MUXERS
from ..video.containers import VIDEO_CODECS
from ..video.encoding import Encoding, choose_encoding
from .encoded import LiveEncoder, encodable
from .frame import EnhancedFrame
from .sound import Sound

# What is written at least once a second: all but the last second survives whatever happens.
_FRAGMENTS = {
    "movflags": "empty_moov+default_base_moof",
    "frag_duration": "1000000",
    "flush_packets": "1",
}  # µs
_CLUSTERS = {"cluster_time_limit": "1000", "flush_packets": "1"}  # ms
_INTERLEAVED = {"max_interleave_delta": "1000000"}  # µs that a track waits for another to come along
_MUXER_OPTIONS = {
    "mp4": _FRAGMENTS,
    "mov": _FRAGMENTS,
    "3gp": _FRAGMENTS,
    "matroska": _CLUSTERS,
    "webm": _CLUSTERS,
}


class RecordingSink:
    """Encodes every frame with its own time, and the sound; see `Sink` and `SoundSink`.

    Frames of another size are fitted into that of the first. The file grows in pieces that play without an
    end: fragmented MP4, or clusters of Matroska.
    """

    def __init__(self, path: Path, options: EncoderOptions, *, overwrite: bool) -> None:
        """Create the file.

        Raises:
            OutputError: It exists, cannot be written, or has a suffix of no container.
        """
        self.name = str(path)
        self._path = path
        self._options = options
        self._encoder: LiveEncoder | None = None
        self._held: av.Packet[Stream] | None = None
        if path.is_dir():
            raise OutputError(f"{path} is a folder; give the name of a file in it")
        muxer = MUXERS.get(path.suffix.lower())
        if muxer is None:
            raise OutputError(f"no recording is written as '{path.name}'; use .mp4 or .mkv")
        if not overwrite:
            refuse_existing(path)
        self._was_there = path.exists()
        try:
            path.open("ab").close()
        except OSError as exc:
            raise OutputError(f"cannot write {path} ({exc.strerror}); choose another place") from exc
        pieces = _MUXER_OPTIONS.get(muxer, {}) | _INTERLEAVED
        self._container = av.open(f"file:{path}", "w", format=muxer, options=pieces)
        self._open = True

    def show(self, frame: EnhancedFrame) -> None:
        """Encode a frame; see `Sink`."""
        with self._translated():
            if self._encoder is None:
                encoding = self._choose_encoding(encodable(frame.enhanced))
                self._encoder = LiveEncoder(self._container, encoding, frame)
            self._mux(self._encoder.encode(frame))

    def hear(self, sound: Sound) -> None:
        """Encode a piece of sound; see `SoundSink`."""
        with self._translated():
            if self._encoder is not None:
                self._mux(self._encoder.encode_sound(sound))

    def close(self) -> None:
        """Finish the file, or remove it if no frame ever came; see `Sink`."""
        if not self._open:
            return
        self._open = False
        try:
            if self._encoder is not None:
                self._mux(self._encoder.finish())
            if self._held is not None:
                self._container.mux(self._held)
            self._container.close()
        except av.error.FFmpegError as exc:
            raise OutputError(
                f"the end of {self._path} could not be written ({exc.strerror}); make room"
            ) from exc
        if self._encoder is None:
            self._remove()

    def _mux(self, packets: Iterable[av.Packet[Stream]]) -> None:
        """Write packets, those of frames when the next one tells for how long they are shown.

        A piece of MP4 says how long its last frame is, and the next piece begins there.
        """
        for packet in packets:
            ready: av.Packet[Stream] | None = packet
            if isinstance(packet.stream, av.VideoStream):
                ready, self._held = self._held, packet
                if ready is not None:
                    assert ready.dts is not None
                    assert packet.dts is not None
                    ready.duration = packet.dts - ready.dts
            if ready is not None:
                self._container.mux(ready)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn FFmpeg's errors into ours."""
        try:
            yield
        except av.error.FFmpegError as exc:
            raise OutputError(f"recording {self._path} stopped ({exc.strerror}); make room") from exc

    def _remove(self) -> None:
        """Remove the file, which has nothing in it; one that was there before is as it was."""
        if not self._was_there:
            self._path.unlink(missing_ok=True)

    def _choose_encoding(self, first: av.VideoFrame) -> Encoding:
        return choose_encoding(
            self._options,
            source_codec=Codec.H264.value,
            frame=first,
            storable=VIDEO_CODECS.get(self._container.format.name) or {codec.kind for codec in Codec},
            suffix=self._path.suffix,
        )
