"""The first format of torch.save: a tar file of storages, tensors and the pickle that names them.

Source: torch.serialization._legacy_load, https://github.com/pytorch/pytorch/blob/main/torch/serialization.py
"""

from __future__ import annotations

import struct
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nnbuild.errors import InputError
from nnbuild.formats.checkpoints.dtypes import DTYPES, STORAGES
from nnbuild.formats.checkpoints.flattening import flattened
from nnbuild.formats.checkpoints.names import named
from nnbuild.formats.checkpoints.records import Name
from nnbuild.formats.checkpoints.tensors import MAX_AXES, Storage, Tensor
from nnbuild.formats.checkpoints.unpickler import unpickled
from nnbuild.formats.tensors import FileTensor

_MEMBERS = ("storages", "tensors", "pickle")
_MAX_MEMBERS = 100


def read_tar(path: Path, data: memoryview) -> dict[str, FileTensor]:
    """The tensors of the file by name. Raises InputError."""
    members = _members(path, data)
    if not set(_MEMBERS) <= set(members):
        raise InputError(f"{path} is a tar file, and no checkpoint of PyTorch: it lacks {', '.join(_MEMBERS)}")
    made: dict[Any, Any] = {}

    def find(key: Any) -> Any:
        if isinstance(key, tuple):
            return key[1] if len(key) > 1 and key[0] == "module" else key[0]
        return made[int(key)]

    def run(member: memoryview, place: int) -> tuple[Any, int]:
        return unpickled(member, named, find, str(path), place)

    try:
        _read_storages(path, members["storages"], run, made)
        _read_tensors(path, members["tensors"], run, made)
    except (LookupError, TypeError, ValueError, struct.error) as error:
        raise InputError(f"{path} is damaged or cut short: {error}") from None
    return flattened(run(members["pickle"], 0)[0], path)


def _members(path: Path, data: memoryview) -> dict[str, memoryview]:
    """The plain files in a tar file, found by its headers."""
    members: dict[str, memoryview] = {}
    place = 0
    try:
        while place + tarfile.BLOCKSIZE <= len(data) and len(members) < _MAX_MEMBERS:
            block = bytes(data[place : place + tarfile.BLOCKSIZE])
            if not any(block):
                break
            header = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
            place += tarfile.BLOCKSIZE
            if header.size < 0 or place + header.size > len(data):
                raise InputError(f"{path} is cut short: {header.name:.40} is not all there")
            if header.isreg():
                members[header.name.removeprefix("./")] = data[place : place + header.size]
            place += -(-header.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
    except tarfile.HeaderError as error:
        raise InputError(f"{path} is damaged or cut short: {error}") from None
    return members


Run = Callable[[memoryview, int], tuple[Any, int]]


def _read_storages(path: Path, data: memoryview, run: Run, made: dict[Any, Any]) -> None:
    """A number of storages, each with its key, place and class before its count and data; then the views of them."""
    count, place = run(data, 0)
    for _ in range(count):
        (key, _, kind), place = run(data, place)
        dtype = DTYPES[STORAGES[kind.text.rpartition(".")[2]]] if isinstance(kind, Name) else DTYPES["uint8"]
        start = place + 8
        size = int.from_bytes(data[place:start], "little", signed=True) * dtype.itemsize
        if size < 0 or start + size > len(data):
            raise InputError(f"{path} is cut short: a storage of {size:,} bytes is not all there")
        part = data[start : start + size]
        made[key] = Storage(key, dtype, size, lambda part=part: part)  # type: ignore[misc]
        place = start + size
    views, _ = run(data, place)
    for key, root, offset, length in views:
        whole = made[root]
        start, size = offset * whole.dtype.itemsize, length * whole.dtype.itemsize
        if start < 0 or size < 0 or start + size > whole.nbytes:
            raise InputError(f"{path} is damaged: a view reaches beyond its storage")
        part = whole.data()[start : start + size]
        made[key] = Storage((root, start), whole.dtype, size, lambda part=part: part)  # type: ignore[misc]


def _read_tensors(path: Path, data: memoryview, run: Run, made: dict[Any, Any]) -> None:
    """A number of tensors, each with its key, storage and class before its axes, sizes, strides and offset."""
    count, place = run(data, 0)
    for _ in range(count):
        (key, storage, _), place = run(data, place)
        (axes,) = struct.unpack_from("<i", data, place)
        if not 0 <= axes <= MAX_AXES:
            raise InputError(f"{path} is damaged: a tensor has {axes} axes")
        numbers = struct.unpack_from(f"<{2 * axes + 1}q", data, place + 8)
        place += 8 + 8 * len(numbers)
        whole = made[storage]
        made[key] = Tensor(whole, whole.dtype, numbers[-1], numbers[:axes], numbers[axes:-1])
