"""A tensor in a file: known by its header, read when somebody wants the values."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from nnbuild.errors import InputError
from nnbuild.lazy import np

if TYPE_CHECKING:
    from nnbuild.formats.array_source import ArraySource

#: A dtype that NumPy lacks: the upper half of float32, as which it is read.
BFLOAT16 = "bfloat16"


class FileTensor:
    """A tensor whose values are still in its file.

    Params: shape; dtype, as the file has it, by torch's name; nbytes, of its values in that dtype; read, gives them,
    perhaps as a view of the mapped file that cannot be written; storage, the same for tensors that are one in the file;
    problem, why it cannot be read, and hint, what to do about it.
    """

    __slots__ = ("_read", "dtype", "hint", "nbytes", "problem", "shape", "storage")

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: str,
        nbytes: int,
        read: Callable[[], np.ndarray] | None,
        storage: object = None,
        problem: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self.nbytes = nbytes
        self.storage = storage
        self.problem = problem
        self.hint = hint
        self._read = read

    @classmethod
    def of(cls, array: np.ndarray) -> FileTensor:
        """The tensor of an array in memory."""
        return cls(array.shape, array.dtype.name, array.nbytes, lambda: array, id(array))

    @classmethod
    def stored(cls, source: ArraySource) -> FileTensor:
        """The tensor of an array in a file."""
        problem = None if source.dtype.kind in "fiubc" else f"holds {source.dtype}, not numbers"
        read, storage = (source.whole, id(source)) if problem is None else (None, None)
        dtype, nbytes = (BFLOAT16, source.nbytes // 2) if source.widened else (source.dtype.name, source.nbytes)
        return cls(source.shape, dtype, nbytes, read, storage, problem)

    def numel(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    def read(self, name: str, path: Path) -> np.ndarray:
        """The values, bfloat16 as float32. Params: name and path, for messages. Raises: InputError for no values."""
        if self._read is None:
            raise InputError(f"{name} in {path} {self.problem}", hint=self.hint)
        return self._read()

    def row_bytes(self, name: str, path: Path) -> memoryview:
        """The values as files have them: row after row, the least byte of a number first. Params: as of `read`."""
        array = self.read(name, path)
        if self.dtype == BFLOAT16:
            array = (array.view(np.uint32) >> 16).astype(np.uint16)
        rows = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        return rows.reshape(-1).view(np.uint8).data
