"""Writing results: sample after sample into temporary files, which take the target's place when all is well."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable, Sequence
from math import prod
from pathlib import Path

import numpy as np

from nnbuild.errors import InputError
from nnbuild.formats.member_names import ENDING, MemberNames
from nnbuild.formats.target import Target

SUFFIXES = (".npy", ".npz", ".csv")

#: The endings of files that hold one array only.
SINGLE = (".npy", ".csv")


class OutputFile:
    """A .npy or .npz file in the making. As a context manager: complete on leaving it, untouched after an error.

    Params: path, the target, a file or a new name; samples, the size of the first axis of what is appended in parts;
    sources, files that are read meanwhile; columns and rows, names for a .csv of the elements and of the samples.
    Raises: InputError, at once, for a path that cannot be written, is one of the sources or has another ending.
    """

    def __init__(
        self,
        path: Path,
        samples: int,
        sources: Iterable[Path] = (),
        columns: Sequence[str] = (),
        rows: Sequence[str] = (),
    ) -> None:
        if path.suffix not in SUFFIXES:
            raise InputError(f"{path} is not a .npy, .npz or .csv file", hint="give the output one of these endings")
        self._columns, self._rows = columns, rows
        self.path = path
        self.samples = samples
        self.members = MemberNames()
        self._target = Target(path, sources)
        self._parts: dict[str, _Part] = {}

    def append(self, name: str, array: np.ndarray, whole: bool) -> None:
        """Add samples to the array of this name; `whole`: it comes in one piece, whatever its axes."""
        part = self._parts.get(name)
        if part is None and self.path.suffix in SINGLE and self._parts:
            raise InputError(f"{self.path} can hold one array only, and there are several", hint="name it .npz")
        with self._target.telling():
            if part is None:
                shape = array.shape if whole else (self.samples, *array.shape[1:])
                place = self._folder.path / f"{len(self._parts)}{ENDING}"
                part = self._parts[name] = _Part(name, place, shape, array.dtype)
            part.append(array)

    def __enter__(self) -> OutputFile:
        self._folder = self._target.folder()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            if kind is None and self._parts:
                self._check()
                with self._target.telling():
                    make = {".npy": self._only, ".npz": self._packed, ".csv": self._written_out}[self.path.suffix]
                    made = make()
                self._target.take(made)
        finally:
            self._folder.remove()

    def _check(self) -> None:
        for name, part in self._parts.items():
            if not part.complete:
                raise InputError(
                    f"{name} does not come with one part for each batch, so it cannot be put together",
                    hint=f"run all at once: --batch {self.samples}",
                )

    def _only(self) -> Path:
        (part,) = self._parts.values()
        return part.path

    def _written_out(self) -> Path:
        """A line a sample: its name, if samples have names, and its elements."""
        array = np.load(self._only(), mmap_mode="r")
        table = array.reshape(len(array) if array.ndim else 1, -1)
        columns = self._columns if len(self._columns) == table.shape[1] else range(table.shape[1])
        names = self._rows if len(self._rows) == len(table) else ()
        written = self._folder.path / "written"
        with written.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow([*(["file"] if names else []), *columns])
            for place, row in enumerate(table):
                lines.writerow([*names[place : place + 1], *row.tolist()])
        return written

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
