"""Greatest and least elements, with their places, and elements in order."""

from __future__ import annotations

from typing import Any, NamedTuple

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops import limits, reach
from nnbuild.ops.axes import axis, whole
from nnbuild.ops.dtypes import numbers
from nnbuild.ops.nests import is_tensor
from nnbuild.ops.op import op
from nnbuild.ops.reach import Reaches, aligned, mixed
from nnbuild.ops.reduction import reduced
from nnbuild.ops.spec import TensorSpec


class Ordered(NamedTuple):
    """Elements and the places along the axis that they come from."""

    values: Any
    indices: Any


def _places(input: TensorSpec, dim: int, keepdim: bool) -> Ordered:
    axis(dim, input.ndim)
    values = reduced(input, dim, keepdim, refuse_none=True)
    return Ordered(values, values.with_dtype("int64"))


def _taken(input: np.ndarray, indices: np.ndarray, dim: int, keepdim: bool) -> tuple[np.ndarray, np.ndarray]:
    """The elements at the indices, which keep the axis with size 1."""
    if not input.ndim:
        return input.copy(), indices
    values = np.take_along_axis(input, indices, dim)
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


def _reduced_axes(input: TensorSpec, dim: int | None, keepdim: bool) -> dict[str, Reaches]:
    axes = range(input.ndim) if dim is None else (axis(dim, input.ndim),)
    return {"input": reach.reduced(input, axes, keepdim)}


def _mixed_axes(input: TensorSpec, dim: int) -> dict[str, Reaches]:
    return {"input": mixed(input, (axis(dim, input.ndim),))}


def _second(dim: Any, other: Any) -> Any:
    """The tensor to compare with, given in its place, which is that of `dim`, or by its name."""
    if other is not None and dim is not None:
        raise OptionError("dim and other are two questions: give one of them", option="other")
    return other if other is not None else dim if is_tensor(dim) else None


@op
def max(input: np.ndarray, dim: Any = None, keepdim: bool = False, *, other: np.ndarray | None = None) -> Any:
    """The greatest element; with `dim`, (values, indices) along the axis; with a tensor, the greater of the two."""
    second = _second(dim, other)
    if second is not None:
        return np.maximum(input, second)
    if dim is None:
        return input.max()
    return _taken(input, np.argmax(input, dim if input.ndim else None, keepdims=True), dim, keepdim)


@op
def min(input: np.ndarray, dim: Any = None, keepdim: bool = False, *, other: np.ndarray | None = None) -> Any:
    """The least element; with `dim`, (values, indices) along the axis; with a tensor, the lesser of the two."""
    second = _second(dim, other)
    if second is not None:
        return np.minimum(input, second)
    if dim is None:
        return input.min()
    return _taken(input, np.argmin(input, dim if input.ndim else None, keepdims=True), dim, keepdim)


def _extreme(input: TensorSpec, dim: Any, keepdim: bool, other: Any) -> TensorSpec | Ordered:
    second = _second(dim, other)
    if second is not None:
        return limits.maximum.answer("shape", {"input": input, "other": second})
    if dim is None:
        return reduced(input, None, False, refuse_none=True)
    return _places(input, dim, keepdim)


def _extreme_axes(input: TensorSpec, dim: Any, keepdim: bool, other: Any, output: TensorSpec) -> dict[str, Reaches]:
    second = _second(dim, other)
    if second is not None:
        return {"input": aligned(input, output), "dim" if other is None else "other": aligned(second, output)}
    return _reduced_axes(input, dim, keepdim)


for _op in (max, min):
    _op.shape(_extreme)
    _op.axes(_extreme_axes)


@op
def argmax(input: np.ndarray, dim: int | None = None, keepdim: bool = False) -> np.ndarray:
    """The place of the greatest element, of all in one axis or along an axis; the first if there are several."""
    return np.argmax(input, dim if input.ndim else None, keepdims=keepdim)


@op
def argmin(input: np.ndarray, dim: int | None = None, keepdim: bool = False) -> np.ndarray:
    """The place of the least element, of all in one axis or along an axis; the first if there are several."""
    return np.argmin(input, dim if input.ndim else None, keepdims=keepdim)


def _place(input: TensorSpec, dim: int | None, keepdim: bool) -> TensorSpec:
    numbers(input.dtype)
    if dim is not None:
        axis(dim, input.ndim)
    return reduced(input, dim, keepdim, "int64", refuse_none=True)


argmax.shape(_place)
argmin.shape(_place)
argmax.axes(_reduced_axes)
argmin.axes(_reduced_axes)


def _order(input: np.ndarray, dim: int, descending: bool) -> np.ndarray:
    """The indices that sort along the axis, equal elements staying in their order, nan as the greatest."""
    if not input.ndim:
        return np.zeros((), np.int64)
    if not descending:
        return input.argsort(dim, kind="stable")
    length = input.shape[dim]
    return length - 1 - np.flip(np.flip(input, dim).argsort(dim, kind="stable"), dim)


@op
def argsort(input: np.ndarray, dim: int = -1, descending: bool = False, *, stable: bool = False) -> np.ndarray:
    """The indices that sort the elements along an axis; equal elements stay in their order."""
    return _order(input, dim, descending)


@argsort.shape
def _(input: TensorSpec, dim: int) -> TensorSpec:
    axis(dim, input.ndim)
    return input.with_dtype("int64")


argsort.axes(_mixed_axes)


@op
def sort(
    input: np.ndarray, dim: int = -1, descending: bool = False, *, stable: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """(values, indices) in order along an axis; equal elements stay in their order."""
    return _taken(input, _order(input, dim, descending), dim, True)


@sort.shape
def _(input: TensorSpec, dim: int) -> Ordered:
    axis(dim, input.ndim)
    return Ordered(input, input.with_dtype("int64"))


sort.axes(_mixed_axes)


@op
def topk(
    input: np.ndarray, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """(values, indices) of the k greatest elements along an axis, or the least, in order."""
    indices = _order(input, dim, largest)
    if input.ndim:
        indices = np.moveaxis(np.moveaxis(indices, dim, -1)[..., :k], -1, dim)
    return _taken(input, indices, dim, True)


@topk.shape
def _(input: TensorSpec, k: int, dim: int) -> Ordered:
    numbers(input.dtype)
    place, shape, count = axis(dim, input.ndim), input.shape or (1,), whole(k, "k")
    if not 0 <= count <= shape[place]:
        raise ShapeError(f"wants k from 0 to the {shape[place]} of axis {place} and gets {count}", option="k")
    if not input.ndim and not count:
        raise ShapeError("wants k of 1 of a single number and gets 0", option="k")
    values = input.with_shape((*shape[:place], count, *shape[place + 1 :])) if input.ndim else input
    return Ordered(values, values.with_dtype("int64"))


topk.axes(_mixed_axes)


@op
def kthvalue(input: np.ndarray, k: int, dim: int = -1, keepdim: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """(values, indices) of the k-th least element along an axis, k counting from 1."""
    indices = _order(input, dim, False)
    if input.ndim:
        indices = np.expand_dims(np.moveaxis(indices, dim, -1)[..., k - 1], dim)
    return _taken(input, indices, dim, keepdim)


@kthvalue.shape
def _(input: TensorSpec, k: int, dim: int, keepdim: bool) -> Ordered:
    numbers(input.dtype)
    place, shape = axis(dim, input.ndim), input.shape or (1,)
    if not 1 <= whole(k, "k") <= shape[place]:
        raise ShapeError(f"wants k from 1 to the {shape[place]} of axis {place} and gets {k}", option="k")
    return _places(input, dim, keepdim)


kthvalue.axes(_reduced_axes)


@op
def median(input: np.ndarray, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element, the lower of two; with `dim`, (values, indices) along the axis; nan where there is one."""
    if dim is None:
        return _middle(input.reshape(-1), 0, False)[0]
    return _middle(input, dim, keepdim)


def _middle(input: np.ndarray, dim: int, keepdim: bool) -> tuple[np.ndarray, np.ndarray]:
    if not input.ndim:
        return input.copy(), np.zeros((), np.int64)
    indices = np.expand_dims(np.moveaxis(_order(input, dim, False), dim, -1)[..., (input.shape[dim] - 1) // 2], dim)
    unordered = np.isnan(input)
    first_nan = unordered.argmax(dim, keepdims=True)
    return _taken(input, np.where(unordered.any(dim, keepdims=True), first_nan, indices), dim, keepdim)


@median.shape
def _(input: TensorSpec, dim: int | None, keepdim: bool) -> TensorSpec | Ordered:
    numbers(input.dtype)
    if dim is None:
        if keepdim:
            raise OptionError("keepdim wants a dim beside it", option="keepdim")
        return reduced(input, None, False, refuse_none=True)
    return _places(input, dim, keepdim)


median.axes(_reduced_axes)
