"""Norms of vectors and of matrices.

Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.norm.html
"""

from __future__ import annotations

import math
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops import reach
from nnbuild.ops.axes import several
from nnbuild.ops.composed import composed
from nnbuild.ops.distribution import norms
from nnbuild.ops.dtypes import fractions, is_complex, named, promote, real
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import Reaches
from nnbuild.ops.reduction import Dims, along, converted, reduced, seen
from nnbuild.ops.spec import TensorSpec

_MATRIX_NORMS = ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)


def _length(input: np.ndarray, p: float, dim: Dims, keepdim: bool, dtype: str | None) -> np.ndarray:
    array, axes = converted(input, dtype), along(dim, input.ndim)
    if not axes:
        return np.abs(array) if p != 0 else array != 0
    result = norms(array, p, axes)
    return result if keepdim else result.squeeze(axes)


def _length_shape(input: TensorSpec, p: float, dim: Dims, keepdim: bool, dtype: str | None) -> TensorSpec:
    made = _dtype(input, dtype)
    return reduced(input, dim, keepdim, made, refuse_none=p < 0 or p == math.inf)


def _dtype(input: TensorSpec, dtype: str | None) -> str:
    """The dtype of the norm, computed in the asked one."""
    asked = named(dtype or fractions(input.dtype))
    if is_complex(asked) != is_complex(input.dtype) or promote(asked, input.dtype) != asked:
        raise ShapeError(f"wants a dtype that holds {input.dtype}, not {asked}", option="dtype")
    return real(asked)


@op
def norm(
    input: np.ndarray, p: float | str = "fro", dim: Dims = None, keepdim: bool = False, dtype: str | None = None
) -> np.ndarray:
    """The p-norm of all elements, or along the axes `dim`: (sum abs(x)^p)^(1/p); "fro" is 2, inf the greatest."""
    return _length(input, 2 if isinstance(p, str) else p, dim, keepdim, dtype)


@norm.shape
def _(input: TensorSpec, p: float | str, dim: Dims, keepdim: bool, dtype: str | None) -> TensorSpec:
    if p != "fro" and not isinstance(p, int | float):
        raise OptionError(f'p wants a number or "fro", not {p!r}', option="p")
    return _length_shape(input, 2 if isinstance(p, str) else p, dim, keepdim, dtype)


@op
def linalg_vector_norm(
    x: np.ndarray, ord: float = 2, dim: Dims = None, keepdim: bool = False, *, dtype: str | None = None
) -> np.ndarray:
    """The norm of all elements, or along the axes `dim`: (sum abs(x)^ord)^(1/ord); inf is the greatest, 0 counts."""
    return _length(x, ord, dim, keepdim, dtype)


@linalg_vector_norm.shape
def _(x: TensorSpec, ord: float, dim: Dims, keepdim: bool, dtype: str | None) -> TensorSpec:
    if isinstance(ord, bool) or not isinstance(ord, int | float):
        raise OptionError(f"ord wants a number, not {ord!r}", option="ord")
    return _length_shape(x, ord, dim, keepdim, dtype)


@linalg_vector_norm.axes
def _(x: TensorSpec, dim: Dims, keepdim: bool) -> dict[str, Reaches]:
    return {"x": seen(x, dim, keepdim)["input"]}


@op
def linalg_matrix_norm(
    input: np.ndarray,
    ord: float | str = "fro",
    dim: tuple[int, int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: str | None = None,
) -> np.ndarray:
    """The norm of the matrices in two axes: "fro" of all elements, "nuc" the sum of the singular values, 2 and -2 the
    greatest and the least of them, 1 and -1 of the columns' sums, inf and -inf of the rows'.
    """
    array, (rows, columns) = converted(input, dtype), several(dim, input.ndim)
    if ord == "fro":
        result = norms(array, 2, (rows, columns))
    elif ord in ("nuc", 2, -2):
        values = np.linalg.svd(np.moveaxis(array, (rows, columns), (-2, -1)), compute_uv=False)
        one = values.sum(-1) if ord == "nuc" else _outermost(values, ord == 2, -1)
        result = np.expand_dims(one, (rows, columns))
    else:
        across, extreme = (rows, columns) if abs(ord) == 1 else (columns, rows)  # type: ignore[arg-type]
        sums = np.abs(array).sum(across, keepdims=True)
        result = np.expand_dims(_outermost(sums, ord > 0, extreme), extreme)  # type: ignore[operator]
    return result if keepdim else result.squeeze((rows, columns))


def _outermost(values: np.ndarray, greatest: bool, axis: int) -> np.ndarray:
    """The greatest along an axis, 0 of none, or the least."""
    return values.max(axis, initial=0) if greatest else values.min(axis)


@linalg_matrix_norm.shape
def _(input: TensorSpec, ord: Any, dim: Any, keepdim: bool, dtype: str | None) -> TensorSpec:
    if input.ndim < 2:
        raise ShapeError(f"wants matrices, of at least 2 axes, and gets {input.shape}")
    if isinstance(ord, bool) or ord not in _MATRIX_NORMS:
        raise OptionError(f'ord wants "fro", "nuc", 1, -1, 2, -2, inf or -inf, not {ord!r}', option="ord")
    if not isinstance(dim, tuple | list) or len(several(dim, input.ndim)) != 2:
        raise OptionError(f"dim wants two axes, not {dim!r}", option="dim")
    made, (rows, columns) = _dtype(input, dtype), several(dim, input.ndim)
    if ord in ("nuc", 2, -2) and made == "float16":
        raise ShapeError("wants float32 or float64 for singular values and gets float16", option="ord")
    least_of = {-1: (columns,), -math.inf: (rows,), -2: (rows, columns)}.get(ord, ())
    if 0 in (input.shape[axis] for axis in least_of):
        raise ShapeError(f"wants at least one element to take the least of and gets {input.shape}", option="ord")
    return reduced(input, dim, keepdim, made)


@linalg_matrix_norm.axes
def _(input: TensorSpec, dim: Any, keepdim: bool) -> dict[str, Reaches]:
    return {"input": reach.reduced(input, several(dim, input.ndim), keepdim)}


@composed
def linalg_norm(
    input: np.ndarray, ord: float | str | None = None, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None
) -> np.ndarray:
    """The norm of a vector or, where `ord` is given with two axes or without axes for a matrix, of matrices."""
    axes = None if dim is None else tuple(dim) if isinstance(dim, tuple | list) else (dim,)
    if axes is not None and len(axes) not in (1, 2):
        raise OptionError(f"linalg_norm wants one or two axes in dim, not {dim!r}", option="dim")
    if ord is None:
        return linalg_vector_norm(input, 2, axes, keepdim, dtype=dtype)
    if axes is None and len(input.shape) not in (1, 2):
        raise ShapeError(f"linalg_norm with ord and without dim wants 1 or 2 axes and gets {tuple(input.shape)}")
    if len(input.shape if axes is None else axes) == 1:
        return linalg_vector_norm(input, ord, axes, keepdim, dtype=dtype)
    return linalg_matrix_norm(input, ord, (0, 1) if axes is None else axes, keepdim, dtype=dtype)


norm.axes(seen)
linalg_norm.also_called(A="input")
linalg_matrix_norm.also_called(A="input")
takes_complex(norm, linalg_vector_norm, linalg_matrix_norm, linalg_norm)
