"""The file that an output becomes: what it may be, and how what is made takes its place."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nnbuild.errors import InputError
from nnbuild.formats.hidden_folder import HiddenFolder


class Target:
    """A file to write, complete or not at all: a regular one, or a new name.

    Params: sources, files that are read meanwhile.
    Raises: InputError, at once, for a folder, a link, a pipe, a device, and for one of the sources.
    """

    def __init__(self, path: Path, sources: Iterable[Path] = ()) -> None:
        self.path = path
        self._mode = _mode_of(path)
        if self._mode is not None:
            _refuse_source(path, sources)

    def folder(self) -> HiddenFolder:
        """A folder for what is made."""
        with self.telling():
            return HiddenFolder(self.path.parent)

    def take(self, made: Path) -> None:
        """Put what is made in its place, with the permissions of what was there, once all of it is on the disk."""
        with self.telling():
            _settle(made, os.O_RDWR)
            if self._mode is not None:
                made.chmod(self._mode)
            made.replace(self.path)
            with suppress(OSError):  # not every system opens folders
                _settle(self.path.parent, os.O_RDONLY)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Context: what the system refuses is told as what it means for the output."""
        try:
            yield
        except OSError as error:  # a full disk, mostly
            raise InputError(f"{self.path} cannot be written: {error.strerror or error}") from None


def _mode_of(path: Path) -> int | None:
    """The permissions of the file that is there, None for a new one. Raises InputError for what is not a file."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if path.parent.is_dir():
            return None
        raise InputError(f"{path} cannot be written: there is no folder {path.parent}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be written: {getattr(error, 'strerror', error)}") from None
    if stat.S_ISREG(mode):
        return mode & 0o777
    if stat.S_ISDIR(mode):
        raise InputError(f"{path} cannot be written: {path} is a folder")
    if stat.S_ISLNK(mode):
        hint = "name the file that it leads to, or remove the link"
        raise InputError(f"{path} is a link, and outputs do not go through links", hint=hint)
    raise InputError(f"{path} cannot be written: it is a pipe or a device, not a file")


def _refuse_source(path: Path, sources: Iterable[Path]) -> None:
    for source in sources:
        with suppress(OSError):
            if path.samefile(source):
                other = "" if path == source else f", {source},"
                raise InputError(
                    f"{path} cannot be written: it is a file{other} that this run reads", hint="name another output"
                )


def _settle(path: Path, flags: int) -> None:
    """Wait until the disk has it."""
    file = os.open(path, flags)
    try:
        os.fsync(file)
    finally:
        os.close(file)
