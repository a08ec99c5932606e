"""Opening files for reading: regular files only, without waiting for one, of a bounded size."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from nnbuild.errors import InputError

#: What a path may lead to beside a regular file.
_KINDS = (
    (stat.S_ISDIR, errno.EISDIR, os.strerror(errno.EISDIR)),
    (stat.S_ISFIFO, errno.EINVAL, "it is a pipe, not a file"),
    (stat.S_ISSOCK, errno.EINVAL, "it is a socket, not a file"),
    (lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode), errno.EINVAL, "it is a device, not a file"),
)

#: A device may act on being opened, and a pipe waits for its other end.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class Stamp(NamedTuple):
    """What tells one state of a file from another."""

    device: int
    inode: int
    size: int
    modified: int


class OpenFile:
    """A regular file, read at any place. What is asked for is given whole: one that has shrunk is an error.

    Params: limit, the bytes that it may have; stamp, the state in which it was seen before.
    Raises: OSError with a reason to show, for anything but a regular file within the limit; InputError where the file
    is no longer what it was.
    """

    def __init__(self, path: Path, limit: int | None = None, stamp: Stamp | None = None) -> None:
        self.path = path
        _refuse_others(path.stat())  # before it is opened
        self._file = open(os.open(path, _FLAGS), "rb", buffering=0)  # noqa: PTH123, SIM115
        try:
            found = os.fstat(self._file.fileno())
            _refuse_others(found)
            self.stamp = Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
            self.size = found.st_size
            if limit is not None and self.size > limit:
                raise OSError(errno.EFBIG, f"it has {self.size:,} bytes, and {limit:,} are read at most")
            if stamp is not None and stamp != self.stamp:
                raise changed(path)
        except BaseException:
            self._file.close()
            raise

    def read_at(self, start: int, count: int) -> bytes:
        """So many bytes from this place on. Raises InputError where they are not there."""
        data = bytearray(count)
        self.fill(start, data)
        return bytes(data)

    def fill(self, start: int, buffer: Any) -> None:
        """Fill a writable buffer of bytes with those from this place on. Raises InputError where they are not there."""
        view = memoryview(buffer)
        self._file.seek(start)
        done = 0
        while done < len(view):
            count = self._file.readinto(view[done:])
            if not count:
                raise changed(self.path)
            done += count

    def mapped(self) -> memoryview:
        """All of it, read only, in pages that are touched when somebody looks at them."""
        import mmap

        return memoryview(mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) if self.size else b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None
    ) -> None:
        self._file.close()


def read_whole(path: Path, limit: int) -> bytes:
    """The bytes of a regular file. Raises OSError, also for a larger one; InputError."""
    with OpenFile(path, limit) as file:
        return file.read_at(0, file.size)


def unreadable(path: Path, error: OSError | ValueError) -> InputError:
    """What is said of a file that cannot be read."""
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path} does not exist")
    return InputError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}")


def changed(path: Path) -> InputError:
    """What is said of a file that somebody writes while it is read."""
    return InputError(f"{path} has changed while it was read", hint="wait until it is written")


def _refuse_others(found: os.stat_result) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    for is_kind, number, words in _KINDS:
        if is_kind(found.st_mode):
            raise OSError(number, words)
    raise OSError(errno.EINVAL, "it is not a regular file")
