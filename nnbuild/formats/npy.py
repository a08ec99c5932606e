"""Reading .npy and .npz: headers are checked against the file before anything is allocated, and pickles are refused."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import IO

import numpy as np

from nnbuild.errors import InputError
from nnbuild.formats.memory import available_memory, in_gigabytes

_ZIP_MAGIC = b"PK"
_MAX_MEMBERS = 100_000


class ArraySource:
    """An array that is read in parts. Params: path, the file; shape; dtype; read, gives items start to stop."""

    def __init__(
        self, path: Path, shape: tuple[int, ...], dtype: np.dtype, read: Callable[[int, int], np.ndarray]
    ) -> None:
        self.path = path
        self.shape = shape
        self.dtype = dtype
        self._read = read

    @classmethod
    def of(cls, path: Path, array: np.ndarray) -> ArraySource:
        """The source of an array in memory."""
        return cls(path, array.shape, array.dtype, lambda start, stop: array[start:stop])

    def part(self, start: int, stop: int) -> np.ndarray:
        """Items start to stop along the first axis."""
        return self._read(start, stop)

    def whole(self) -> np.ndarray:
        """All of it."""
        return self._read(0, self.shape[0]) if self.shape else self._read(0, 1)


def open_arrays(path: Path) -> dict[str, ArraySource]:
    """The arrays of a .npy or .npz file by name; that of a .npy has the empty name. Raises InputError."""
    try:
        with path.open("rb") as file:
            magic = file.read(6)
            if magic.startswith(_ZIP_MAGIC):
                return {name: ArraySource.of(path, array) for name, array in read_npz(path).items()}
            if magic != b"\x93NUMPY":
                raise InputError(
                    f"{path} is not an array: it does not begin as a .npy or .npz file", hint=_advice(magic)
                )
            file.seek(0)
            shape, dtype = _checked_header(file, path.stat().st_size, str(path))
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None

    def read(start: int, stop: int) -> np.ndarray:
        if not shape or not prod(shape):
            return np.asarray(np.load(path, allow_pickle=False))
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        return np.array(mapped[start:stop])  # a copy, so that the map is closed and memory stays flat

    return {"": ArraySource(path, shape, dtype, read)}


def _advice(magic: bytes) -> str:
    if not magic:
        return "it is empty"
    if magic[:1] == b"\x80":
        return "it is a pickle, which could run code when loaded; save the array with np.save"
    return "save the array with np.save(path, array)"


def _checked_header(file: IO[bytes], size: int, what: str) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype of the .npy at the file's position, if its data is all there and holds no objects."""
    from numpy.lib import format as npy

    start = file.tell()
    try:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(file)
    except (ValueError, EOFError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise InputError(f"{what} has a damaged header: {str(error).splitlines()[0]}") from None
    if dtype.hasobject:
        raise InputError(
            f"{what} holds Python objects, pickled, which could run code when loaded",
            hint="save numbers: np.save(path, np.asarray(values, dtype='float32'))",
        )
    wanted, there = prod(shape) * dtype.itemsize, size - (file.tell() - start)
    if wanted > there:
        raise InputError(f"{what} is cut short: its header promises {wanted:,} bytes of data and {there:,} are there")
    return shape, dtype


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a .npz file. Raises InputError, also for one that unpacks to more than there is memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if info.filename.endswith(".npy")]
            _check_members(path, archive, members)
            return {info.filename.removesuffix(".npy"): _read_member(path, archive, info) for info in members}
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path} is damaged or cut short: {error}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None
    except Exception as error:  # zlib has an error class of its own
        if type(error).__module__ in ("zlib", "_lzma"):
            raise InputError(f"{path} is damaged: {error}") from None
        raise


def _check_members(path: Path, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    if not members:
        raise InputError(f"{path} holds no arrays", hint="save them with np.savez(path, name=array)")
    total = sum(info.file_size for info in members)
    if len(members) > _MAX_MEMBERS or total > available_memory():
        raise InputError(
            f"{path} unpacks to {in_gigabytes(total)} in {len(members):,} arrays, "
            f"and {in_gigabytes(available_memory())} of memory are free"
        )


def _read_member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(info) as file:
        _checked_header(file, info.file_size, f"{info.filename} in {path}")
    with archive.open(info) as file:
        array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
        return array
