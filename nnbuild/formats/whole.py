"""Writing a file of bytes whole or not at all."""

from __future__ import annotations

from pathlib import Path

from nnbuild.formats.hidden_folder import HiddenFolder
from nnbuild.formats.place import Place, telling


def write_whole(path: Path, data: bytes) -> None:
    """Put the bytes into the file, which is the old one or none until all are there. Raises InputError."""
    place = Place(path)
    with telling(path):
        folder = HiddenFolder(path.parent)
        try:
            made = folder.path / "whole"
            made.write_bytes(data)
            place.take(made)
        finally:
            folder.remove()
