"""Elements taken by index, as x[...]."""

from __future__ import annotations

from collections.abc import Callable
from types import EllipsisType
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import listed_shape, whole
from nnbuild.ops.dtypes import has_fractions
from nnbuild.ops.elementwise import broadcast
from nnbuild.ops.memory import Memory
from nnbuild.ops.nests import array_of, is_tensor
from nnbuild.ops.op import Op, recorder, takes_complex
from nnbuild.ops.reach import (
    UNSEEN,
    Kept,
    Part,
    Reach,
    Strided,
    Unknown,
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

BY_INDEX = Unknown("where it looks depends on the index")


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
            found.append(BY_INDEX if isinstance(item, TensorSpec) else Part(item % size, item % size + 1))
    return tuple(found)


def _list_reach(entry: Any, size: int, axis: int) -> Reach:
    if isinstance(entry, list) and all(isinstance(at, int) for at in entry):
        return taken(axis, [at % size for at in entry])
    return BY_INDEX


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
        if has_fractions(item.dtype):
            raise ShapeError(f"wants indices of whole numbers and gets {item.dtype}", hint="to('int64') converts them")
    elif isinstance(item, bool | str | float):
        raise OptionError(f"an index must be an int, a slice, None, ..., a list or a tensor, not {item!r}")


takes_complex(getitem)
