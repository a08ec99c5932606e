"""A model's bytes without its weights: what is left is small, and each weight is known by its place in the file.

Source: https://protobuf.dev/programming-guides/encoding/, and the numbers of fields in onnx.proto.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

_GRAPH, _INITIALIZER, _RAW_DATA = 7, 5, 9  # of ModelProto, GraphProto and TensorProto

#: Bytes of a weight that stay in the message: shapes and the like are read at once.
SMALL = 4096

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5


class Place(NamedTuple):
    """Where a weight's bytes are."""

    start: int
    length: int


class Cut(NamedTuple):
    """A message without large weights. Params: message; places, one for each initializer, None where it is inside."""

    message: bytes
    places: list[Place | None]


class _Field(NamedTuple):
    number: int
    start: int  # of the tag
    content: int
    stop: int
    wire: int


def cut(data: Any) -> Cut:
    """The model in these bytes, a whole file or a map of it. Raises ValueError where they are no message."""
    places: list[Place | None] = []
    parts: list[bytes] = []
    for field in _fields(data, 0, len(data)):
        if field.number == _GRAPH and field.wire == _BYTES:
            graph = b"".join(_graph(data, field, places))
            parts += [_tag(_GRAPH), _varint(len(graph)), graph]
        else:
            parts.append(bytes(data[field.start : field.stop]))
    return Cut(b"".join(parts), places)


def _graph(data: Any, graph: _Field, places: list[Place | None]) -> Iterator[bytes]:
    begin = graph.content
    for field in _fields(data, graph.content, graph.stop):
        if field.number != _INITIALIZER or field.wire != _BYTES:
            continue
        tensor, place = _tensor(data, field)
        places.append(place)
        if place is not None:
            yield bytes(data[begin : field.start])
            yield _tag(_INITIALIZER) + _varint(len(tensor)) + tensor
            begin = field.stop
    yield bytes(data[begin : graph.stop])


def _tensor(data: Any, tensor: _Field) -> tuple[bytes, Place | None]:
    """A tensor's message without its raw data, and the place of that; as it is where that is small or missing."""
    raw = [
        field
        for field in _fields(data, tensor.content, tensor.stop)
        if field.number == _RAW_DATA and field.wire == _BYTES
    ]
    if len(raw) != 1 or raw[0].stop - raw[0].content <= SMALL:
        return b"", None
    (field,) = raw
    rest = bytes(data[tensor.content : field.start]) + bytes(data[field.stop : tensor.stop])
    return rest, Place(field.content, field.stop - field.content)


def _fields(data: Any, start: int, stop: int) -> Iterator[_Field]:
    at = start
    while at < stop:
        tag, content = _read_varint(data, at, stop)
        wire = tag & 7
        if wire == _VARINT:
            _, end = _read_varint(data, content, stop)
        elif wire == _BYTES:
            length, content = _read_varint(data, content, stop)
            end = content + length
        elif wire in (_EIGHT, _FOUR):
            end = content + (8 if wire == _EIGHT else 4)
        else:
            raise ValueError("it holds what no protobuf message holds")
        if end > stop or not tag >> 3:
            raise ValueError("it ends too early")
        yield _Field(tag >> 3, at, content, end, wire)
        at = end


def _read_varint(data: Any, at: int, stop: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= stop:
            raise ValueError("it ends too early")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("it holds a number of more than 10 bytes")


def _varint(value: int) -> bytes:
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _tag(number: int) -> bytes:
    return _varint(number << 3 | _BYTES)
