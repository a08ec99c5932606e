"""Headers of arrays in files: shape, dtype and place of each, checked before a byte of data is read.

Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import re
from math import prod
from typing import Any, NamedTuple

import numpy as np

from nnbuild.errors import InputError

#: Axes of an array, as NumPy has it.
MAX_AXES = 64

#: Bytes of the header of a .npy: NumPy reads no longer ones either.
MAX_NPY_HEADER = 10_000

NPY_MAGIC = b"\x93NUMPY"

_ENTRY = re.compile(
    rb"""\s*(?P<quote>['"])(?P<key>descr|fortran_order|shape)(?P=quote)\s*:\s*
    (?: (?P<ends>['"])(?P<descr>[<>|=]?[a-zA-Z?][0-9]{0,9}(?:\[[0-9a-zA-Z/]{1,20}\])?)(?P=ends)
      | (?P<order>True|False)
      | \((?P<shape>(?:\s*[0-9]{1,19}L?\s*,)+(?:\s*[0-9]{1,19}L?)?\s*|\s*)\)
    )\s*(?P<next>,?)""",
    re.VERBOSE,
)
_RECORDS = re.compile(rb"""['"]descr['"]\s*:\s*\[""")


class NpyHeader(NamedTuple):
    """What a .npy states. Params: fortran, whether the first axis changes fastest; offset, where its data begins."""

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool
    offset: int


def checked_shape(sizes: Any, itemsize: int) -> tuple[int, ...] | None:
    """The sizes as a shape, None where they are not one: whole numbers from 0 on, in bytes less than 2^63 in all."""
    if not isinstance(sizes, (list, tuple)) or len(sizes) > MAX_AXES or not all(map(is_count, sizes)):
        return None
    return tuple(sizes) if prod(size for size in sizes if size) * max(itemsize, 1) < 1 << 63 else None


def is_count(value: Any) -> bool:
    """Whether the value is a whole number, from 0 on, that 64 bits hold; a boolean is none."""
    return type(value) is int and 0 <= value < 1 << 63


def npy_header(start: bytes, size: int, what: str) -> NpyHeader:
    """The header of a .npy, if its data is all there and holds no objects.

    Params: start, its first bytes, MAX_NPY_HEADER and 12 more where it has so many; size, of all of it; what, for
    messages. Raises InputError.
    """
    text, offset = _npy_text(start, what)
    entries = _npy_entries(text, what)
    dtype = _dtype(entries["descr"], what)
    shape = checked_shape([int(number.rstrip(b"L ")) for number in entries["shape"].split(b",") if number.strip()],
                          dtype.itemsize)  # fmt: skip
    if shape is None:
        raise _damaged(what, "its shape is none that an array can have")
    wanted, there = prod(shape) * dtype.itemsize, size - offset
    if wanted > there:
        raise InputError(f"{what} is cut short: its header promises {wanted:,} bytes of data and {there:,} are there")
    return NpyHeader(shape, dtype, entries["fortran_order"] == b"True", offset)


def _npy_text(start: bytes, what: str) -> tuple[bytes, int]:
    """The text of the header, and where it ends."""
    version = tuple(start[6:8])
    if start[:6] != NPY_MAGIC or len(start) < 10:
        raise _damaged(what, "it does not begin as a .npy file")
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise _damaged(what, f"it is of version {version[0]}.{version[1]}, and 1.0, 2.0 and 3.0 are read")
    begin = 10 if version == (1, 0) else 12
    length = int.from_bytes(start[8:begin], "little")
    if length > MAX_NPY_HEADER:
        raise _damaged(what, f"it is of {length:,} bytes, and {MAX_NPY_HEADER:,} are read at most")
    text = start[begin : begin + length]
    if len(text) < length:
        raise _damaged(what, "it is cut short")
    return text, begin + length


def _npy_entries(text: bytes, what: str) -> dict[str, bytes]:
    """The three values of the header's dictionary, as text."""
    if _RECORDS.search(text):
        raise InputError(
            f"{what} holds records, not numbers", hint="save one field of it: np.save(path, array['name'])"
        )
    entries: dict[str, bytes] = {}
    place = text.find(b"{") + 1
    more = place > 0 and not text[: place - 1].strip()
    while more:
        found = _ENTRY.match(text, place)
        if found is None:
            break
        key, place, more = found["key"].decode(), found.end(), bool(found["next"])
        value = {"descr": found["descr"], "fortran_order": found["order"], "shape": found["shape"]}[key]
        if value is None or key in entries:
            break
        entries[key] = value
    if len(entries) < 3 or text[place:].strip() != b"}":
        raise _damaged(what, "it is not the dictionary of descr, fortran_order and shape that it should be")
    return entries


def _dtype(text: bytes, what: str) -> np.dtype:
    try:
        dtype = np.dtype(text.decode("ascii"))
    except (TypeError, ValueError):
        raise _damaged(what, "its dtype is none of NumPy") from None
    if dtype.hasobject:
        raise InputError(
            f"{what} holds Python objects, pickled, which could run code when loaded",
            hint="save numbers: np.save(path, np.asarray(values, dtype='float32'))",
        )
    if not dtype.itemsize or dtype.kind == "V":
        raise InputError(f"{what} holds {dtype}, not numbers")
    return dtype


def _damaged(what: str, reason: str) -> InputError:
    return InputError(f"{what} has a damaged header: {reason}")
