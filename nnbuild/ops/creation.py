"""New tensors: of one value, in steps, from numbers. In a trace they are nodes, and nothing is allocated.

`device` and `requires_grad` are taken as torch takes them and change nothing: everything is on the CPU.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import listed_shape, spread, whole
from nnbuild.ops.dtypes import DEFAULT_FLOAT, named, promote, result_type
from nnbuild.ops.memory_format import check_format
from nnbuild.ops.op import Op, creation, op, takes_complex
from nnbuild.ops.reach import UNSEEN, Kept, Reaches
from nnbuild.ops.spec import TensorSpec

Sizes = int | Sequence[int]


def made(sizes: tuple[Any, ...], dtype: Any, default: str = DEFAULT_FLOAT) -> TensorSpec:
    """The spec of a new tensor of these sizes, of the default dtype unless one is asked for."""
    shape = spread(sizes, "size")
    if any(size < 0 for size in shape):
        raise ShapeError(f"wants sizes of at least 0 and gets {shape}", option="size")
    return TensorSpec(shape, default if dtype is None else named(dtype))


def _filled(size: tuple[Any, ...], value: Any, dtype: Any) -> np.ndarray:
    return np.full(spread(size, "size"), value, dtype=None if dtype is None else named(dtype))


def no_tensors() -> dict[str, Reaches]:
    """The axes facet of an op that takes no tensors."""
    return {}


def _sizes_alone() -> dict[str, Reaches]:
    return {"input": UNSEEN}


@creation
def zeros(*size: Sizes, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> np.ndarray:
    """A tensor of zeros, of float32 unless said."""
    return np.zeros(spread(size, "size"), named(dtype or DEFAULT_FLOAT))


@creation
def ones(*size: Sizes, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> np.ndarray:
    """A tensor of ones, of float32 unless said."""
    return np.ones(spread(size, "size"), named(dtype or DEFAULT_FLOAT))


def _of_sizes(size: tuple[Sizes, ...], dtype: Any) -> TensorSpec:
    return made(size, dtype)


zeros.shape(_of_sizes)
ones.shape(_of_sizes)
zeros.axes(no_tensors)
ones.axes(no_tensors)
empty = zeros.alias("empty")


@creation
def full(
    size: Sizes, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> np.ndarray:
    """A tensor of one value, of the value's own dtype unless said."""
    return _filled((size,), fill_value, dtype)


@full.shape
def _(size: Sizes, fill_value: Any, dtype: Any) -> TensorSpec:
    return made((size,), dtype, result_type(fill_value))


full.axes(no_tensors)


@op
def zeros_like(
    input: np.ndarray,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: str | None = None,
) -> np.ndarray:
    """Zeros of the input's shape and dtype, or of another dtype."""
    return np.zeros(input.shape, named(dtype or input.dtype.name))


@op
def ones_like(
    input: np.ndarray,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: str | None = None,
) -> np.ndarray:
    """Ones of the input's shape and dtype, or of another dtype."""
    return np.ones(input.shape, named(dtype or input.dtype.name))


def _like(input: TensorSpec, dtype: Any, memory_format: Any) -> TensorSpec:
    check_format(memory_format, input.ndim)
    return made((input.shape,), dtype, input.dtype)


zeros_like.shape(_like)
ones_like.shape(_like)
zeros_like.axes(_sizes_alone)
ones_like.axes(_sizes_alone)
empty_like = zeros_like.alias("empty_like")


@op
def full_like(
    input: np.ndarray,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: str | None = None,
) -> np.ndarray:
    """One value in the input's shape and dtype, or in another dtype."""
    return _filled((input.shape,), fill_value, dtype)


full_like.shape(_like)
full_like.axes(_sizes_alone)


@op
def new_zeros(
    input: np.ndarray, *size: Sizes, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> np.ndarray:
    """Zeros of these sizes in the input's dtype, or in another."""
    return np.zeros(spread(size, "size"), named(dtype or input.dtype.name))


@op
def new_ones(
    input: np.ndarray, *size: Sizes, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> np.ndarray:
    """Ones of these sizes in the input's dtype, or in another."""
    return np.ones(spread(size, "size"), named(dtype or input.dtype.name))


def _new(input: TensorSpec, size: tuple[Sizes, ...], dtype: Any) -> TensorSpec:
    return made(size, dtype, input.dtype)


new_zeros.shape(_new)
new_ones.shape(_new)
new_zeros.axes(_sizes_alone)
new_ones.axes(_sizes_alone)
new_empty = new_zeros.alias("new_empty")


@op
def new_full(
    input: np.ndarray,
    size: Sizes,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> np.ndarray:
    """One value in these sizes, in the input's dtype or in another."""
    return _filled((size,), fill_value, dtype)


@new_full.shape
def _(input: TensorSpec, size: Sizes, dtype: Any) -> TensorSpec:
    return made((size,), dtype, input.dtype)


new_full.axes(_sizes_alone)


class _Steps(Op):
    """An op from a start to an end: the end alone is enough, by its name too."""

    def bind(self, args: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
        if not args and "end" in options:
            options = {"start": 0, **options}
        return super().bind(args, options)


def _arange(
    start: float,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> np.ndarray:
    """Numbers from start (0 if only the end is given) to below end: int64 if all are whole, else float32."""
    start, end = (0, start) if end is None else (start, end)
    return start + step * np.arange(math.ceil((end - start) / step))


arange = _Steps(_arange, "arange")
arange.creates = True


@arange.shape
def _(start: float, end: float | None, step: float, dtype: Any) -> TensorSpec:
    start, end = (0, start) if end is None else (start, end)
    kind = result_type(start, end, step)
    if step == 0 or (end - start) / step < 0:
        raise ShapeError(f"cannot go from {start} to {end} in steps of {step}", option="step")
    return made((math.ceil((end - start) / step),), dtype, kind)


arange.axes(no_tensors)


@creation
def linspace(
    start: float, end: float, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> np.ndarray:
    """`steps` numbers from start to end, both among them, at equal distances."""
    return np.linspace(start, end, steps)


@linspace.shape
def _(steps: int, dtype: Any) -> TensorSpec:
    return made((whole(steps, "steps"),), dtype)


linspace.axes(no_tensors)


@creation
def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> np.ndarray:
    """The matrix (n, m) with ones on the diagonal; m is n unless said."""
    return np.eye(n, m)


@eye.shape
def _(n: int, m: int | None, dtype: Any) -> TensorSpec:
    return made((n, n if m is None else m), dtype)


eye.axes(no_tensors)


@creation
def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> np.ndarray:
    """A tensor of numbers in lists in lists: bool, int64 or float32, as they are."""
    return np.array(data, dtype=None if dtype is None else named(dtype))


@tensor.shape
def _(data: Any, dtype: Any) -> TensorSpec:
    return made((listed_shape(data),), dtype, _listed_dtype(data) or DEFAULT_FLOAT)


tensor.axes(no_tensors)


def _listed_dtype(data: Any) -> str | None:
    if not isinstance(data, tuple | list):
        return result_type(data)
    kinds = [kind for kind in map(_listed_dtype, data) if kind]
    result = kinds[0] if kinds else None
    for kind in kinds[1:]:
        result = promote(result or kind, kind)
    return result


def _triangle_size(row: int, col: int, offset: int, lower: bool) -> int:
    below = [min(max(place + offset + 1, 0), col) for place in range(row)]
    return sum(below) if lower else row * col - sum(min(max(place + offset, 0), col) for place in range(row))


def _triangle(lower: bool) -> Op:
    def kernel(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None) -> np.ndarray:
        return np.stack(np.tril_indices(row, offset, col) if lower else np.triu_indices(row, offset, col))

    def shape(row: int, col: int, offset: int, dtype: Any) -> TensorSpec:
        return made((2, _triangle_size(row, col, offset, lower)), dtype, "int64")

    triangle = creation(kernel).alias("tril_indices" if lower else "triu_indices")
    triangle.shape(shape)
    triangle.axes(no_tensors)
    triangle.__doc__ = f"Row and column, (2, count), of each element on and {'below' if lower else 'above'} a diagonal."
    return triangle


tril_indices, triu_indices = _triangle(True), _triangle(False)


@op
def meshgrid(*tensors: Any, indexing: str = "ij") -> list[np.ndarray]:
    """For vectors of sizes (n, m, ...), as many tensors (n, m, ...), each repeating one vector along its own axis."""
    vectors = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], tuple | list) else tensors
    return list(np.meshgrid(*vectors, indexing=indexing))  # type: ignore[call-overload]


@meshgrid.shape
def _(tensors: tuple[Any, ...], indexing: str) -> tuple[TensorSpec, ...]:
    vectors = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], tuple | list) else tensors
    if indexing not in ("ij", "xy"):
        raise OptionError(f'indexing wants "ij" or "xy", not {indexing!r}', option="indexing")
    if not vectors or any(not isinstance(vector, TensorSpec) or vector.ndim > 1 for vector in vectors):
        raise ShapeError("wants one or more vectors")
    if len({vector.dtype for vector in vectors}) > 1:
        raise ShapeError(f"wants vectors of one dtype and gets {', '.join(vector.dtype for vector in vectors)}")
    sizes = [vector.numel() for vector in vectors]
    if indexing == "xy" and len(sizes) > 1:
        sizes[0], sizes[1] = sizes[1], sizes[0]
    return tuple(vector.with_shape(sizes) for vector in vectors)


@meshgrid.axes
def _(tensors: tuple[Any, ...], indexing: str, which: int) -> dict[str, Any]:
    nested = len(tensors) == 1 and isinstance(tensors[0], tuple | list)
    vectors = tensors[0] if nested else tensors
    place = which ^ 1 if indexing == "xy" and which < 2 and len(vectors) > 1 else which
    reaches = [(Kept(place),) * vector.ndim if at == which else UNSEEN for at, vector in enumerate(vectors)]
    return {"tensors": [reaches] if nested else reaches}


takes_complex(zeros_like, ones_like, full_like, new_zeros, new_ones, new_full, meshgrid)
