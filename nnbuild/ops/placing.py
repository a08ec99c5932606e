"""Elements put where indices say, alone or reduced with what is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import is_complex
from nnbuild.ops.elementwise import broadcast
from nnbuild.ops.gathering import _scattered, _scattered_axes, scattered
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import WHOLE, Reaches, Unknown
from nnbuild.ops.spec import TensorSpec

#: What the names of torch's reductions do with two numbers, and with which number they begin.
_REDUCTIONS: dict[str, tuple[str, Callable[[np.dtype], Any]]] = {
    "sum": ("add", lambda dtype: 0),
    "prod": ("multiply", lambda dtype: 1),
    "amax": ("maximum", lambda dtype: -np.inf if dtype.kind == "f" else np.iinfo(dtype).min),
    "amin": ("minimum", lambda dtype: np.inf if dtype.kind == "f" else np.iinfo(dtype).max),
}


@op
def scatter_reduce(
    input: np.ndarray, dim: int, index: np.ndarray, src: np.ndarray, reduce: str, *, include_self: bool = True
) -> np.ndarray:
    """input with src reduced into output[index[i][j]][j] for dim 0, and so on: "sum", "prod", "amax" or "amin".

    Without `include_self` what stands there before counts for nothing.
    """
    output = np.atleast_1d(input).copy()
    where, new = _scattered(output, dim, index, src)
    function, neutral = _REDUCTIONS[reduce]
    if not include_self:
        output[where] = neutral(output.dtype)
    getattr(np, function).at(output, where, new)
    return output.reshape(input.shape)


@scatter_reduce.shape
def _(input: TensorSpec, dim: int, index: TensorSpec, src: TensorSpec, reduce: str) -> TensorSpec:
    if reduce not in _REDUCTIONS:
        raise OptionError(f"reduce wants one of {', '.join(_REDUCTIONS)}, not {reduce!r}", option="reduce")
    if is_complex(input.dtype) and reduce.startswith("a"):
        raise ShapeError("wants real numbers, of which one is the largest, and gets complex ones")
    return scattered(input, dim, index, src)


scatter_reduce.axes(_scattered_axes)


@op
def index_put(
    input: np.ndarray,
    indices: Sequence[np.ndarray],
    values: np.ndarray,
    accumulate: bool = False,
    *,
    reduce: str | None = None,
) -> np.ndarray:
    """input with the values put at input[indices], which are tensors of whole numbers, one for each of the first axes.

    With `accumulate` they are added to what is there; `reduce` is the name of another reduction, as scatter_reduce's.
    """
    output = input.copy()
    where = tuple(indices)
    reduction = "sum" if accumulate else reduce
    if reduction is None:
        output[where] = values
    else:
        getattr(np, _REDUCTIONS[reduction][0]).at(output, where, values)
    return output


@index_put.shape
def _(input: TensorSpec, indices: Any, values: TensorSpec, reduce: str | None) -> TensorSpec:
    if not 1 <= len(indices) <= input.ndim:
        raise ShapeError(f"wants from 1 to {input.ndim} indices and gets {len(indices)}", option="indices")
    if reduce is not None and reduce not in _REDUCTIONS:
        raise OptionError(f"reduce wants one of {', '.join(_REDUCTIONS)}, not {reduce!r}", option="reduce")
    if values.dtype != input.dtype:
        raise ShapeError(f"wants input and values of one dtype and gets {input.dtype} and {values.dtype}")
    place = (*broadcast(*(index.shape for index in indices)), *input.shape[len(indices) :])
    if broadcast(place, values.shape) != place:
        raise ShapeError(f"wants values that broadcast to {place} and gets {values.shape}")
    return input


@index_put.axes
def _(input: TensorSpec, indices: Any) -> dict[str, Reaches]:
    return {"input": Unknown("where it puts them depends on the indices"), "values": WHOLE}


takes_complex(scatter_reduce, index_put)
