"""Functions along an axis: softmax and its relatives, normalize, the gated linear unit."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import axis, real_axis, several
from nnbuild.ops.dtypes import fractions
from nnbuild.ops.magnitude import scales
from nnbuild.ops.op import op
from nnbuild.ops.reach import Reaches, along, mixed, picked
from nnbuild.ops.spec import TensorSpec


def _implied(input: Any, dim: int | None) -> int:
    """torch's axis where none is given: the channels'."""
    return axis((0 if input.ndim in (0, 1, 3) else 1) if dim is None else dim, input.ndim)


def _shifted(input: np.ndarray, dim: int | None, dtype: Any) -> tuple[np.ndarray, int]:
    """The input with its largest element along the axis at 0, so that no exponential is too large; and the axis."""
    array = np.atleast_1d(input if dtype is None else input.astype(str(dtype)))
    along = _implied(input, dim)
    if not array.shape[along]:
        return array, along
    return array - array.max(along, keepdims=True), along


@op
def softmax(input: np.ndarray, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> np.ndarray:
    """exp(x) over its sum along `dim`. Without `dim`, axis 0 of an input of 0, 1 or 3 axes, else axis 1, as torch."""
    result, along = _shifted(input, dim, dtype)
    result = np.exp(result)
    result /= result.sum(along, keepdims=True)
    return result.reshape(input.shape)


@op
def log_softmax(input: np.ndarray, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> np.ndarray:
    """The logarithm of softmax."""
    result, along = _shifted(input, dim, dtype)
    result = result - np.log(np.exp(result).sum(along, keepdims=True))
    return result.reshape(input.shape)


@op
def softmin(input: np.ndarray, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> np.ndarray:
    """softmax of -x."""
    return softmax.kernel(-input, dim, dtype=dtype)


def _softmax_shape(input: TensorSpec, dim: int | None, _stacklevel: int, dtype: Any) -> TensorSpec:
    _implied(input, dim)
    output = input if dtype is None else input.with_dtype(str(dtype))
    fractions(output.dtype)
    return output


def _softmax_axes(input: TensorSpec, dim: int | None) -> dict[str, Reaches]:
    return {"input": mixed(input, (_implied(input, dim),))}


for _family in (softmax, log_softmax, softmin):
    _family.shape(_softmax_shape)
    _family.axes(_softmax_axes)


@op
def normalize(input: np.ndarray, p: float = 2.0, dim: int | tuple[int, ...] = 1, eps: float = 1e-12) -> np.ndarray:
    """x over its `p`-norm along `dim`, or over `eps` where that is larger."""
    return input / np.maximum(norms(input, p, dim), eps)


@normalize.shape
def _(input: TensorSpec, dim: int | tuple[int, ...]) -> TensorSpec:
    fractions(input.dtype)
    several(dim, input.ndim)
    return input


@normalize.axes
def _(input: TensorSpec, dim: int | tuple[int, ...]) -> dict[str, Reaches]:
    return {"input": mixed(input, several(dim, input.ndim))}


def norms(array: np.ndarray, p: float, dim: int | tuple[int, ...]) -> np.ndarray:
    """The `p`-norm along the axes, which stay with size 1. It overflows only where it is itself too large."""
    sizes = np.abs(array)
    result = _norms(sizes, p, dim)
    lost = (result == 0) | np.isinf(result)
    if p in (0, 1, np.inf, -np.inf) or not lost.any():
        return result
    scale = scales(sizes, dim, lost)
    return _norms(sizes / scale, p, dim) * scale


def _norms(sizes: np.ndarray, p: float, dim: int | tuple[int, ...]) -> np.ndarray:
    if p == np.inf:
        return sizes.max(dim, keepdims=True)
    if p == -np.inf:
        return sizes.min(dim, keepdims=True)
    if p == 0:
        return (sizes != 0).sum(dim, keepdims=True, dtype=sizes.dtype)
    if p == 1:
        return sizes.sum(dim, keepdims=True)
    if p == 2:
        return np.sqrt(np.square(sizes).sum(dim, keepdims=True))
    return (sizes**p).sum(dim, keepdims=True) ** (1 / p)


@op
def glu(input: np.ndarray, dim: int = -1) -> np.ndarray:
    """The first half along `dim` times the sigmoid of the second."""
    first, second = np.split(input, 2, dim)
    return first / (np.exp(-second) + 1)


@glu.shape
def _(input: TensorSpec, dim: int) -> TensorSpec:
    fractions(input.dtype)
    place = real_axis(dim, input.ndim)
    size = input.shape[place]
    if size % 2:
        raise ShapeError(f"halves axis {place}, whose size {size} is odd: {input.shape}", option="dim")
    return input.with_shape((*input.shape[:place], size // 2, *input.shape[place + 1 :]))


@glu.axes
def _(input: TensorSpec, dim: int) -> dict[str, Reaches]:
    place = axis(dim, input.ndim)
    half = input.shape[place] // 2
    return {"input": along(input, place, picked(place, ((at, at + half) for at in range(half))))}


@glu.formula
def _(output: TensorSpec, input: TensorSpec, dim: int) -> list[str]:
    place = axis(dim, input.ndim)
    return [f"axis {place} = {input.shape[place]}/2 = {output.shape[place]}"]
