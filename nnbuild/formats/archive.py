"""The members of a ZIP file, as .npz files are: the directory is checked, then members are read in place.

Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from io import SEEK_CUR, SEEK_END, SEEK_SET
from pathlib import Path
from typing import Any, NamedTuple

from nnbuild.errors import InputError
from nnbuild.formats.opening import OpenFile, Stamp, unreadable

#: Bytes of the directory: some 40,000 members.
MAX_DIRECTORY = 1 << 22

#: Bytes that are unpacked at once.
_CHUNK = 1 << 20

#: The head of a member: 30 bytes, the lengths of a name and of more at 26.
_HEAD, _HEAD_MAGIC = 30, b"PK\3\4"

_LEAVES = re.compile(r"^[A-Za-z]:|^[\\/]|(?:^|[\\/])\.\.(?:[\\/]|$)|\0")


class Member(NamedTuple):
    """A file in an archive. Params: start, of its head; packed, the bytes that it takes; size, those it unpacks to."""

    name: str
    start: int
    packed: int
    size: int
    crc: int
    deflated: bool


class Archive(NamedTuple):
    """A ZIP file whose directory has been read. Its members do not overlap, and each has a name of its own."""

    path: Path
    stamp: Stamp
    members: list[Member]

    def beginning(self, member: Member, count: int) -> bytes:
        """The first bytes of a member, all of them where it has fewer. Raises InputError."""
        buffer = bytearray(min(count, member.size))
        self.fill(member, 0, buffer)
        return bytes(buffer)

    def fill(self, member: Member, start: int, buffer: Any) -> None:
        """Fill a writable buffer of bytes with a member's from this place on. Raises InputError."""
        view = memoryview(buffer)
        try:
            with OpenFile(self.path, stamp=self.stamp) as file:
                place = self._data(file, member)
                if member.deflated:
                    self._unpack(file, member, place, start, view)
                else:
                    file.fill(place + start, view)
        except OSError as error:
            raise unreadable(self.path, error) from None

    def verify(self, member: Member, data: Any, before: bytes) -> None:
        """Hold all bytes of a member, those before and the data, to its checksum. Raises InputError."""
        if zlib.crc32(data, zlib.crc32(before)) != member.crc:
            raise self.damaged(f"Bad CRC-32 for file {member.name!r}")

    def damaged(self, reason: str) -> InputError:
        """What is said of it."""
        return InputError(f"{self.path} is damaged or cut short: {reason}")

    def _data(self, file: OpenFile, member: Member) -> int:
        """Where the member's data begins."""
        head = file.read_at(member.start, _HEAD)
        name, more = struct.unpack_from("<HH", head, 26)
        place: int = member.start + _HEAD + name + more
        if not head.startswith(_HEAD_MAGIC) or place + member.packed > file.size:
            raise self.damaged(f"{member.name} is not where the directory says")
        return place

    def _unpack(self, file: OpenFile, member: Member, place: int, start: int, view: memoryview) -> None:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        end, done, rest = place + member.packed, -start, b""
        while done < len(view):
            if not rest and place < end:
                count = min(_CHUNK, end - place)
                rest, place = file.read_at(place, count), place + count
            try:
                data = unpacker.decompress(rest, _CHUNK)
            except zlib.error as error:
                raise self.damaged(str(error)) from None
            rest = unpacker.unconsumed_tail
            if not data and (unpacker.eof or (not rest and place == end)):
                raise self.damaged(f"{member.name} unpacks to less than it states")
            skip = max(0, -done)
            part = data[skip : skip + len(view) - max(0, done)]
            view[max(0, done) : max(0, done) + len(part)] = part
            done += len(data)


def open_archive(path: Path) -> Archive:
    """Read the directory of a ZIP file. Raises InputError, also for what no honest writer of arrays makes."""
    try:
        with OpenFile(path) as file:
            listed = zipfile.ZipFile(_Window(file)).infolist()
            archive = Archive(path, file.stamp, [])
    except OSError as error:
        raise unreadable(path, error) from None
    except InputError:
        raise
    except Exception as error:  # the reader of a damaged directory raises whatever it stumbles over
        reason = str(error) if isinstance(error, zipfile.BadZipFile) else "its directory cannot be read"
        raise InputError(f"{path} is damaged or cut short: {reason}") from None
    names: set[str] = set()
    for info in listed:
        if info.orig_filename in names or info.filename in names:
            raise InputError(f"{path} holds two members of the name {info.filename}")
        names |= {info.orig_filename, info.filename}
        archive.members.append(_checked(path, info))
    _refuse_overlap(archive)
    return archive


def _checked(path: Path, info: zipfile.ZipInfo) -> Member:
    what = f"{info.filename} in {path}"
    if _LEAVES.search(info.orig_filename):
        raise InputError(f"{what} has a name that leads out of the archive")
    if info.flag_bits & 0x41:
        raise InputError(f"{what} is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError(
            f"{what} is compressed in a way that is not read", hint="save it with np.savez or np.savez_compressed"
        )
    deflated = info.compress_type == zipfile.ZIP_DEFLATED
    if info.header_offset < 0 or (not deflated and info.compress_size != info.file_size):
        raise InputError(f"{path} is damaged or cut short: the sizes of {info.filename} do not agree")
    return Member(info.filename, info.header_offset, info.compress_size, info.file_size, info.CRC, deflated)


def _refuse_overlap(archive: Archive) -> None:
    end = 0
    for member in sorted(archive.members, key=lambda member: member.start):
        if member.start < end:
            raise archive.damaged(f"{member.name} lies over another member")
        end = member.start + _HEAD + member.packed
    if end > archive.stamp.size:
        raise archive.damaged("members lie behind its end")


class _Window:
    """An open file as zipfile wants it, which hands out a directory's worth of bytes at most."""

    def __init__(self, file: OpenFile) -> None:
        self._file = file
        self._place = 0

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        self._place = offset + {SEEK_SET: 0, SEEK_CUR: self._place, SEEK_END: self._file.size}[whence]
        if self._place < 0:
            raise OSError("a place before the file")
        return self._place

    def read(self, count: int = -1) -> bytes:
        left = max(0, self._file.size - self._place)
        count = left if count < 0 else min(count, left)
        if count > MAX_DIRECTORY:
            raise InputError(f"{self._file.path} has a directory of {count:,} bytes, and {MAX_DIRECTORY:,} are read")
        data = self._file.read_at(self._place, count)
        self._place += count
        return data
