"""Writing a file of bytes whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from nnbuild.errors import InputError


def write_whole(path: Path, data: bytes) -> None:
    """Put the bytes into the file, which is the old one or none until all are there. Raises InputError."""
    if path.is_dir() or not path.parent.is_dir():
        where = f"{path} is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise InputError(f"{path} cannot be written: {where}")
    if path.exists() and not path.is_file():  # a device or a pipe, which nothing can take the place of
        path.write_bytes(data)
        return
    try:
        target = path.resolve()
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        _take_place(Path(name), target, mode)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None


def _take_place(made: Path, target: Path, mode: int) -> None:
    try:
        made.chmod(mode)
        made.replace(target)
    except OSError:
        made.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
