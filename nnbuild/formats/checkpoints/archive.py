"""The zip files of torch.save, from version 1.6 on, and of TorchScript: a pickle, and a record a storage.

    archive/data.pkl  archive/data/0  archive/data/1 ...  archive/version  archive/byteorder

Records are stored as they are, so that a tensor is a stretch of the mapped file.

Source: https://docs.pytorch.org/docs/stable/notes/serialization.html
"""

from __future__ import annotations

import struct
import zlib
from functools import partial
from typing import Any

from nnbuild.errors import InputError
from nnbuild.formats.archive import Archive
from nnbuild.formats.checkpoints import script
from nnbuild.formats.checkpoints.dtypes import DTYPES, STORAGES
from nnbuild.formats.checkpoints.flattening import flattened
from nnbuild.formats.checkpoints.names import named
from nnbuild.formats.checkpoints.records import Instance, Name
from nnbuild.formats.checkpoints.tensors import Storage
from nnbuild.formats.checkpoints.unpickler import unpickled
from nnbuild.formats.mapping import MappedFile
from nnbuild.formats.tensors import FileTensor

PICKLE = "data.pkl"
_MAX_PICKLE = 1 << 29
_LOCAL_HEADER = struct.Struct("<4s22xHH")


def is_checkpoint(archive: Archive) -> bool:
    """Whether a zip file is a checkpoint."""
    return _pickle_of(archive) is not None


def _pickle_of(archive: Archive) -> str | None:
    names = (member.name for member in archive.members)
    return next((name for name in names if name == PICKLE or name.endswith(f"/{PICKLE}")), None)


def read_archive(file: MappedFile, archive: Archive) -> dict[str, FileTensor]:
    """The tensors of a checkpoint by name. Raises InputError."""
    return _Checkpoint(file, archive).tensors()


class _Checkpoint:
    def __init__(self, file: MappedFile, archive: Archive) -> None:
        self._file = file
        self._path = file.path
        self._archive = archive
        self._members = {member.name: member for member in archive.members}
        self._folder = (_pickle_of(archive) or "").removesuffix(PICKLE)
        self._order = self._byte_order()
        self._storages: dict[str, Storage] = {}

    def tensors(self) -> dict[str, FileTensor]:
        name = self._folder + PICKLE
        data = self._file.part(*self._place(name))
        if len(data) > _MAX_PICKLE:
            raise InputError(f"{name} in {self._path} has {len(data):,} bytes: a pickle is read up to {_MAX_PICKLE:,}")
        if zlib.crc32(data) != self._members[name].crc:
            raise InputError(f"{self._path} is damaged: {name} is not what was written")
        root, _ = unpickled(data, named, self._storage, str(self._path))
        scripted = isinstance(root, Instance) and root.kind.startswith(script.PREFIX)
        return flattened(root, self._path, script.state_names(self._archive, self._folder) if scripted else None)

    def _byte_order(self) -> str:
        name = f"{self._folder}byteorder"
        if name not in self._members:
            return "<"
        order = bytes(self._file.part(*self._place(name))[:10])
        if order not in (b"little", b"big"):
            raise InputError(f"{self._path} is damaged: its byte order is {order!r}")
        return "<" if order == b"little" else ">"

    def _place(self, name: str) -> tuple[int, int]:
        """Where the bytes of a member lie in the file, and how many there are."""
        member = self._members[name]
        if member.deflated:
            raise InputError(f"{name} in {self._path} is compressed, which torch.save does not do: it is not read")
        header = self._file.data[member.start : member.start + _LOCAL_HEADER.size]
        if len(header) < _LOCAL_HEADER.size:
            raise InputError(f"{self._path} is damaged or cut short: {name} is not in it")
        magic, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        start = member.start + _LOCAL_HEADER.size + name_length + extra_length
        if magic != b"PK\x03\x04" or start + member.size > len(self._file.data):
            raise InputError(f"{self._path} is damaged or cut short: {name} is not all there")
        return start, member.size

    def _storage(self, key: Any) -> Any:
        """The storage of a persistent id: ("storage", class, key, device, number of elements)."""
        if not isinstance(key, tuple) or len(key) != 5 or key[0] != "storage" or not isinstance(key[1], Name):
            raise ValueError("a reference to what is no storage")
        kind = STORAGES.get(key[1].text.rpartition(".")[2])
        if kind is None:
            raise InputError(f"{self._path} has a storage of {key[1].text}, which is not read")
        name = f"{self._folder}data/{key[2]}"
        if not isinstance(key[2], str) or name not in self._members:
            raise InputError(f"{self._path} is damaged: the record {name} is missing")
        if key[2] not in self._storages:
            place, size = self._place(name)
            read = partial(self._file.part, place, size)
            self._storages[key[2]] = Storage(key[2], DTYPES[kind], size, read, self._order)
        return self._storages[key[2]]._replace(dtype=DTYPES[kind])
