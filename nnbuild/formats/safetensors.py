"""safetensors: 8 bytes with the length of a JSON header, the header, then raw little-endian data.

Source: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnbuild.errors import InputError
from nnbuild.formats.array_source import ArraySource, filling, raw, stored, typed
from nnbuild.formats.headers import checked_shape, is_count
from nnbuild.formats.opening import OpenFile, Stamp, unreadable

_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1", "C64": "<c8",
}  # fmt: skip

#: Bytes of the header: some 10,000 tensors.
MAX_HEADER = 1 << 20


class _Entry(NamedTuple):
    """A tensor as the header has it. Params: start and stop, of its bytes behind the header."""

    kind: str
    shape: tuple[int, ...]
    start: int
    stop: int


def open_safetensors(path: Path) -> dict[str, ArraySource]:
    """The tensors of a .safetensors file by name; bfloat16 as float32, which holds it exactly. Raises InputError."""
    try:
        with OpenFile(path) as file:
            length = int.from_bytes(file.read_at(0, min(8, file.size)), "little")
            if file.size < 8 or length > file.size - 8:
                raise InputError(f"{path} is not a safetensors file or is cut short")
            if length > MAX_HEADER:
                raise InputError(f"{path} has a header of {length:,} bytes, and {MAX_HEADER:,} are read at most")
            header, stamp = _header(path, file.read_at(8, length)), file.stamp
    except OSError as error:
        raise unreadable(path, error) from None
    begin = 8 + length
    entries = {name: _entry(path, name, entry) for name, entry in header.items() if name != "__metadata__"}
    for name, entry in entries.items():
        if entry.stop > stamp.size - begin:
            raise InputError(f"{path} is damaged or cut short: the data of {name} is not all there")
    _refuse_overlap(path, entries)
    return {name: _source(path, stamp, begin, entry) for name, entry in entries.items()}


def _header(path: Path, text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=lambda pairs: _distinct(path, pairs))
    except (ValueError, RecursionError):
        raise InputError(f"{path} has a damaged header") from None
    if not isinstance(header, dict):
        raise InputError(f"{path} has a damaged header")
    return header


def _distinct(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise InputError(f"{path} has a damaged header: {name} stands twice in it")
        found[name] = value
    return found


def _entry(path: Path, name: str, entry: Any) -> _Entry:
    """The header's entry for a tensor, whose shape is one and whose bytes are as many as it says."""
    if not isinstance(entry, dict):
        entry = {}
    kind, offsets = entry.get("dtype"), entry.get("data_offsets")
    if isinstance(kind, str) and kind not in _DTYPES:
        raise InputError(f"{name} in {path} is {kind}, which is not read", hint=f"these are: {', '.join(_DTYPES)}")
    itemsize = np.dtype(_DTYPES[kind]).itemsize if isinstance(kind, str) else 1
    shape = checked_shape(entry.get("shape"), itemsize)
    placed = isinstance(offsets, list) and len(offsets) == 2 and all(map(is_count, offsets))
    if not isinstance(kind, str) or shape is None or not placed:
        raise InputError(f"{path} has a damaged header at {name}")
    start, stop = offsets
    if stop - start != prod(shape) * itemsize:
        raise InputError(f"{path} is damaged or cut short: the data of {name} is not all there")
    return _Entry(kind, shape, start, stop)


def _refuse_overlap(path: Path, entries: dict[str, _Entry]) -> None:
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: item[1].start):
        if entry.stop > entry.start:
            if entry.start < end:
                raise InputError(f"{path} is damaged: the data of {name} is that of another tensor too")
            end = entry.stop


def _source(path: Path, stamp: Stamp, begin: int, entry: _Entry) -> ArraySource:
    dtype, fill = np.dtype(_DTYPES[entry.kind]), filling(path, stamp, begin + entry.start)
    if entry.kind != "BF16":
        return stored(path, entry.shape, dtype, fill)

    def widened(first: int, last: int) -> np.ndarray:
        values = typed(raw(path, entry.stop - entry.start, fill), entry.shape, dtype)
        wide = (values.astype(np.uint32) << 16).view(np.float32)
        return wide[first:last] if entry.shape else wide

    return ArraySource(path, entry.shape, np.dtype(np.float32), widened, widened=True)
