"""The first format of torch.save: a tar file of storages, tensors and the pickle that names them.

Source: torch.serialization._legacy_load, https://github.com/pytorch/pytorch/blob/main/torch/serialization.py
"""

from __future__ import annotations

import struct
import tarfile
from typing import Any

from nnbuild.errors import InputError
from nnbuild.formats.checkpoints.dtypes import DTYPES, STORAGES, Dtype
from nnbuild.formats.checkpoints.flattening import flattened
from nnbuild.formats.checkpoints.names import named
from nnbuild.formats.checkpoints.tensors import MAX_AXES, Storage, Tensor
from nnbuild.formats.checkpoints.unpickler import unpickled
from nnbuild.formats.mapping import MappedFile
from nnbuild.formats.tensors import FileTensor

_MEMBERS = ("storages", "tensors", "pickle")
_MAX_MEMBERS = 100
_COUNT = 8  # bytes of the number of elements before a storage's data


def read_tar(file: MappedFile) -> dict[str, FileTensor]:
    """The tensors of the file by name. Raises InputError."""
    places = _places(file)
    if not set(_MEMBERS) <= set(places):
        lacking = [name for name in _MEMBERS if name not in places]
        raise InputError(f"{file.path} is cut short, or a tar file of something else: it lacks {', '.join(lacking)}")
    try:
        return flattened(_Reader(file, places).root(), file.path)
    except (LookupError, TypeError, ValueError, AttributeError, struct.error) as error:
        raise InputError(f"{file.path} is damaged or cut short: {error}") from None


def _places(file: MappedFile) -> dict[str, tuple[int, int]]:
    """Where the plain files in a tar file begin and end, by its headers."""
    places: dict[str, tuple[int, int]] = {}
    place = 0
    try:
        while place + tarfile.BLOCKSIZE <= len(file.data) and len(places) < _MAX_MEMBERS:
            block = bytes(file.data[place : place + tarfile.BLOCKSIZE])
            if not any(block):
                return places
            header = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
            place += tarfile.BLOCKSIZE
            if header.size < 0 or place + header.size > len(file.data):
                raise InputError(f"{file.path} is cut short: {header.name:.40} is not all there")
            if ".." in header.name.split("/") or header.name.startswith("/"):
                raise InputError(f"{file.path} has an entry {header.name!r:.60}, which leads out of it")
            if header.isreg():
                places[header.name.removeprefix("./")] = (place, place + header.size)
            place += -(-header.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
    except tarfile.HeaderError as error:
        raise InputError(f"{file.path} is damaged or cut short: {error}") from None
    raise InputError(f"{file.path} is cut short: it has no end")


class _Reader:
    """Params: made, the storages and tensors so far, by their keys."""

    def __init__(self, file: MappedFile, places: dict[str, tuple[int, int]]) -> None:
        self._file = file
        self._places = places
        self._made: dict[Any, Any] = {}

    def root(self) -> Any:
        """What the pickle makes of the tensors."""
        self._read_storages(*self._places["storages"])
        self._read_tensors(*self._places["tensors"])
        return self._run(*self._places["pickle"])[0]

    def _run(self, place: int, end: int) -> tuple[Any, int]:
        return unpickled(self._file.data[:end], named, self._find, str(self._file.path), place)

    def _find(self, key: Any) -> Any:
        if isinstance(key, tuple):
            return key[1] if len(key) > 1 and key[0] == "module" else key[0]
        return self._made[int(key)]

    def _keep(self, key: Any, place: object, dtype: Dtype, start: int, size: int) -> None:
        self._made[key] = Storage(place, dtype, size, lambda: self._file.part(start, size))

    def _read_storages(self, place: int, end: int) -> None:
        """A number of storages, each with its key, device and class before its count and data; the views of them."""
        count, place = self._run(place, end)
        starts: dict[Any, int] = {}
        for _ in range(count):
            (key, _, kind), place = self._run(place, end)
            dtype, start = DTYPES[STORAGES[kind.text.rpartition(".")[2]]], place + _COUNT
            size = int.from_bytes(self._file.data[place:start], "little", signed=True) * dtype.itemsize
            if size < 0 or start + size > end:
                raise InputError(f"{self._file.path} is cut short: a storage of {size:,} bytes is not all there")
            starts[key] = start
            self._keep(key, key, dtype, start, size)
            place = start + size
        for key, root, offset, length in self._run(place, end)[0]:
            whole = self._made[root]
            start, size = offset * whole.dtype.itemsize, length * whole.dtype.itemsize
            if start < 0 or size < 0 or start + size > whole.nbytes:
                raise InputError(f"{self._file.path} is damaged: a view reaches beyond its storage")
            self._keep(key, (root, start), whole.dtype, starts[root] + start, size)

    def _read_tensors(self, place: int, end: int) -> None:
        """A number of tensors, each with its key, storage and class before its axes, sizes, strides and offset."""
        count, place = self._run(place, end)
        for _ in range(count):
            (key, storage, _), place = self._run(place, end)
            (axes,) = struct.unpack_from("<i", self._file.data, place)
            if not 0 <= axes <= MAX_AXES:
                raise InputError(f"{self._file.path} is damaged: a tensor has {axes} axes")
            numbers = struct.unpack_from(f"<{2 * axes + 1}q", self._file.data, place + 8)
            place += 8 + 8 * len(numbers)
            whole = self._made[storage]
            self._made[key] = Tensor(whole, whole.dtype, numbers[-1], numbers[:axes], numbers[axes:-1])
