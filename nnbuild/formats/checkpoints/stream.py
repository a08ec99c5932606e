"""What torch.save wrote before version 1.6: pickles one behind the other, then the storages; and a pickle alone.

    magic number | version | byte order and sizes | object | keys of storages | count, data | count, data ...

Source: torch.serialization._legacy_load, https://github.com/pytorch/pytorch/blob/main/torch/serialization.py
"""

from __future__ import annotations

from typing import Any

from nnbuild.errors import InputError
from nnbuild.formats.checkpoints.dtypes import DTYPES, STORAGES, Dtype
from nnbuild.formats.checkpoints.flattening import flattened
from nnbuild.formats.checkpoints.names import named
from nnbuild.formats.checkpoints.records import Name
from nnbuild.formats.checkpoints.tensors import Storage
from nnbuild.formats.checkpoints.unpickler import unpickled
from nnbuild.formats.mapping import MappedFile
from nnbuild.formats.tensors import FileTensor

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_COUNT = 8  # bytes of the number of elements before a storage's data


def read_stream(file: MappedFile) -> dict[str, FileTensor]:
    """The tensors of a file that begins as a pickle, by name. Raises InputError."""
    path, data, storages = file.path, file.data, _Storages(file)
    first, place = unpickled(data, named, storages.find, str(path))
    if first != _MAGIC:
        return flattened(first, path)
    version, place = unpickled(data, named, storages.find, str(path), place)
    if version != _VERSION:
        raise InputError(f"{path} is of the version {version!r:.40}, and {_VERSION} is known")
    _, place = unpickled(data, named, storages.find, str(path), place)
    root, place = unpickled(data, named, storages.find, str(path), place)
    keys, place = unpickled(data, named, storages.find, str(path), place)
    storages.place(keys, place)
    return flattened(root, path)


class _Storages:
    """The storages of a stream: how large they are is known from the object, where they are from what follows it."""

    def __init__(self, file: MappedFile) -> None:
        self._file = file
        self._path = file.path
        self._known: dict[str, tuple[Dtype, int]] = {}
        self._places: dict[str, int] = {}

    def find(self, key: Any) -> Any:
        """The storage of ("storage", class, key, device, elements, view), or the class of ("module", class, ...)."""
        if not isinstance(key, tuple) or len(key) < 2 or not isinstance(key[1], Name):
            raise ValueError("a reference to what is no storage")
        if key[0] == "module":
            return key[1]
        kind = STORAGES.get(key[1].text.rpartition(".")[2])
        if kind is None:
            raise InputError(f"{self._path} has a storage of {key[1].text}, which is not read")
        root, count, view = key[2], key[4], key[5] if len(key) > 5 else None
        if key[0] != "storage" or not isinstance(root, str) or not _is_count(count):
            raise ValueError("a reference to what is no storage")
        dtype = DTYPES[kind]
        self._known.setdefault(root, (dtype, count * dtype.itemsize))
        return self._view(root, dtype, view)

    def _view(self, root: str, dtype: Dtype, view: Any) -> Storage:
        start, size = 0, self._known[root][1]
        if view is not None:
            if not isinstance(view, tuple) or len(view) != 3 or not all(map(_is_count, view[1:])):
                raise ValueError("a view of a storage that is none")
            start, wanted = (number * dtype.itemsize for number in view[1:])
            if start + wanted > size:
                raise InputError(f"{self._path} is damaged: a view reaches beyond the storage {root}")
            size = wanted
        return Storage((root, start), dtype, size, lambda: self._bytes(root, start, size))

    def _bytes(self, root: str, start: int, size: int) -> memoryview:
        return self._file.part(self._places[root] + start, size)

    def place(self, keys: Any, place: int) -> None:
        """Find the storages, which lie in the order of the keys from this place on."""
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise InputError(f"{self._path} is damaged: it does not say which storages follow")
        for key in keys:
            if key not in self._known:
                raise InputError(f"{self._path} is damaged: nothing uses the storage {key:.40}")
            dtype, size = self._known[key]
            count = int.from_bytes(self._file.data[place : place + _COUNT], "little", signed=True)
            if place + _COUNT + size > len(self._file.data):
                raise InputError(
                    f"{self._path} is cut short: the storage {key:.40} has {size:,} bytes and "
                    f"{max(0, len(self._file.data) - place - _COUNT):,} are there"
                )
            if count * dtype.itemsize != size:
                raise InputError(f"{self._path} is damaged: the storage {key:.40} holds {count:,} elements")
            self._places[key] = place + _COUNT
            place += _COUNT + size
        missing = [key for key in self._known if key not in self._places]
        if missing:
            raise InputError(f"{self._path} is damaged: the storage {missing[0]:.40} is missing")


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 62
