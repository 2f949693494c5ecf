"""Packets of an encoder as bytes: to be kept, and made again."""

from __future__ import annotations

import struct
from fractions import Fraction

import av
from av.packet import PacketSideData, packet_sidedata_type_from_literal
from av.stream import Stream

_HEAD = struct.Struct("<qqq?B")  # pts, dts, duration, whether it is a key frame, pieces of side data
_PIECE = struct.Struct("<BI")  # bytes of its name, and of itself
_NONE = -(1 << 63)
_FOR_NOBODY = ("quality_stats",)  # what encoders tell of themselves, and no container stores


def bytes_from_packet(packet: av.Packet[Stream]) -> bytes:
    """Return all of a packet that a container stores."""
    pieces = [piece for piece in packet.iter_sidedata() if piece.data_type not in _FOR_NOBODY]
    times = (_NONE if ticks is None else ticks for ticks in (packet.pts, packet.dts, packet.duration))
    parts = [_HEAD.pack(*times, packet.is_keyframe, len(pieces))]
    for piece in pieces:
        name, data = piece.data_type.encode(), bytes(piece)
        parts += [_PIECE.pack(len(name), len(data)), name, data]
    return b"".join((*parts, bytes(packet)))


def packet_from_bytes(stored: bytes, stream: Stream, time_base: Fraction) -> av.Packet[Stream]:
    """Make a packet again, for a stream of an output.

    Args:
        stored: What `bytes_from_packet` returned.
        stream: The stream.
        time_base: What the packet's times are counted in.
    """
    *times, is_keyframe, pieces = _HEAD.unpack_from(stored)
    begin = _HEAD.size
    side_data = []
    for _ in range(pieces):
        name_length, length = _PIECE.unpack_from(stored, begin)
        begin += _PIECE.size
        name = stored[begin : begin + name_length].decode()
        begin += name_length
        side_data.append((name, stored[begin : begin + length]))
        begin += length
    packet: av.Packet[Stream] = av.Packet(stored[begin:])
    packet.pts, packet.dts, packet.duration = (None if ticks == _NONE else ticks for ticks in times)
    packet.is_keyframe, packet.time_base, packet.stream = is_keyframe, time_base, stream
    for name, data in side_data:
        # Its own type stub knows neither that it is made so, nor names that are not literals.
        kind = packet_sidedata_type_from_literal(name)  # type: ignore[arg-type]
        piece = PacketSideData(kind, len(data))  # type: ignore[call-arg]
        piece.update(data)
        packet.set_sidedata(piece)
    return packet
