"""The layer that an ONNX file ends in, read without the library `onnx`, which takes long to load.

Sources: Protocol Buffers, Encoding; ONNX, onnx.proto.
"""

from __future__ import annotations

from collections.abc import Iterator

# In onnx.proto, the numbers of `graph` in a model, of `node` in that, and of `output` and `name` in that.
_GRAPH, _NODE, _OUTPUT, _NAME = 7, 1, 2, 3
# What tells how a field is stored.
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5


def last_layer(model: bytes, output: str) -> str | None:
    """Return the name of the layer that yields an output of a model, as the exporter has named it.

    Args:
        model: The content of an .onnx file, FP32 or FP16.
        output: Name of the output.

    Returns:
        The name; None if this is no ONNX file, or one without such an output.
    """
    makers: dict[str, str] = {}  # the node that makes each tensor
    try:
        for graph in _fields(memoryview(model), _GRAPH):
            for node in _fields(graph, _NODE):
                (name,) = _fields(node, _NAME)
                makers |= {_text(tensor): _text(name) for tensor in _fields(node, _OUTPUT)}
    except (ValueError, IndexError):
        return None
    # In FP16, a cast is behind the layer; what is behind the slash is a part of a layer.
    maker = makers.get(f"{output}/fp16") or makers.get(output)
    return None if maker is None else maker.partition("/")[0]


def _fields(message: memoryview, wanted: int) -> Iterator[memoryview]:
    """Yield the fields of a number, of those that are messages or texts.

    Raises:
        ValueError, IndexError: This is no message.
    """
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            _, place = _varint(message, place)
        elif kind == _BYTES:
            length, place = _varint(message, place)
            if place + length > len(message):
                raise ValueError("the message is cut off")
            if number == wanted:
                yield message[place : place + length]
            place += length
        elif kind in (_FOUR_BYTES, _EIGHT_BYTES):
            place += 4 if kind == _FOUR_BYTES else 8
        else:
            raise ValueError(f"no field is stored in way {kind}")


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """Return the number that begins at a place, seven bits to a byte, and the place behind it."""
    value, shift = 0, 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def _text(field: memoryview) -> str:
    return bytes(field).decode()
