"""Elements taken by index: x[...], gather and its relatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import EllipsisType
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import axis, listed_shape, real_axis, whole
from nnbuild.ops.dtypes import is_floating
from nnbuild.ops.elementwise import broadcast
from nnbuild.ops.memory import Memory
from nnbuild.ops.op import Op, array_of, is_tensor, op, recorder
from nnbuild.ops.reach import (
    REORDERED,
    UNSEEN,
    Kept,
    Part,
    Placed,
    Reach,
    Reaches,
    Strided,
    Unknown,
    aligned,
    all_aligned,
    along,
    kept,
    mixed,
    taken,
)
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.tensor_like import TensorLike


class _ByIndex(Op):
    """Masks of bools, where their values are at hand, become the places where they hold: so sizes are known."""

    def __call__(self, input: Any, index: Any) -> Any:
        return super().__call__(input, places(index, input))


def places(index: Any, input: Any) -> tuple[Any, ...]:
    """The index as a tuple, without masks whose values are at hand."""
    if isinstance(index, list) and any(isinstance(item, list | tuple | slice) for item in index):
        raise OptionError(
            f"an index of lists in a list, {index}, may mean two things", hint="x[a, b], or x[tensor(...)]"
        )
    items = index if isinstance(index, tuple) else (index,)
    return tuple(place for item in items for place in _places(item, input))


def _places(item: Any, input: Any) -> tuple[Any, ...]:
    if isinstance(item, list) and item and all(isinstance(value, bool) for value in item):
        item = np.array(item)
    known = not isinstance(item, TensorLike) or (recorder.get() is None and not isinstance(item, TensorSpec))
    if not is_tensor(item) or not known or str(item.dtype) != "bool" or not item.shape:
        return (item,)
    return array_of(item).nonzero()


def _getitem(input: np.ndarray, index: tuple[Any, ...]) -> np.ndarray:
    """Python's x[index]: ints, slices, None, ..., lists and tensors of whole numbers, known masks of bools."""
    basic, taken = parts(index, input.ndim)
    return input[basic][taken] if taken else input[(*basic, ...)]


def parts(index: tuple[Any, ...], ndim: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The index of an array in two, for one after the other: ints and slices, then lists if there are any."""
    return _parts(tuple(_plain(item) for item in index), ndim)


getitem = _ByIndex(_getitem, "getitem")

_BY_INDEX = Unknown("where it looks depends on the index")


def _plain(item: Any) -> Any:
    """A 0-d tensor is taken as an int, as torch does; NumPy would move axes for it."""
    if isinstance(item, list):
        return np.array(item, np.int64)
    return int(item) if isinstance(item, np.ndarray) and not item.ndim else item


def _is_list(item: Any) -> bool:
    return isinstance(item, list) or (is_tensor(item) and bool(item.shape))


def _parts(index: tuple[Any, ...], ndim: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The index in two: first ints, slices and None, then lists and tensors of indices. `...` is written out."""
    used = sum(item is not None and not isinstance(item, EllipsisType) for item in index)
    dots = [place for place, item in enumerate(index) if isinstance(item, EllipsisType)]
    if used > ndim or len(dots) > 1:
        raise ShapeError(f"wants at most {ndim} indices and one '...' and gets {used}", option="index")
    place = dots[0] if dots else len(index)
    full = (*index[:place], *[slice(None)] * (ndim - used), *index[place + 1 :])
    basic = tuple(slice(None) if _is_list(item) else item for item in full)
    kept = [item for item in full if item is None or isinstance(item, slice) or _is_list(item)]
    if not any(map(_is_list, kept)):
        return basic, ()
    return basic, tuple(item if _is_list(item) else slice(None) for item in kept)


@getitem.shape
def _(input: TensorSpec, index: tuple[Any, ...]) -> TensorSpec:
    for item in index:
        _known(item)
    basic, taken = _parts(index, input.ndim)
    sizes = iter(input.shape)
    shape = [size for item in basic for size in _basic_size(item, sizes if item is not None else iter(()))]
    lists = [place for place, item in enumerate(taken) if _is_list(item)]
    if not lists:
        return input.with_shape(shape)
    picked = broadcast(*(listed_shape(taken[place]) for place in lists))
    rest = [size for place, size in enumerate(shape) if place not in lists]
    start = _lists_start(lists)
    return input.with_shape((*rest[:start], *picked, *rest[start:]))


@getitem.axes
def _(input: TensorSpec, index: tuple[Any, ...]) -> dict[str, Any]:
    basic, taken = _parts(index, input.ndim)
    lists = [place for place, item in enumerate(taken) if _is_list(item)]
    count = max((len(listed_shape(taken[place])) for place in lists), default=0)
    first = _lists_start(lists)
    kept_axes = sum(item is None or isinstance(item, slice) for item in basic)
    outside = [place for place in range(kept_axes) if place not in lists]

    def new_axis(place: int) -> int:
        at = outside.index(place)
        return at + count * (at >= first)

    return {
        "input": _basic_reaches(input, basic, taken, new_axis, first + count),
        "index": [
            tuple(Kept(first + count - item.ndim + place) for place in range(item.ndim))
            if isinstance(item, TensorSpec)
            else UNSEEN
            for item in index
        ],
    }


@getitem.memory
def _(input: TensorSpec, index: tuple[Any, ...]) -> Memory:
    return Memory.FRESH if any(map(_is_list, index)) else Memory.VIEW


def _lists_start(lists: list[int]) -> int:
    """The first axis of what lists of indices pick. NumPy's and torch's rule: apart, their axes come first."""
    return lists[0] if lists and lists == list(range(lists[0], lists[0] + len(lists))) else 0


def _basic_reaches(
    input: TensorSpec, basic: tuple[Any, ...], lists: tuple[Any, ...], new_axis: Callable[[int], int], end: int
) -> tuple[Reach, ...]:
    """What an output sees of each axis: `new_axis`, where an axis that keeps its places goes; `end`, of the lists'."""
    found: list[Reach] = []
    place = 0
    for item in basic:
        if item is None:
            place += 1
        elif isinstance(item, slice):
            entry = lists[place] if lists else None
            if _is_list(entry):
                found.append(_list_reach(entry, input.shape[len(found)], end - 1))
            else:
                start, _, step = item.indices(input.shape[len(found)])
                found.append(Strided(new_axis(place), start, step))
            place += 1
        else:
            size = input.shape[len(found)]
            found.append(_BY_INDEX if isinstance(item, TensorSpec) else Part(item % size, item % size + 1))
    return tuple(found)


def _list_reach(entry: Any, size: int, axis: int) -> Reach:
    if isinstance(entry, list) and all(isinstance(at, int) for at in entry):
        return taken(axis, [at % size for at in entry])
    return _BY_INDEX


def _basic_size(item: Any, sizes: Any) -> tuple[int, ...]:
    """The axis that an int, a slice or None leaves of the next one."""
    if item is None:
        return (1,)
    size = next(sizes)
    if isinstance(item, slice):
        if item.step is not None and whole(item.step, "step") < 1:
            raise ShapeError(
                f"wants a step of at least 1 and gets {item.step}", hint="flip(x, dim) turns an axis round"
            )
        return (len(range(*item.indices(size))),)
    if not isinstance(item, TensorSpec) and not -size <= whole(item, "index") < size:
        raise ShapeError(f"wants an index from {-size} to {size - 1} and gets {item}", option="index")
    return ()


def _known(item: Any) -> None:
    """Refuse what cannot be an index, and what leaves a size that only data tells."""
    if isinstance(item, TensorSpec):
        if item.dtype in ("bool", "uint8"):
            raise ShapeError(
                f"is given a mask of {item.dtype}: the size of what it picks depends on the data",
                hint="where(mask, x, 0) or masked_fill(x, ~mask, 0) keeps the shape",
            )
        if is_floating(item.dtype):
            raise ShapeError(f"wants indices of whole numbers and gets {item.dtype}", hint="to('int64') converts them")
    elif isinstance(item, bool | str | float):
        raise OptionError(f"an index must be an int, a slice, None, ..., a list or a tensor, not {item!r}")


def _indices(index: TensorSpec) -> None:
    if index.dtype not in ("int64", "int32"):
        raise ShapeError(f"wants an index of int64 and gets {index.dtype}", hint="to('int64') converts it")


def _within(index: np.ndarray, size: int) -> np.ndarray:
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
    array, places = np.atleast_1d(input), np.atleast_1d(_within(index, (input.shape or (1,))[place]))
    within = tuple(slice(size if along != place else None) for along, size in enumerate(places.shape))
    return np.take_along_axis(array[within], places, place).reshape(index.shape)


@gather.shape
def _(input: TensorSpec, dim: int, index: TensorSpec) -> TensorSpec:
    _indices(index)
    _covers(index, input, axis(dim, input.ndim), "input")
    return input.with_shape(index.shape)


@gather.axes
def _(input: TensorSpec, dim: int, index: TensorSpec) -> dict[str, Reaches]:
    return {"input": along(input, axis(dim, input.ndim), _BY_INDEX), "index": kept(index)}


@op
def index_select(input: np.ndarray, dim: int, index: np.ndarray) -> np.ndarray:
    """The slices at these indices of an axis, which then has as many elements as there are indices."""
    return np.take(input, np.atleast_1d(_within(index, input.shape[dim])), dim)


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
    return {"input": along(input, place, _BY_INDEX), "index": (Kept(place),) * index.ndim}


@op
def take_along_dim(input: np.ndarray, indices: np.ndarray, dim: int | None = None) -> np.ndarray:
    """output[i][j] = input[indices[i][j]][j] for dim 0, the other axes broadcast; over all elements without a dim."""
    if dim is None:
        return input.reshape(-1)[_within(indices, input.size).reshape(-1)]
    return np.take_along_axis(input, _within(indices, input.shape[dim]), dim)


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
        return {"input": _BY_INDEX, "indices": REORDERED}
    place = axis(dim, input.ndim)
    reaches = list(aligned(input, output))
    reaches[place] = _BY_INDEX
    return {"input": tuple(reaches), "indices": aligned(indices, output)}


@op
def scatter(input: np.ndarray, dim: int, index: np.ndarray, src: Any = None, *, value: Any = None) -> np.ndarray:
    """input with src, a tensor or a number, put at output[index[i][j]][j] for dim 0, and so on."""
    output = np.atleast_1d(input).copy()
    where, new = _scattered(output, dim, index, value if src is None else src)
    output[where] = new
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
    where[place] = _within(places, output.shape[place])
    new = np.atleast_1d(src)[tuple(map(slice, places.shape))] if isinstance(src, np.ndarray) else src
    return tuple(where), new


@scatter.shape
def _(input: TensorSpec, dim: int, index: TensorSpec, src: Any, value: Any) -> TensorSpec:
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
    return found | ({"src": along(src, place, _BY_INDEX)} if isinstance(src, TensorSpec) else {})


scatter.axes(_scattered_axes)


@scatter_add.shape
def _(input: TensorSpec, dim: int, index: TensorSpec, src: TensorSpec) -> TensorSpec:
    return scatter.facets["shape"](input, dim, index, src, None)


scatter_add.axes(_scattered_axes)


@op
def masked_fill(input: np.ndarray, mask: np.ndarray, value: Any) -> np.ndarray:
    """input, and the value where the mask holds; the dtype stays."""
    return np.where(mask, np.asarray(value).astype(input.dtype), input)


@masked_fill.shape
def _(input: TensorSpec, mask: TensorSpec, value: Any) -> TensorSpec:
    if mask.dtype != "bool":
        raise ShapeError(f"wants a mask of bools and gets {mask.dtype}", hint="compare: mask != 0, or mask == 0")
    if isinstance(value, TensorSpec) and value.shape:
        raise ShapeError(f"wants one value and gets a tensor {value.shape}", hint="where(mask, values, input)")
    if isinstance(value, float) and not math.isfinite(value) and not is_floating(input.dtype):
        raise ShapeError(f"cannot put {value} into a tensor of {input.dtype}", option="value")
    return input.with_shape(broadcast(input.shape, mask.shape))


masked_fill.axes(all_aligned)


@op
def tril(input: np.ndarray, diagonal: int = 0) -> np.ndarray:
    """The matrices' part on and below a diagonal, 0 above; 1 is the diagonal above the main one."""
    return np.tril(input, diagonal)


@op
def triu(input: np.ndarray, diagonal: int = 0) -> np.ndarray:
    """The matrices' part on and above a diagonal, 0 below; 1 is the diagonal above the main one."""
    return np.triu(input, diagonal)


def _triangle(input: TensorSpec, diagonal: int) -> TensorSpec:
    whole(diagonal, "diagonal")
    if input.ndim < 2:
        raise ShapeError(f"wants a tensor of at least 2 axes and gets {input.shape}")
    return input


def _by_row_and_column(input: TensorSpec) -> dict[str, Reaches]:
    rows = input.ndim - 2
    return {"input": (*kept(input)[:rows], Placed(rows), Placed(rows + 1))}


for _op in (tril, triu):
    _op.shape(_triangle)
    _op.axes(_by_row_and_column)


@op
def one_hot(input: np.ndarray, num_classes: int = -1) -> np.ndarray:
    """A new last axis of `num_classes`, 1 at the place that the element says and 0 elsewhere: (N) to (N, classes)."""
    return _within(input, num_classes)[..., None] == np.arange(num_classes)


@one_hot.shape
def _(input: TensorSpec, num_classes: int) -> TensorSpec:
    if input.dtype != "int64":
        raise ShapeError(f"wants whole numbers of int64 and gets {input.dtype}", hint="to('int64') converts them")
    if whole(num_classes, "num_classes") < 1:
        raise OptionError(
            "num_classes wants a number: without it the output's size depends on data", option="num_classes"
        )
    return input.with_shape((*input.shape, num_classes))


@one_hot.axes
def _(input: TensorSpec) -> dict[str, Reaches]:
    return {"input": kept(input)}
