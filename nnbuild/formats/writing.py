"""Writing results: sample after sample into temporary files, which take the target's place when all is well."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from math import prod
from pathlib import Path
from typing import IO

import numpy as np

from nnbuild.errors import InputError

SUFFIXES = (".npy", ".npz")


class OutputFile:
    """A .npy or .npz file in the making. As a context manager: complete on leaving it, untouched after an error.

    Params: path, the target; samples, the size of the first axis of what is appended in parts.
    Raises: InputError, at once, for a path that cannot be written or is neither .npy nor .npz.
    """

    def __init__(self, path: Path, samples: int) -> None:
        if path.suffix not in SUFFIXES:
            raise InputError(f"{path} is neither a .npy nor a .npz file", hint="give the output one of these endings")
        if path.is_dir() or not path.parent.is_dir():
            where = f"{path} is a folder" if path.is_dir() else f"there is no folder {path.parent}"
            raise InputError(f"{path} cannot be written: {where}")
        self.path = path
        self.samples = samples
        self._parts: dict[str, _Part] = {}
        try:
            self._folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror}") from None

    def append(self, name: str, array: np.ndarray, whole: bool) -> None:
        """Add samples to the array of this name; `whole`: it comes in one piece, whatever its axes."""
        if name not in self._parts:
            if self.path.suffix == ".npy" and self._parts:
                raise InputError(f"{self.path} can hold one array only, and there are several", hint="name it .npz")
            shape = array.shape if whole else (self.samples, *array.shape[1:])
            self._parts[name] = _Part(self._folder / f"{len(self._parts)}.npy", shape, array.dtype)
        try:
            self._parts[name].append(array)
        except OSError as error:  # a full disk, mostly
            raise InputError(f"{self.path} cannot be written: {error.strerror}") from None

    def __enter__(self) -> OutputFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            for part in self._parts.values():
                part.close()
            if kind is None and self._parts:
                self._check()
                self._finish()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _check(self) -> None:
        for name, part in self._parts.items():
            if not part.complete:
                raise InputError(
                    f"{name} does not come with one part for each batch, so it cannot be put together",
                    hint=f"run all at once: --batch {self.samples}",
                )

    def _finish(self) -> None:
        try:
            if self.path.suffix == ".npy":
                next(iter(self._parts.values())).path.replace(self.path)
                return
            packed = self._folder / "packed"
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
                for name, part in self._parts.items():
                    archive.write(part.path, f"{name}.npy")
            packed.replace(self.path)
        except OSError as error:
            raise InputError(f"{self.path} cannot be written: {error.strerror}") from None


class _Part:
    """One array on its way: the header for all of it, then its data as it comes."""

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self.path = path
        self._missing = prod(shape)
        self._file: IO[bytes] = path.open("wb")
        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, header)

    def append(self, array: np.ndarray) -> None:
        self._missing -= array.size
        self._file.write(np.ascontiguousarray(array).data if array.size else b"")

    @property
    def complete(self) -> bool:
        """Whether as much came as the header promises."""
        return self._missing == 0

    def close(self) -> None:
        self._file.close()
