"""The zip files of torch.save, from version 1.6 on, and of TorchScript: a pickle, and a record a storage.

    archive/data.pkl  archive/data/0  archive/data/1 ...  archive/version  archive/byteorder

Records are stored as they are, so that a tensor is a stretch of the mapped file.

Source: https://docs.pytorch.org/docs/stable/notes/serialization.html
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from functools import partial
from pathlib import Path
from typing import Any

from nnbuild.errors import InputError
from nnbuild.formats.checkpoints.dtypes import DTYPES, STORAGES
from nnbuild.formats.checkpoints.flattening import flattened
from nnbuild.formats.checkpoints.names import named
from nnbuild.formats.checkpoints.records import Name
from nnbuild.formats.checkpoints.tensors import Storage
from nnbuild.formats.checkpoints.unpickler import unpickled
from nnbuild.formats.mapping import MappedFile
from nnbuild.formats.tensors import FileTensor

PICKLE = "data.pkl"
_MAX_PICKLE = 1 << 29
_LOCAL_HEADER = struct.Struct("<4s22xHH")


def read_archive(file: MappedFile, members: dict[str, zipfile.ZipInfo]) -> dict[str, FileTensor]:
    """The tensors of a checkpoint by name. Params: members, of the zip file. Raises InputError."""
    return _Archive(file, members).tensors()


def is_checkpoint(members: dict[str, zipfile.ZipInfo]) -> bool:
    """Whether these members of a zip file are those of a checkpoint."""
    return any(name == PICKLE or name.endswith(f"/{PICKLE}") for name in members)


def zip_members(path: Path, data: memoryview) -> dict[str, zipfile.ZipInfo]:
    """The members of a zip file by name. Raises InputError for one that is damaged, or that reaches out of it."""
    try:
        with zipfile.ZipFile(_File(data)) as archive:
            members = {info.orig_filename: info for info in archive.infolist()}
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError, struct.error) as error:
        raise InputError(f"{path} is damaged or cut short: {error}") from None
    for name in members:
        if ".." in name.split("/") or name.startswith("/") or "\\" in name or "\0" in name:
            raise InputError(f"{path} has an entry {name!r}, which leads out of it: it is not read")
    return members


class _File(io.RawIOBase):
    """A mapped file for zipfile, which reads the directory at its end."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._place = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: len(self._data)}[whence]
        if start + offset < 0:
            raise OSError("a place before the file")
        self._place = start + offset
        return self._place

    def read(self, size: int | None = -1) -> bytes:
        end = len(self._data) if size is None or size < 0 else self._place + size
        taken = bytes(self._data[self._place : end])
        self._place += len(taken)
        return taken


class _Archive:
    def __init__(self, file: MappedFile, members: dict[str, zipfile.ZipInfo]) -> None:
        self._file = file
        self._path = file.path
        self._members = members
        pickle = next(name for name in members if name == PICKLE or name.endswith(f"/{PICKLE}"))
        self._folder = pickle.removesuffix(PICKLE)
        self._order = self._byte_order()
        self._storages: dict[str, Storage] = {}

    def tensors(self) -> dict[str, FileTensor]:
        name = self._folder + PICKLE
        data = self._file.part(*self._place(name))
        if len(data) > _MAX_PICKLE:
            raise InputError(f"{name} in {self._path} has {len(data):,} bytes: a pickle is read up to {_MAX_PICKLE:,}")
        if zlib.crc32(data) != self._members[name].CRC:
            raise InputError(f"{self._path} is damaged: {name} is not what was written")
        root, _ = unpickled(data, named, self._storage, str(self._path))
        return flattened(root, self._path)

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
        info = self._members[name]
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            how = "encrypted" if info.flag_bits & 1 else "compressed"
            raise InputError(f"{name} in {self._path} is {how}, which torch.save does not do: it is not read")
        header = self._file.data[info.header_offset : info.header_offset + _LOCAL_HEADER.size]
        if info.header_offset < 0 or len(header) < _LOCAL_HEADER.size:
            raise InputError(f"{self._path} is damaged or cut short: {name} is not in it")
        magic, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        start = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        if magic != b"PK\x03\x04" or start + info.file_size > len(self._file.data):
            raise InputError(f"{self._path} is damaged or cut short: {name} is not all there")
        return start, info.file_size

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
