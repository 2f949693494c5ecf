"""The tracks that are copied as they are: sound, subtitles, further videos, data, attachments and covers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import cast

import av
from av.stream import Discard, Stream

from ..notes import note
from .containers import MOV_MUXERS, add_copy, can_hold, codec_name, container_for, is_cover
from .silence import SilenceFiller, is_uncompressed
from .sound import SoundTrack

_MOST_PRIMING_S = 0.2
# More ticks than muxers take for how long a packet lasts; subtitles that stay until the next are written so.
_ENDLESS = 2**31 - 1

# The names and types under which Matroska attaches a cover.
_COVERS = {
    "mjpeg": ("cover.jpg", "image/jpeg"),
    "png": ("cover.png", "image/png"),
    "webp": ("cover.webp", "image/webp"),
    "gif": ("cover.gif", "image/gif"),
    "bmp": ("cover.bmp", "image/bmp"),
}


def tracks_to_copy(container: av.container.InputContainer, video: Stream) -> list[Stream]:
    """List the streams beside the enhanced one that hold something of their own.

    Tracks of chapter titles and time codes are left out: these are copied as chapters and metadata.
    """
    return [
        stream
        for stream in container.streams
        if stream is not video
        and stream.discard != Discard.all
        and not (stream.type == "data" and "timecode" in stream.metadata)
    ]


class TrackCopies:
    """The tracks of an output that packets are copied to."""

    def __init__(
        self,
        output: av.container.OutputContainer,
        sources: Iterable[Stream],
        covers: Mapping[Stream, bytes],
        suffix: str,
    ) -> None:
        """Add the tracks; what the container cannot hold is left out, and said so.

        Args:
            output: The open file.
            sources: The streams to copy.
            covers: The pictures of those that are covers.
            suffix: The output's suffix, which says what kind of file it is.
        """
        self._tracks: dict[Stream, Stream] = {}
        self._sounds: dict[Stream, SoundTrack] = {}
        self._fillers: dict[Stream, SilenceFiller] = {}
        self._newest: dict[Stream, tuple[int, int]] = {}  # decoding time and duration of the last packet
        self._trimmed: dict[Stream, bool] = {}  # whether what lies before 0 goes, by track
        self._suffix = suffix
        muxer = output.format.name
        self._is_matroska = muxer in ("matroska", "webm")
        self._drops_empty = muxer in MOV_MUXERS
        for source in sources:
            name = codec_name(source)
            if muxer == "matroska" and source in covers and name in _COVERS:
                output.add_attachment(*_COVERS[name], covers[source])
            elif can_hold(suffix, source):
                self._tracks[source] = add_copy(output, source)
                if muxer in MOV_MUXERS and isinstance(source, av.AudioStream) and is_uncompressed(source):
                    self._fillers[source] = SilenceFiller(source)
            elif not self._encode_anew(output, source, suffix):
                _say_left_out(source, name, suffix)

    def packets(self, packet: av.Packet[Stream], origin: Fraction) -> Iterator[av.Packet[Stream]]:
        """Yield what the output gets for a packet: itself, what it was encoded to, or nothing.

        Args:
            packet: As it was read; it is changed.
            origin: What to subtract from its times, in seconds.
        """
        source = packet.stream
        if source in self._tracks:
            is_discard = packet.is_discard
            packet = self._copied(packet, origin)
            if source in self._fillers:
                yield from self._fillers[source].before(packet)
            if source.type != "audio" or not self._is_cut(packet, source, is_discard=is_discard):
                yield packet
        elif source in self._sounds:
            yield from self._sounds[source].encoded(packet, origin)

    def rest(self) -> Iterator[av.Packet[Stream]]:
        """Yield what encoders still hold, and say which tracks stayed empty where that drops them."""
        for sound in self._sounds.values():
            yield from sound.encoded(None, Fraction(0))
        for source in self._tracks if self._drops_empty else ():
            if source not in self._newest:
                note(
                    "%s track %d is empty, which a %s file cannot store, and is left out",
                    *(source.type, source.index, self._suffix),
                )

    def _encode_anew(self, output: av.container.OutputContainer, source: Stream, suffix: str) -> bool:
        """Add a track for sound that is to be encoded anew, and say so; return whether it can be."""
        if not isinstance(source, av.AudioStream) or codec_name(source) is None:
            return False
        try:
            sound = SoundTrack(output, source)
        except ValueError:
            return False
        self._sounds[source] = sound
        note(
            "audio track %d (%s) cannot be stored in a %s file and is encoded anew, with %s",
            *(source.index, codec_name(source), suffix, sound.codec),
        )
        return True

    def _is_cut(self, packet: av.Packet[Stream], source: Stream, *, is_discard: bool) -> bool:
        """Whether to leave out a packet of sound, lest Matroska moves the whole film to keep it.

        What an edit list hides lies before 0; encoders of sound begin with a little that is not to be heard.
        """
        if not self._is_matroska or packet.pts is None or packet.time_base is None:
            return False
        # Matroska notes how much is not to be heard of Opus, and of what it has held before.
        if codec_name(source) == "opus" or "matroska" in source.container.format.name:
            return False
        if is_discard and packet.pts + (packet.duration or 0) < 0:
            return True
        if source not in self._trimmed:
            self._trimmed[source] = -_MOST_PRIMING_S <= packet.pts * packet.time_base < 0
            if self._trimmed[source]:
                note(
                    "audio track %d begins %d ms before 0, which a %s file cannot store, and is cut there",
                    *(source.index, round(-1000 * packet.pts * packet.time_base), self._suffix),
                )
        if not self._trimmed[source] or packet.pts >= 0:
            return False
        if -2 * packet.pts > (packet.duration or 0):
            return True
        packet.pts = packet.dts = 0
        return False

    def _copied(self, packet: av.Packet[Stream], origin: Fraction) -> av.Packet[Stream]:
        source = packet.stream
        if not self._is_matroska and isinstance(source, av.AudioStream):
            _count_samples(packet, source.codec_context.sample_rate)
        if packet.dts is None:
            last, duration = self._newest.get(source, (0, 0))
            packet.dts = packet.pts if packet.pts is not None else last + duration
        if packet.pts is None:
            packet.pts = packet.dts
        if origin and packet.time_base:
            ticks = round(origin / packet.time_base)
            packet.dts, packet.pts = packet.dts - ticks, packet.pts - ticks
        if source in self._newest and source.type != "subtitle":
            # Other muxers than that of Matroska refuse times that stand still.
            packet.dts = max(packet.dts, self._newest[source][0] + (0 if self._is_matroska else 1))
            packet.pts = max(packet.pts, packet.dts)
        if (packet.duration or 0) >= _ENDLESS:
            packet.duration = 0
        if not packet.duration and source in self._newest and not self._is_matroska:
            packet.duration = packet.dts - self._newest[source][0]  # MP4 files drop a last one without
        _end_with_track(packet, source, origin)
        self._newest[source] = (packet.dts, packet.duration or 0)
        packet.stream = self._tracks[source]
        return packet


def _count_samples(packet: av.Packet[Stream], rate: int) -> None:
    """Count the time of a packet of sound in samples, if it is counted more coarsely.

    Some codecs have several packets in a millisecond, which Matroska counts in.
    """
    base = packet.time_base
    if not rate or not base or base <= Fraction(1, rate):
        return
    ratio = base * rate
    packet.time_base = Fraction(1, rate)
    packet.duration = round((packet.duration or 0) * ratio)
    if packet.pts is not None:
        packet.pts = round(packet.pts * ratio)
    if packet.dts is not None:
        packet.dts = round(packet.dts * ratio)


def _end_with_track(packet: av.Packet[Stream], source: Stream, origin: Fraction) -> None:
    """Shorten a last packet whose duration was only guessed to the end of its track, where that is known."""
    end, base = _end_of(source), packet.time_base
    if end is None or not base or not packet.duration or packet.pts is None:
        return
    left = round((end - origin) / base) - packet.pts
    if 0 <= left < packet.duration:
        packet.duration = max(left, 1)


def _end_of(source: Stream) -> Fraction | None:
    """Return when a track ends at the latest, in seconds, if its file tells."""
    container, base = cast("av.container.InputContainer", source.container), source.time_base
    if source.duration is not None and source.start_time is not None and base:
        return (source.start_time + source.duration) * base
    if "matroska" in container.format.name and container.duration:  # which counts from 0
        return Fraction(container.duration, av.time_base)
    return None


def _say_left_out(source: Stream, name: str | None, suffix: str) -> None:
    what = "cover" if source.type == "video" and is_cover(source) else source.type
    if name is None and source.type != "data":
        note("%s track %d has an unknown codec and is left out", what, source.index)
        return
    other = ".mkv" if what == "cover" else container_for(source)
    note(
        "%s track %d (%s) cannot be stored in a %s file and is left out%s",
        *(
            what,
            source.index,
            name or "of a kind of its own",
            suffix,
            f"; write {other} to keep it" if other else "",
        ),
    )
