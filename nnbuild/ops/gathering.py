"""Elements taken by a tensor of indices along an axis, and put there: gather, scatter and their relatives."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import axis, real_axis
from nnbuild.ops.elementwise import broadcast
from nnbuild.ops.indexing import BY_INDEX
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import (
    REORDERED,
    Kept,
    Placed,
    Reach,
    Reaches,
    aligned,
    along,
    kept,
    mixed,
)
from nnbuild.ops.spec import TensorSpec


def _indices(index: TensorSpec) -> None:
    if index.dtype not in ("int64", "int32"):
        raise ShapeError(f"wants an index of int64 and gets {index.dtype}", hint="to('int64') converts it")


def within(index: np.ndarray, size: int) -> np.ndarray:
    if index.size and not 0 <= index.min() <= index.max() < size:
        wrong = index.max() if index.max() >= size else index.min()
        raise ShapeError(f"wants indices from 0 to {size - 1} and gets {wrong}")
    return index


def _covers(index: TensorSpec, whole: TensorSpec, dim: int | None, name: str) -> None:
    """Refuse an index that is larger than the tensor in an axis other than `dim`."""
    if max(index.ndim, 1) != max(whole.ndim, 1):
        raise ShapeError(f"wants an index of as many axes as the {name} {whole.shape} and gets {index.shape}")
    for place, (size, limit) in enumerate(zip(index.shape, whole.shape, strict=False)):
        if size > limit and place != dim and index.numel():
            raise ShapeError(f"wants an index of at most {limit} in axis {place} of the {name} and gets {size}")


@op
def gather(input: np.ndarray, dim: int, index: np.ndarray, *, sparse_grad: bool = False) -> np.ndarray:
    """output[i][j] = input[index[i][j]][j] for dim 0, and so on; the output has the shape of the index.

    `sparse_grad` is for training and changes nothing.
    """
    place = axis(dim, input.ndim)
    array, places = np.atleast_1d(input), np.atleast_1d(within(index, (input.shape or (1,))[place]))
    reached = tuple(slice(size if along != place else None) for along, size in enumerate(places.shape))
    return np.take_along_axis(array[reached], places, place).reshape(index.shape)


@gather.shape
def _(input: TensorSpec, dim: int, index: TensorSpec) -> TensorSpec:
    _indices(index)
    _covers(index, input, axis(dim, input.ndim), "input")
    return input.with_shape(index.shape)


@gather.axes
def _(input: TensorSpec, dim: int, index: TensorSpec) -> dict[str, Reaches]:
    return {"input": along(input, axis(dim, input.ndim), BY_INDEX), "index": kept(index)}


@op
def index_select(input: np.ndarray, dim: int, index: np.ndarray) -> np.ndarray:
    """The slices at these indices of an axis, which then has as many elements as there are indices."""
    return np.take(input, np.atleast_1d(within(index, input.shape[dim])), dim)


@index_select.shape
def _(input: TensorSpec, dim: int, index: TensorSpec) -> TensorSpec:
    place = real_axis(dim, input.ndim)
    _indices(index)
    if index.ndim > 1:
        raise ShapeError(f"wants an index of one axis and gets {index.shape}")
    return input.with_shape((*input.shape[:place], index.numel(), *input.shape[place + 1 :]))


@index_select.axes
def _(input: TensorSpec, dim: int, index: TensorSpec) -> dict[str, Reaches]:
    place = axis(dim, input.ndim)
    return {"input": along(input, place, BY_INDEX), "index": (Kept(place),) * index.ndim}


@op
def take_along_dim(input: np.ndarray, indices: np.ndarray, dim: int | None = None) -> np.ndarray:
    """output[i][j] = input[indices[i][j]][j] for dim 0, the other axes broadcast; over all elements without a dim."""
    if dim is None:
        return input.reshape(-1)[within(indices, input.size).reshape(-1)]
    return np.take_along_axis(input, within(indices, input.shape[dim]), dim)


@take_along_dim.shape
def _(input: TensorSpec, indices: TensorSpec, dim: int | None) -> TensorSpec:
    _indices(indices)
    if dim is None:
        return input.with_shape((indices.numel(),))
    if input.ndim != indices.ndim:
        raise ShapeError(f"wants indices of as many axes as the input {input.shape} and gets {indices.shape}")
    place = real_axis(dim, input.ndim)
    rest = [(*spec.shape[:place], 1, *spec.shape[place + 1 :]) for spec in (input, indices)]
    joined = broadcast(*rest)
    return input.with_shape((*joined[:place], indices.shape[place], *joined[place + 1 :]))


@take_along_dim.axes
def _(input: TensorSpec, indices: TensorSpec, dim: int | None, output: TensorSpec) -> dict[str, Reaches]:
    if dim is None:
        return {"input": BY_INDEX, "indices": REORDERED}
    place = axis(dim, input.ndim)
    reaches = list(aligned(input, output))
    reaches[place] = BY_INDEX
    return {"input": tuple(reaches), "indices": aligned(indices, output)}


@op
def scatter(
    input: np.ndarray, dim: int, index: np.ndarray, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> np.ndarray:
    """input with src, a tensor or a number, put at output[index[i][j]][j] for dim 0, and so on.

    reduce: "add" or "multiply" what is there with it; equal indices do so in turn.
    """
    output = np.atleast_1d(input).copy()
    where, new = _scattered(output, dim, index, value if src is None else src)
    if reduce is None:
        output[where] = new
    else:
        getattr(np, reduce).at(output, where, np.asarray(new, output.dtype))
    return output.reshape(input.shape)


@op
def scatter_add(input: np.ndarray, dim: int, index: np.ndarray, src: Any) -> np.ndarray:
    """input with src added at output[index[i][j]][j] for dim 0, and so on; equal indices add up."""
    output = np.atleast_1d(input).copy()
    np.add.at(output, *_scattered(output, dim, index, src))
    return output.reshape(input.shape)


def _scattered(output: np.ndarray, dim: int, index: np.ndarray, src: Any) -> tuple[tuple[np.ndarray, ...], Any]:
    """Where in the output, and what."""
    place, places = axis(dim, output.ndim), np.atleast_1d(index)
    where: list[np.ndarray] = list(np.indices(places.shape, sparse=True))
    where[place] = within(places, output.shape[place])
    new = np.atleast_1d(src)[tuple(map(slice, places.shape))] if isinstance(src, np.ndarray) else src
    return tuple(where), new


@scatter.shape
def _(input: TensorSpec, dim: int, index: TensorSpec, src: Any, value: Any, reduce: Any) -> TensorSpec:
    if reduce not in (None, "add", "multiply"):
        raise OptionError(f'reduce wants "add" or "multiply", not {reduce!r}', option="reduce")
    return scattered(input, dim, index, src, value)


def scattered(input: TensorSpec, dim: int, index: TensorSpec, src: Any, value: Any = None) -> TensorSpec:
    """The spec of the input with src, or the value, put where the index says."""
    _indices(index)
    if (src is None) == (value is None):
        raise OptionError("src or value must say what to put", option="src")
    _covers(index, input, axis(dim, input.ndim), "input")
    if isinstance(src, TensorSpec):
        _covers(index, src, None, "src")
        if src.dtype != input.dtype:
            raise ShapeError(f"wants input and src of one dtype and gets {input.dtype} and {src.dtype}")
    return input


def _scattered_axes(input: TensorSpec, dim: int, index: TensorSpec, src: Any) -> dict[str, Reaches]:
    place = axis(dim, input.ndim)
    own: tuple[Reach, ...] = tuple(
        Kept(axis) if axis != place and index.shape[axis : axis + 1] == (size,) else Placed(axis)
        for axis, size in enumerate(input.shape)
    )
    found: dict[str, Reaches] = {"input": own, "index": mixed(index, (place,))}
    return found | ({"src": along(src, place, BY_INDEX)} if isinstance(src, TensorSpec) else {})


scatter.axes(_scattered_axes)


@scatter_add.shape
def _(input: TensorSpec, dim: int, index: TensorSpec, src: TensorSpec) -> TensorSpec:
    return scattered(input, dim, index, src)


scatter_add.axes(_scattered_axes)

takes_complex(gather, index_select, take_along_dim, scatter, scatter_add)
