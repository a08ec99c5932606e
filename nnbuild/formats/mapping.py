"""A file in memory without being read: its pages are touched when somebody looks at them."""

from __future__ import annotations

import mmap
from pathlib import Path

from nnbuild.formats.opening import OpenFile, unreadable


def mapped(path: Path) -> memoryview:
    """The bytes of a file, read only. Raises InputError."""
    try:
        with OpenFile(path) as file:
            return memoryview(mmap.mmap(file.number, 0, access=mmap.ACCESS_READ) if file.size else b"")
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
