"""The files that a person names for an input: one, a folder of them, or a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable
from glob import glob, has_magic
from pathlib import Path

from nnbuild.errors import InputError
from nnbuild.formats.images import SUFFIXES

_ENDINGS = (*SUFFIXES, ".npy", ".npz")


def expanded(path: Path) -> list[Path]:
    """The files that the path stands for, in the order of their names with numbers as numbers.

    A folder stands for the images and arrays in it, a pattern (`photos/*.jpg`, `**/*.png`) for what it matches; a file
    whose own name looks like a pattern is that file. Raises InputError where there are none.
    """
    if path.is_dir():
        found = [file for file in path.iterdir() if file.suffix.lower() in _ENDINGS and not file.name.startswith(".")]
        if not found:
            raise InputError(
                f"the folder {path} holds no images and no arrays", hint=f"they end in {', '.join(_ENDINGS)}"
            )
        return _sorted(found)
    if has_magic(str(path)) and not path.exists():
        matches = map(Path, glob(str(path), recursive=True))  # noqa: PTH207, whose patterns may not be absolute
        found = [file for file in matches if not file.is_dir()]
        if not found:
            raise InputError(f"no file matches {path}")
        return _sorted(found)
    return [path]


def _sorted(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: [int(part) if part.isdecimal() else part for part in _parts(path)])


def _parts(path: Path) -> list[str]:
    """Text and numbers in turn, so that 2.jpg comes before 10.jpg."""
    return re.split(r"(\d{1,18})", str(path))
