"""Silence for the gaps of uncompressed sound, in files that store how many samples there are and not when."""

from __future__ import annotations

import re
from collections.abc import Iterator

import av
from av.stream import Stream

from ..notes import note
from .containers import codec_name
from .sound import GAP_S

_PCM = re.compile(r"pcm_(?:[suf](?P<bits>8|16|24|32|64)(?:le|be)?|alaw|mulaw)")
_SILENT_BYTES = {"pcm_u8": 0x80, "pcm_alaw": 0xD5, "pcm_mulaw": 0xFF}  # 0 for all others
_PIECE_S = 1
# A time further ahead is of damage rather than of a pause, and silence up to there would fill the disk.
_MOST_S = 3600


class SilenceFiller:
    """Counts the samples of one track, and says what goes into its gaps. Its packets come in order."""

    def __init__(self, source: av.AudioStream) -> None:
        """Begin with the first packet, whose time is stored.

        Args:
            source: A stream of sound that `is_uncompressed`.
        """
        name, context = codec_name(source) or "", source.codec_context
        match = _PCM.fullmatch(name)
        assert match is not None
        self._source = source
        self._rate = context.sample_rate
        self._bytes = int(match["bits"] or 8) // 8 * context.channels  # of all channels at one time
        self._silent = bytes((_SILENT_BYTES.get(name, 0),))
        self._end: int | None = None  # of what came so far, in samples
        self._latest = 0  # time of the last packet, in ticks

    def before(self, packet: av.Packet[Stream]) -> Iterator[av.Packet[Stream]]:
        """Yield silence that fills the gap before a packet, in pieces; nothing where there is none.

        Args:
            packet: As it is written: the silence is of its track and time base.
        """
        assert packet.pts is not None
        assert packet.time_base is not None
        base = packet.time_base * self._rate
        begin = round(packet.pts * base)
        end = begin if self._end is None else self._end
        if begin - end > _MOST_S * self._rate:
            note(
                "audio track %d pauses for %d s at %d s, which cannot be stored; it goes on at once",
                *(self._source.index, (begin - end) // self._rate, end // self._rate),
            )
            end = begin
        elif begin - end > GAP_S * self._rate:
            while end < begin:
                samples = min(begin - end, _PIECE_S * self._rate)
                piece: av.Packet[Stream] = av.Packet(self._silent * (samples * self._bytes))
                piece.stream, piece.time_base = packet.stream, packet.time_base
                # Counted by samples, sound can end before the time that is stored of its last packet.
                piece.pts = piece.dts = max(round(end / base), self._latest + 1)
                piece.duration = round(samples / base)
                yield piece
                end += samples
        self._end, self._latest = end + packet.size // self._bytes, packet.pts


def is_uncompressed(source: Stream) -> bool:
    """Whether a stream is of sound whose packets hold nothing but samples of one size."""
    return (
        isinstance(source, av.AudioStream)
        and _PCM.fullmatch(codec_name(source) or "") is not None
        and bool(source.codec_context.sample_rate and source.codec_context.channels)
    )
