"""A file in memory without being read."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from nnbuild.errors import InputError
from nnbuild.formats.opening import OpenFile, Stamp, unreadable


class MappedFile(NamedTuple):
    """A file's bytes, read only. Params: stamp, the state in which it was mapped."""

    path: Path
    data: memoryview
    stamp: Stamp

    def part(self, start: int, size: int) -> memoryview:
        """Bytes of the file as it was when it was mapped. Raises InputError where it has changed."""
        try:
            with OpenFile(self.path, stamp=self.stamp):
                return self.data[start : start + size]
        except OSError as error:
            raise unreadable(self.path, error) from None


def mapped(path: Path) -> MappedFile:
    """Map a regular file. Raises InputError."""
    try:
        with OpenFile(path) as file:
            return MappedFile(path, file.mapped(), file.stamp)
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
