"""Elements repeated, rolled and turned round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import axis, real_axis, several, spread, whole
from nnbuild.ops.memory import Memory
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import UNSEEN, Kept, Reaches, Strided, Unknown, aligned, along, taken
from nnbuild.ops.spec import TensorSpec

Sizes = int | Sequence[int]


@op
def expand(input: np.ndarray, *size: Sizes) -> np.ndarray:
    """Axes of size 1 repeated to these sizes without a copy; -1 keeps a size; new axes come first."""
    return np.broadcast_to(input, _expanded(input.shape, spread(size)))


def _expanded(shape: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[int, ...]:
    new = len(sizes) - len(shape)
    if new < 0:
        raise ShapeError(f"wants a size for each axis of {shape} and gets {sizes}", option="size")
    old = (-1,) * new + shape
    for known, size in zip(old, sizes, strict=True):
        if size < 0 and (size != -1 or known == -1):
            raise ShapeError(f"cannot expand {shape} to {sizes}: -1 keeps an axis that is there", option="size")
        if size >= 0 and known not in (-1, 1, size):
            raise ShapeError(
                f"cannot expand {shape} to {sizes}: only axes of size 1 are expanded, and one has {known}",
                hint="repeat(...) copies an axis of any size",
                option="size",
            )
    return tuple(known if size == -1 else size for known, size in zip(old, sizes, strict=True))


@expand.shape
def _(input: TensorSpec, size: tuple[Sizes, ...]) -> TensorSpec:
    return input.with_shape(_expanded(input.shape, spread(size)))


def _stretched(input: TensorSpec, output: TensorSpec) -> dict[str, Reaches]:
    return {"input": aligned(input, output), "other": UNSEEN}


def _view() -> Memory:
    return Memory.VIEW


expand.axes(_stretched)
expand.memory(_view)
broadcast_to = expand.alias("broadcast_to")


@op
def expand_as(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Axes of size 1 repeated to the sizes of the other tensor, without a copy."""
    return np.broadcast_to(input, other.shape)


@expand_as.shape
def _(input: TensorSpec, other: TensorSpec) -> TensorSpec:
    return input.with_shape(_expanded(input.shape, other.shape))


expand_as.axes(_stretched)
expand_as.memory(_view)


@op
def repeat(input: np.ndarray, *repeats: Sizes) -> np.ndarray:
    """The tensor side by side, so many times along each axis; new axes come first."""
    return np.tile(input, spread(repeats, "repeats"))


def _repeated(shape: tuple[int, ...], repeats: tuple[int, ...]) -> tuple[int, ...]:
    if any(count < 0 for count in repeats):
        raise ShapeError(f"wants repeats of at least 0 and gets {repeats}", option="repeats")
    ndim = max(len(shape), len(repeats))
    shape, repeats = (1,) * (ndim - len(shape)) + shape, (1,) * (ndim - len(repeats)) + repeats
    return tuple(size * count for size, count in zip(shape, repeats, strict=True))


def _side_by_side(input: TensorSpec, output: TensorSpec) -> dict[str, Reaches]:
    missing = output.ndim - input.ndim
    return {
        "input": tuple(
            Kept(place)
            if output.shape[place] == size
            else taken(place, (at % size for at in range(output.shape[place])))
            for place, size in enumerate(input.shape, start=missing)
        )
    }


@repeat.shape
def _(input: TensorSpec, repeats: tuple[Sizes, ...]) -> TensorSpec:
    counts = spread(repeats, "repeats")
    if len(counts) < input.ndim:
        raise ShapeError(f"wants a number for each axis of {input.shape} and gets {counts}", option="repeats")
    return input.with_shape(_repeated(input.shape, counts))


repeat.axes(_side_by_side)


@op
def tile(input: np.ndarray, *dims: Sizes) -> np.ndarray:
    """The tensor side by side, so many times along the last axes."""
    return np.tile(input, spread(dims, "dims"))


@tile.shape
def _(input: TensorSpec, dims: tuple[Sizes, ...]) -> TensorSpec:
    return input.with_shape(_repeated(input.shape, spread(dims, "dims")))


tile.axes(_side_by_side)


@op
def repeat_interleave(
    input: np.ndarray, repeats: Any, dim: int | None = None, *, output_size: int | None = None
) -> np.ndarray:
    """Each element so many times in a row along an axis, or all of them in one axis where `dim` is None.

    output_size: that of the axis; with it `repeats` may be a tensor, a number for each element.
    """
    if not isinstance(repeats, int):
        count = int(np.broadcast_to(repeats, input.size if dim is None else input.shape[dim]).sum())
        if repeats.size and repeats.min() < 0:
            raise ShapeError(f"wants repeats of at least 0 and gets {repeats.min()}", option="repeats")
        if count != output_size:
            raise ShapeError(f"has {count} elements by its repeats and {output_size} by output_size")
    return np.repeat(input, repeats, dim)


@repeat_interleave.shape
def _(input: TensorSpec, repeats: Any, dim: int | None, output_size: int | None) -> TensorSpec:
    if isinstance(repeats, TensorSpec) and output_size is not None:
        return _repeated_by_data(input, repeats, dim, whole(output_size, "output_size"))
    if isinstance(repeats, TensorSpec | list | tuple):
        raise OptionError(
            "repeats wants one number: with one for each element the output's size depends on data",
            hint="output_size= tells it",
            option="repeats",
        )
    count = whole(repeats, "repeats")
    size = (input.numel() if dim is None else input.shape[real_axis(dim, input.ndim)]) * count
    if output_size not in (None, size):
        raise ShapeError(f"makes {size} elements, not output_size={output_size}", option="output_size")
    if count < 0:
        raise ShapeError(f"wants repeats of at least 0 and gets {count}", option="repeats")
    if dim is None:
        return input.with_shape((input.numel() * count,))
    place = real_axis(dim, input.ndim)
    return input.with_shape((*input.shape[:place], input.shape[place] * count, *input.shape[place + 1 :]))


def _repeated_by_data(input: TensorSpec, repeats: TensorSpec, dim: int | None, size: int) -> TensorSpec:
    place = None if dim is None else real_axis(dim, input.ndim)
    length = input.numel() if place is None else input.shape[place]
    if repeats.dtype not in ("int32", "int64") or repeats.shape not in ((), (1,), (length,)):
        raise ShapeError(
            f"wants whole numbers, one for each of {length} elements, and gets {repeats.shape} {repeats.dtype}",
            option="repeats",
        )
    if place is None:
        return input.with_shape((size,))
    return input.with_shape((*input.shape[:place], size, *input.shape[place + 1 :]))


@repeat_interleave.axes
def _(input: TensorSpec, repeats: Any, dim: int | None) -> dict[str, Reaches]:
    if isinstance(repeats, TensorSpec):
        why = Unknown("where it looks depends on the repeats")
        return {"input": why if dim is None else along(input, axis(dim, input.ndim), why)}
    if dim is None and input.ndim != 1:
        return {"input": Unknown("elements of all axes are repeated along one") if input.ndim else ()}
    place = 0 if dim is None else axis(dim, input.ndim)
    return {"input": along(input, place, taken(place, (at // repeats for at in range(input.shape[place] * repeats))))}


@op
def roll(input: np.ndarray, shifts: Sizes, dims: Sizes | None = None) -> np.ndarray:
    """Elements moved along axes, those that fall off the end coming in at the start; over all elements without dims."""
    return np.roll(input, shifts, None if dims in ((), []) else dims) if input.ndim else input.copy()


@roll.shape
def _(input: TensorSpec, shifts: Sizes, dims: Sizes | None) -> TensorSpec:
    moves = spread((shifts,), "shifts")
    axes = () if dims is None else spread((dims,), "dims")
    if not moves or len(moves) != (len(axes) or 1):
        raise ShapeError(f"wants a shift for each axis and gets {shifts} for {dims}", option="shifts")
    for dim in axes:
        real_axis(dim, input.ndim, "dims")
    return input


@roll.axes
def _(input: TensorSpec, shifts: Sizes, dims: Sizes | None) -> dict[str, Reaches]:
    moves, axes = spread((shifts,)), () if dims is None else spread((dims,))
    if not axes and input.ndim > 1:
        return {"input": Unknown("all axes are rolled as one")}
    by = [0] * input.ndim
    for move, dim in zip(moves, axes or range(input.ndim), strict=False):
        by[axis(dim, input.ndim)] += move
    return {
        "input": tuple(
            taken(place, ((at - move) % size for at in range(size))) if move else Kept(place)
            for place, (size, move) in enumerate(zip(input.shape, by, strict=True))
        )
    }


@op
def flip(input: np.ndarray, *dims: Sizes) -> np.ndarray:
    """Axes turned round."""
    axes = spread(dims, "dims")
    return np.flip(input, axes).copy() if input.ndim and axes else input.copy()


@flip.shape
def _(input: TensorSpec, dims: tuple[Sizes, ...]) -> TensorSpec:
    several(spread(dims, "dims"), input.ndim, "dims")
    return input


@flip.axes
def _(input: TensorSpec, dims: tuple[Sizes, ...]) -> dict[str, Reaches]:
    turned = several(spread(dims, "dims"), input.ndim)
    return {
        "input": tuple(
            Strided(place, size - 1, -1) if place in turned else Kept(place) for place, size in enumerate(input.shape)
        )
    }


takes_complex(expand, expand_as, repeat, tile, repeat_interleave, roll, flip)
