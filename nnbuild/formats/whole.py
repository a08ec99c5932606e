"""Writing a file of bytes whole or not at all."""

from __future__ import annotations

from pathlib import Path

from nnbuild.formats.target import Target


def write_whole(path: Path, data: bytes) -> None:
    """Put the bytes into the file, which is the old one or none until all are there. Raises InputError."""
    target = Target(path)
    folder = target.folder()
    try:
        made = folder.path / "whole"
        with target.telling():
            made.write_bytes(data)
        target.take(made)
    finally:
        folder.remove()
