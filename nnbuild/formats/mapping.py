"""A file in memory without being read: its pages are touched when somebody looks at them."""

from __future__ import annotations

import mmap
from pathlib import Path

from nnbuild.errors import InputError


def mapped(path: Path) -> memoryview:
    """The bytes of a file, read only. Raises InputError."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b"")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
