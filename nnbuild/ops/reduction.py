"""Axes reduced to one value each: sums, means, spreads; and running sums."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops import reach
from nnbuild.ops.axes import axis, several
from nnbuild.ops.dtypes import floating, fractions, has_fractions, named, real
from nnbuild.ops.magnitude import scales
from nnbuild.ops.op import op, takes_complex, with_dtype
from nnbuild.ops.reach import Reaches, Running
from nnbuild.ops.spec import TensorSpec

Dims = int | Sequence[int] | None


def along(dim: Dims, ndim: int) -> tuple[int, ...]:
    """The axes to reduce: all of them for None and for none."""
    return tuple(range(ndim)) if dim is None or dim in ((), []) or not ndim else several(dim, ndim)


def reduced(
    input: TensorSpec, dim: Dims, keepdim: bool, dtype: str | None = None, *, refuse_none: bool = False
) -> TensorSpec:
    """The input without the axes. `refuse_none`: an axis of no elements has no such value."""
    if not input.ndim and dim is not None:
        several(dim, 0)
    axes = along(dim, input.ndim)
    if refuse_none and 0 in (input.shape[place] for place in axes):
        raise ShapeError(f"wants at least one element to reduce and gets {input.shape}", option="dim")
    kept = ((place, size) for place, size in enumerate(input.shape) if keepdim or place not in axes)
    return TensorSpec([1 if place in axes else size for place, size in kept], dtype or input.dtype)


def _summed_dtype(input: TensorSpec, dtype: Any) -> str:
    if dtype is not None:
        return named(dtype)
    return input.dtype if has_fractions(input.dtype) else "int64"


def converted(input: np.ndarray, dtype: Any) -> np.ndarray:
    """In the asked dtype, or in one that holds a sum; float16 is summed in float32."""
    dtype = _summed_dtype(TensorSpec(input.shape, input.dtype.name), dtype)
    return with_dtype(input, "float32" if dtype == "float16" else dtype)


def seen(input: TensorSpec, dim: Dims | bool, keepdim: bool) -> dict[str, Reaches]:
    """What an element of the result sees: the axes facet of a reduction."""
    return {"input": reach.reduced(input, along(None if isinstance(dim, bool) else dim, input.ndim), keepdim)}


@op
def sum(input: np.ndarray, dim: Dims = None, keepdim: bool = False, *, dtype: str | None = None) -> np.ndarray:
    """The sum of all elements, or along the axes `dim`."""
    return converted(input, dtype).sum(along(dim, input.ndim), keepdims=keepdim)


@sum.shape
def _(input: TensorSpec, dim: Dims, keepdim: bool, dtype: str | None) -> TensorSpec:
    return reduced(input, dim, keepdim, _summed_dtype(input, dtype))


sum.axes(seen)


@op
def mean(input: np.ndarray, dim: Dims = None, keepdim: bool = False, *, dtype: str | None = None) -> np.ndarray:
    """The mean of all elements, or along the axes `dim`; nan of no elements."""
    axes = along(dim, input.ndim)
    total = converted(input, dtype).sum(axes, keepdims=keepdim)
    return np.true_divide(total, math.prod(input.shape[place] for place in axes), dtype=total.dtype)


@mean.shape
def _(input: TensorSpec, dim: Dims, keepdim: bool, dtype: str | None) -> TensorSpec:
    return reduced(input, dim, keepdim, fractions(_summed_dtype(input, dtype) if dtype else input.dtype))


mean.axes(seen)


@op
def prod(input: np.ndarray, dim: int | None = None, keepdim: bool = False, *, dtype: str | None = None) -> np.ndarray:
    """The product of all elements, or along the axis `dim`."""
    return converted(input, dtype).prod(along(dim, input.ndim), keepdims=keepdim)


@prod.shape
def _(input: TensorSpec, dim: int | None, keepdim: bool, dtype: str | None) -> TensorSpec:
    if dim is not None:
        axis(dim, input.ndim)
    return reduced(input, dim, keepdim, _summed_dtype(input, dtype))


prod.axes(seen)


@op
def amax(input: np.ndarray, dim: Dims = (), keepdim: bool = False) -> np.ndarray:
    """The greatest element, or the greatest along the axes `dim`."""
    return input.max(along(dim, input.ndim), keepdims=keepdim)


@op
def amin(input: np.ndarray, dim: Dims = (), keepdim: bool = False) -> np.ndarray:
    """The least element, or the least along the axes `dim`."""
    return input.min(along(dim, input.ndim), keepdims=keepdim)


def _extreme(input: TensorSpec, dim: Dims, keepdim: bool) -> TensorSpec:
    return reduced(input, dim, keepdim, refuse_none=True)


amax.shape(_extreme)
amin.shape(_extreme)
amax.axes(seen)
amin.axes(seen)


@op
def all(input: np.ndarray, dim: Dims = None, keepdim: bool = False) -> np.ndarray:
    """Whether no element is 0, or none along the axes `dim`."""
    return np.all(input, along(dim, input.ndim), keepdims=keepdim)


@op
def any(input: np.ndarray, dim: Dims = None, keepdim: bool = False) -> np.ndarray:
    """Whether an element is not 0, or one along the axes `dim`."""
    return np.any(input, along(dim, input.ndim), keepdims=keepdim)


def _truth(input: TensorSpec, dim: Dims, keepdim: bool) -> TensorSpec:
    if dim in ((), []):
        raise ShapeError("wants at least one axis and gets none", hint="leave dim out for all axes", option="dim")
    return reduced(input, dim, keepdim, "uint8" if input.dtype == "uint8" else "bool")


all.shape(_truth)
any.shape(_truth)
all.axes(seen)
any.axes(seen)


@op
def count_nonzero(input: np.ndarray, dim: Dims = None) -> np.ndarray:
    """How many elements are not 0, of all or along the axes `dim`."""
    return (input != 0).sum(along(dim, input.ndim))


@count_nonzero.shape
def _(input: TensorSpec, dim: Dims) -> TensorSpec:
    return reduced(input, dim, False, "int64")


@count_nonzero.axes
def _(input: TensorSpec, dim: Dims) -> dict[str, Reaches]:
    return seen(input, dim, False)


@op
def var(
    input: np.ndarray,
    dim: Dims | bool = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> np.ndarray:
    """The variance of all elements, or along the axes `dim`, over their number less `correction` (1 if `unbiased`)."""
    unbiased = dim if isinstance(dim, bool) else unbiased
    axes = along(None if isinstance(dim, bool) else dim, input.ndim)
    count = math.prod(input.shape[place] for place in axes)
    squares = np.square(input - np.true_divide(input.sum(axes, keepdims=True), count, dtype=input.dtype))
    less = int(unbiased) if correction is None else correction
    total = squares.sum(axes, keepdims=keepdim)
    return np.true_divide(total, max(count - less, 0), dtype=input.dtype)


@op
def std(
    input: np.ndarray,
    dim: Dims | bool = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> np.ndarray:
    """The standard deviation of all elements, or along the axes `dim`: the root of `var`."""
    variance = var.kernel(input, dim, unbiased, keepdim=True, correction=correction)
    lost, scale = ~np.isfinite(variance), np.ones((), input.dtype)
    axes = along(None if isinstance(dim, bool) else dim, input.ndim)
    if lost.any():
        scale = scales(input, axes, lost)
        variance = var.kernel(input / scale, dim, unbiased, keepdim=True, correction=correction)
    result = np.sqrt(variance) * scale
    return result if keepdim else result.squeeze(axes)


def _varied(input: TensorSpec, dim: Dims | bool, unbiased: bool, keepdim: bool, correction: float | None) -> TensorSpec:
    if correction is not None and unbiased is not True:
        raise OptionError("correction and unbiased say the same: give one of them", option="correction")
    return reduced(input, None if isinstance(dim, bool) else dim, keepdim, real(fractions(input.dtype)))


var.shape(_varied)
std.shape(_varied)
var.axes(seen)
std.axes(seen)


@op
def var_mean(
    input: np.ndarray,
    dim: Dims | bool = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[np.ndarray, ...]:
    """The variance and the mean of all elements, or along the axes `dim`."""
    return var.kernel(input, dim, unbiased, keepdim, correction=correction), _mean_beside(input, dim, keepdim)


@op
def std_mean(
    input: np.ndarray,
    dim: Dims | bool = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[np.ndarray, ...]:
    """The standard deviation and the mean of all elements, or along the axes `dim`."""
    return std.kernel(input, dim, unbiased, keepdim, correction=correction), _mean_beside(input, dim, keepdim)


def _mean_beside(input: np.ndarray, dim: Dims | bool, keepdim: bool) -> np.ndarray:
    return mean.kernel(input, None if isinstance(dim, bool) else dim, keepdim)


def _varied_beside_mean(
    input: TensorSpec, dim: Dims | bool, unbiased: bool, keepdim: bool, correction: float | None
) -> tuple[TensorSpec, ...]:
    return (_varied(input, dim, unbiased, keepdim, correction),) * 2


for _pair in (var_mean, std_mean):
    _pair.shape(_varied_beside_mean)
    _pair.axes(seen)


@op
def logsumexp(input: np.ndarray, dim: Dims, keepdim: bool = False) -> np.ndarray:
    """log(sum(exp(x))) along the axes `dim`, without overflow."""
    array, axes = input.astype(floating(input.dtype.name), copy=False), along(dim, input.ndim)
    greatest = array.max(axes, keepdims=True, initial=-np.inf)
    greatest = np.where(np.isfinite(greatest), greatest, 0)
    result = np.log(np.exp(array - greatest).sum(axes, keepdims=True)) + greatest
    return result if keepdim else result.squeeze(axes)


@logsumexp.shape
def _(input: TensorSpec, dim: Dims, keepdim: bool) -> TensorSpec:
    if dim is None or dim in ((), []):
        raise ShapeError("wants at least one axis and gets none", option="dim")
    return reduced(input, dim, keepdim, floating(input.dtype))


logsumexp.axes(seen)


@op
def cumsum(input: np.ndarray, dim: int, *, dtype: str | None = None) -> np.ndarray:
    """The sum of the elements so far along an axis."""
    return converted(input, dtype).cumsum(dim).reshape(input.shape)


@op
def cumprod(input: np.ndarray, dim: int, *, dtype: str | None = None) -> np.ndarray:
    """The product of the elements so far along an axis."""
    return converted(input, dtype).cumprod(dim).reshape(input.shape)


def _running(input: TensorSpec, dim: int, dtype: str | None) -> TensorSpec:
    axis(dim, input.ndim)
    return input.with_dtype(_summed_dtype(input, dtype))


cumsum.shape(_running)
cumprod.shape(_running)


def _run_along(input: TensorSpec, dim: int) -> dict[str, Reaches]:
    place = axis(dim, input.ndim)
    return {"input": reach.along(input, place, Running(place))}


cumsum.axes(_run_along)
cumprod.axes(_run_along)

takes_complex(sum, mean, prod, all, any, count_nonzero, cumsum, cumprod)
