"""Reading .npy and .npz: headers are checked against the file before data is read, and pickles are refused."""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np

from nnbuild.errors import InputError
from nnbuild.formats.archive import Archive, Member, open_archive
from nnbuild.formats.array_source import ArraySource, filling, raw, stored, typed
from nnbuild.formats.headers import MAX_NPY_HEADER, NPY_MAGIC, npy_header
from nnbuild.formats.opening import OpenFile, unreadable

_ZIP_MAGIC = b"PK"
_START = MAX_NPY_HEADER + 12


def open_arrays(path: Path) -> dict[str, ArraySource]:
    """The arrays of a .npy or .npz file by name; that of a .npy has the empty name. Raises InputError."""
    try:
        with OpenFile(path) as file:
            start = file.read_at(0, min(_START, file.size))
            stamp = file.stamp
    except OSError as error:
        raise unreadable(path, error) from None
    if start.startswith(_ZIP_MAGIC):
        return open_npz(path)
    if not start.startswith(NPY_MAGIC):
        raise InputError(f"{path} is not an array: it does not begin as a .npy or .npz file", hint=_advice(start))
    header = npy_header(start, stamp.size, str(path))
    return {"": stored(path, header.shape, header.dtype, filling(path, stamp, header.offset), header.fortran)}


def _advice(magic: bytes) -> str:
    if not magic:
        return "it is empty"
    if magic[:1] == b"\x80":
        return "it is a pickle, which could run code when loaded; save the array with np.save"
    return "save the array with np.save(path, array)"


def open_npz(path: Path) -> dict[str, ArraySource]:
    """The arrays of a .npz file by name. Raises InputError."""
    archive = open_archive(path)
    members = [member for member in archive.members if member.name.endswith(".npy")]
    if not members:
        raise InputError(f"{path} holds no arrays", hint="save them with np.savez(path, name=array)")
    return {member.name.removesuffix(".npy"): _member(archive, member) for member in members}


def _member(archive: Archive, member: Member) -> ArraySource:
    what = f"{member.name} in {archive.path}"
    start = archive.beginning(member, _START)
    header = npy_header(start, member.size, what)
    shape, dtype = header.shape, header.dtype
    size = prod(shape) * dtype.itemsize
    if member.size > header.offset + size:
        raise InputError(f"{what} is damaged: its header promises {size:,} bytes of data and more are there")
    kept: list[np.ndarray] = []

    def fill(place: int, buffer: np.ndarray) -> None:
        archive.fill(member, header.offset + place, buffer)

    def whole() -> np.ndarray:
        """The array, once all of its member has been held to the checksum."""
        data = raw(archive.path, size, fill)
        archive.verify(member, data, start[: header.offset])
        return typed(data, shape, dtype, header.fortran)

    def part(first: int, last: int) -> np.ndarray:
        if not shape or (first <= 0 and last >= shape[0]):
            return whole()
        if not kept:
            kept.append(whole())
        return kept[0][first:last]

    return ArraySource(archive.path, shape, dtype.newbyteorder("="), part)
