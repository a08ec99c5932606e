"""Tensors over storages, as a checkpoint has them: sizes and strides checked before anything is read."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

from nnbuild.formats.checkpoints.dtypes import DTYPES, Dtype
from nnbuild.formats.checkpoints.records import Name
from nnbuild.formats.memory import available_memory, in_gigabytes
from nnbuild.formats.tensors import BFLOAT16, FileTensor
from nnbuild.lazy import np

MAX_AXES = 64


class Storage(NamedTuple):
    """A stretch of a file. Params: key, the same for one storage; data, gives its bytes; order, of a number's bytes."""

    key: object
    dtype: Dtype
    nbytes: int
    data: Callable[[], memoryview]
    order: str = "<"


class Unreadable(NamedTuple):
    """A tensor that is there and cannot be read. Params: problem, as said of it; hint, what to do in PyTorch."""

    problem: str
    shape: Any
    dtype: str
    hint: str | None = None

    def damage(self) -> str | None:
        """What is wrong with it, where something is."""
        return None if _are_sizes(self.shape) and len(self.shape) <= MAX_AXES else "has a shape that cannot be"

    def of_file(self) -> FileTensor:
        """The tensor for those who want to know of it."""
        return FileTensor(tuple(self.shape), self.dtype, 0, None, problem=self.problem, hint=self.hint)


class Tensor(NamedTuple):
    """A view of a storage: offset and strides in elements. Params: conjugated, negated, what is done to the values."""

    storage: Storage
    dtype: Dtype
    offset: Any
    shape: Any
    strides: Any
    conjugated: bool = False
    negated: bool = False

    def damage(self) -> str | None:
        """What is wrong with it, where something is."""
        shape, strides, offset = self.shape, self.strides, self.offset
        if not (_are_sizes(shape) and _are_sizes(strides) and _are_sizes((offset,))):
            return (
                f"has a shape, strides or an offset that cannot be: {_brief(shape)}, {_brief(strides)}, {offset!r:.40}"
            )
        if len(shape) != len(strides) or len(shape) > MAX_AXES:
            return f"has {len(shape)} axes and {len(strides)} strides"
        size = self.dtype.itemsize
        last = offset + sum((length - 1) * stride for length, stride in zip(shape, strides, strict=True))
        if prod(shape) and (last + 1) * size > self.storage.nbytes:
            return (
                f"reaches to byte {(last + 1) * size:,} of a storage of {self.storage.nbytes:,}: the file is cut short"
                " or its header wrong"
            )
        total = prod(shape) * size
        if total > self.storage.nbytes and total > available_memory():
            elements = f"{prod(shape):,}" if prod(shape) < 1 << 62 else "more than 2 ** 62"
            free = in_gigabytes(available_memory())
            return f"expands {self.storage.nbytes:,} bytes to {elements} elements, and {free} of memory are free"
        return None

    def of_file(self) -> FileTensor:
        """The tensor for those who want its values."""
        shape, nbytes = tuple(self.shape), prod(self.shape) * self.dtype.itemsize
        if self.dtype.code is None:
            return FileTensor(
                shape, self.dtype.name, nbytes, None, self._place, f"is {self.dtype.name}, which is not read"
            )
        return FileTensor(shape, self.dtype.name, nbytes, self._values, self._place)

    @property
    def _place(self) -> object:
        """The same for tensors that are the same view."""
        view = (self.offset, tuple(self.shape), tuple(self.strides), self.conjugated, self.negated)
        return (self.storage.key, self.dtype.name, view)

    def _values(self) -> np.ndarray:
        dtype = np.dtype(f"{self.storage.order}{self.dtype.code}")
        if not prod(self.shape):
            array: np.ndarray = np.empty(tuple(self.shape), dtype.newbyteorder("="))
        else:
            strides = [stride * dtype.itemsize for stride in self.strides]
            data, offset = self.storage.data(), self.offset * dtype.itemsize
            array = np.ndarray(tuple(self.shape), dtype, data, offset, strides)
            array = array.astype(dtype.newbyteorder("="), copy=False)
        if dtype.kind == "b":
            array = array.view(np.uint8) != 0  # a file may hold other bytes than 0 and 1
        if self.dtype.name == BFLOAT16:
            array = (array.astype(np.uint32) << 16).view(np.float32)
        array = array.conj() if self.conjugated else array
        return -array if self.negated else array


def _are_sizes(values: Any) -> bool:
    return isinstance(values, (tuple, list)) and all(type(value) is int and 0 <= value < 1 << 62 for value in values)


def _brief(values: Any) -> str:
    if isinstance(values, (tuple, list)) and all(isinstance(value, int) for value in values[:9]):
        return f"({', '.join(map(str, values[:8]))}{', ...' * (len(values) > 8)})"
    return "no sizes"


def rebuilt(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any = False,
    hooks: Any = None,
    metadata: Any = None,
) -> Tensor:
    """torch._utils._rebuild_tensor_v2."""
    if not isinstance(storage, Storage):
        raise ValueError("a tensor over what is no storage")
    flags = metadata if isinstance(metadata, dict) else {}
    return Tensor(storage, storage.dtype, offset, size, stride, flags.get("conj") is True, flags.get("neg") is True)


def rebuilt_with_dtype(
    storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any, hooks: Any, dtype: Any, metadata: Any = None
) -> Tensor | Unreadable:
    """torch._utils._rebuild_tensor_v3: the storage counts bytes, the tensor says what they are."""
    made = rebuilt(storage, offset, size, stride, requires_grad, hooks, metadata)
    name = dtype.text.rpartition(".")[2] if isinstance(dtype, Name) else "unknown"
    known = DTYPES.get(name)
    if known is None:
        return Unreadable(f"is of the dtype {name}, which is not read", size, name)
    return made._replace(dtype=known)
