"""Writing results: sample after sample into temporary files, which take the target's place when all is well."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from math import prod
from pathlib import Path

import numpy as np

from nnbuild.errors import InputError
from nnbuild.formats.hidden_folder import HiddenFolder
from nnbuild.formats.member_names import ENDING, MemberNames

SUFFIXES = (".npy", ".npz")


class OutputFile:
    """A .npy or .npz file in the making. As a context manager: complete on leaving it, untouched after an error.

    Params: path, the target, a file or a new name; samples, the size of the first axis of what is appended in parts;
    sources, files that are read meanwhile.
    Raises: InputError, at once, for a path that cannot be written, is one of the sources or is neither .npy nor .npz.
    """

    def __init__(self, path: Path, samples: int, sources: Iterable[Path] = ()) -> None:
        if path.suffix not in SUFFIXES:
            raise InputError(f"{path} is neither a .npy nor a .npz file", hint="give the output one of these endings")
        self.path = path
        self.samples = samples
        self.members = MemberNames()
        self._mode = _mode_of(path)
        if self._mode is not None:
            _refuse_source(path, sources)
        self._parts: dict[str, _Part] = {}

    def append(self, name: str, array: np.ndarray, whole: bool) -> None:
        """Add samples to the array of this name; `whole`: it comes in one piece, whatever its axes."""
        part = self._parts.get(name)
        if part is None and self.path.suffix == ".npy" and self._parts:
            raise InputError(f"{self.path} can hold one array only, and there are several", hint="name it .npz")
        with _telling(self.path):
            if part is None:
                shape = array.shape if whole else (self.samples, *array.shape[1:])
                place = self._folder.path / f"{len(self._parts)}{ENDING}"
                part = self._parts[name] = _Part(name, place, shape, array.dtype)
            part.append(array)

    def __enter__(self) -> OutputFile:
        with _telling(self.path):
            self._folder = HiddenFolder(self.path.parent)
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            if kind is None and self._parts:
                self._check()
                with _telling(self.path):
                    self._finish()
        finally:
            self._folder.remove()

    def _check(self) -> None:
        for name, part in self._parts.items():
            if not part.complete:
                raise InputError(
                    f"{name} does not come with one part for each batch, so it cannot be put together",
                    hint=f"run all at once: --batch {self.samples}",
                )

    def _finish(self) -> None:
        """Put the file in its place, once all of it is on the disk."""
        made = next(iter(self._parts.values())).path if self.path.suffix == ".npy" else self._packed()
        _settle(made, os.O_RDWR)
        if self._mode is not None:
            made.chmod(self._mode)
        made.replace(self.path)
        with suppress(OSError):  # not every system opens folders
            _settle(self.path.parent, os.O_RDONLY)

    def _packed(self) -> Path:
        packed = self._folder.path / "packed"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED, allowZip64=True, strict_timestamps=False) as archive:
            for name, part in self._parts.items():
                archive.write(part.path, self.members[name] + ENDING)
        return packed


class _Part:
    """One array on its way: the header for all of it, then its data as it comes."""

    def __init__(self, name: str, path: Path, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self.name, self.path, self.shape, self.dtype = name, path, shape, dtype
        self._missing = prod(shape)
        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        with path.open("xb") as file:
            np.lib.format.write_array_header_1_0(file, header)

    def append(self, array: np.ndarray) -> None:
        if array.dtype != self.dtype or array.shape[1:] != self.shape[1:] or array.ndim != len(self.shape):
            raise InputError(
                f"a part of {self.name} is {array.dtype} {array.shape} and does not go into {self.dtype} {self.shape}"
            )
        self._missing -= array.size
        if array.size:
            with self.path.open("ab") as file:  # not held open: there may be more arrays than files may be
                file.write(np.ascontiguousarray(array).data)

    @property
    def complete(self) -> bool:
        """Whether as much came as the header promises."""
        return self._missing == 0


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    """What the system refuses is told as what it means for the output."""
    try:
        yield
    except OSError as error:  # a full disk, mostly
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from None


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
