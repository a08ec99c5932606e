"""An array in a file: known by its header, read in the parts that somebody wants."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from nnbuild.errors import InputError
from nnbuild.formats.memory import available_memory, in_gigabytes
from nnbuild.formats.opening import OpenFile, Stamp, unreadable

#: Takes a place in a file's data and a buffer, and fills the buffer from there.
Fill = Callable[[int, Any], None]

#: Bytes that are read without a look at the memory that is free.
_FEW = 1 << 26


class ArraySource:
    """An array that is read in parts.

    Params: path, the file; shape; dtype; read, gives items start to stop; widened, whether the file has the upper
    halves of these float32 numbers, as bfloat16.
    """

    def __init__(
        self,
        path: Path,
        shape: tuple[int, ...],
        dtype: np.dtype,
        read: Callable[[int, int], np.ndarray],
        widened: bool = False,
    ) -> None:
        self.path = path
        self.shape = shape
        self.dtype = dtype
        self.widened = widened
        self._read = read

    @classmethod
    def of(cls, path: Path, array: np.ndarray) -> ArraySource:
        """The source of an array in memory."""
        return cls(path, array.shape, array.dtype, lambda start, stop: array[start:stop])

    @property
    def nbytes(self) -> int:
        """The size of all of it in bytes."""
        return prod(self.shape) * self.dtype.itemsize

    def part(self, start: int, stop: int) -> np.ndarray:
        """Items start to stop along the first axis."""
        return self._read(start, stop)

    def whole(self) -> np.ndarray:
        """All of it."""
        return self._read(0, self.shape[0]) if self.shape else self._read(0, 1)


def raw(path: Path, size: int, fill: Fill, start: int = 0) -> np.ndarray:
    """So many bytes of a file, in a new array. Raises InputError."""
    if size > _FEW and size > available_memory():
        raise InputError(
            f"{in_gigabytes(size)} of {path} are wanted, and {in_gigabytes(available_memory())} of memory are free"
        )
    data = np.empty(size, np.uint8)
    fill(start, data)
    return data


def typed(data: np.ndarray, shape: tuple[int, ...], dtype: np.dtype, fortran: bool = False) -> np.ndarray:
    """Bytes as an array of this shape, in this machine's byte order."""
    array: np.ndarray = data.view(dtype).reshape(shape[::-1]).T if fortran else data.view(dtype).reshape(shape)
    if dtype.kind == "b":
        array = array.view(np.uint8) != 0
    native: np.ndarray = array.astype(dtype.newbyteorder("="), copy=False)
    return native


def filling(path: Path, stamp: Stamp, offset: int) -> Fill:
    """What fills buffers from a file's bytes behind the offset, as long as the file is the one of the stamp."""

    def fill(start: int, buffer: Any) -> None:
        try:
            with OpenFile(path, stamp=stamp) as file:
                file.fill(offset + start, buffer)
        except OSError as error:
            raise unreadable(path, error) from None

    return fill


def stored(path: Path, shape: tuple[int, ...], dtype: np.dtype, fill: Fill, fortran: bool = False) -> ArraySource:
    """The source of an array whose bytes lie in a row. Params: fortran, whether the first axis changes fastest."""
    row = prod(shape[1:]) * dtype.itemsize
    kept: list[np.ndarray] = []

    def in_rows(first: int, last: int) -> np.ndarray:
        first, last, _ = slice(first, last).indices(shape[0])
        count = max(0, last - first)
        return typed(raw(path, count * row, fill, first * row), (count, *shape[1:]), dtype)

    def from_all(first: int, last: int) -> np.ndarray:
        if not kept:
            kept.append(typed(raw(path, prod(shape) * dtype.itemsize, fill), shape, dtype, fortran))
        return kept[0][first:last] if shape else kept[0]

    read = from_all if fortran or not shape else in_rows
    return ArraySource(path, shape, dtype.newbyteorder("="), read)
