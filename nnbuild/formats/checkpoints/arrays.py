"""NumPy's arrays inside a pickle: their bytes stand in it."""

from __future__ import annotations

from math import prod
from typing import Any

from nnbuild.formats.checkpoints.dtypes import DTYPES, Dtype
from nnbuild.formats.checkpoints.tensors import MAX_AXES, Storage, Tensor, Unreadable
from nnbuild.formats.tensors import BFLOAT16

_BY_CODE = {dtype.code: dtype for dtype in DTYPES.values() if dtype.code and dtype.name != BFLOAT16}


class StoredDtype:
    """numpy.dtype(code, align, copy), with its byte order set by its state."""

    def __init__(self, code: Any, *rest: Any) -> None:
        text = code if isinstance(code, str) else ""
        self.order = text[0] if text[:1] in "<>" and text else "<"
        self.code = text.lstrip("<>|=")

    def set_state(self, state: Any) -> None:
        """(version, byte order, ...)."""
        if isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">"):
            self.order = state[1]

    def known(self) -> Dtype | None:
        """The dtype, if it is one of numbers."""
        return _BY_CODE.get({"b1": "b1", "?": "b1"}.get(self.code, self.code))


class StoredArray:
    """An array, empty until its state comes: (version, shape, dtype, Fortran's order, bytes)."""

    def __init__(self, *args: Any) -> None:
        self.value: Tensor | Unreadable = Unreadable("has no values", (), "unknown")

    def set_state(self, state: Any) -> None:
        """Take shape, dtype and bytes."""
        if not isinstance(state, tuple) or len(state) != 5:
            raise ValueError("the state of an array that is none")
        _, shape, dtype, fortran, data = state
        self.value = _tensor(shape, dtype, bool(fortran), data)

    @classmethod
    def from_buffer(cls, data: Any, dtype: Any, shape: Any, order: Any = "C") -> StoredArray:
        """numpy.core.numeric._frombuffer, of protocol 5."""
        made = cls()
        made.value = _tensor(shape, dtype, order == "F", data)
        return made


def _tensor(shape: Any, dtype: Any, fortran: bool, data: Any) -> Tensor | Unreadable:
    if not isinstance(dtype, StoredDtype) or not isinstance(shape, tuple) or len(shape) > MAX_AXES:
        raise ValueError("the state of an array that is none")
    known = dtype.known()
    if known is None or isinstance(data, list):
        return Unreadable(f"is a NumPy array of {dtype.code}, which is not read", shape, dtype.code)
    raw = data.encode("latin-1") if isinstance(data, str) else data
    if not isinstance(raw, bytes) or not all(type(size) is int and size >= 0 for size in shape):
        raise ValueError("the state of an array that is none")
    steps = shape if fortran else shape[::-1]
    strides = [prod(steps[:place]) for place in range(len(steps))]
    storage = Storage(id(raw), known, len(raw), lambda: memoryview(raw), dtype.order)
    return Tensor(storage, known, 0, shape, tuple(strides if fortran else strides[::-1]))
