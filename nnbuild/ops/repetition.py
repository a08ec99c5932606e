"""Elements repeated, rolled and turned round."""

from __future__ import annotations

from collections.abc import Sequence

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import real_axis, several, spread, whole
from nnbuild.ops.op import op
from nnbuild.ops.spec import TensorSpec

Sizes = int | Sequence[int]


@op
def expand(input: np.ndarray, *sizes: Sizes) -> np.ndarray:
    """Axes of size 1 repeated to these sizes without a copy; -1 keeps a size; new axes come first."""
    return np.broadcast_to(input, _expanded(input.shape, spread(sizes)))


def _expanded(shape: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[int, ...]:
    new = len(sizes) - len(shape)
    if new < 0:
        raise ShapeError(f"wants a size for each axis of {shape} and gets {sizes}", option="sizes")
    old = (-1,) * new + shape
    for known, size in zip(old, sizes, strict=True):
        if size < 0 and (size != -1 or known == -1):
            raise ShapeError(f"cannot expand {shape} to {sizes}: -1 keeps an axis that is there", option="sizes")
        if size >= 0 and known not in (-1, 1, size):
            raise ShapeError(
                f"cannot expand {shape} to {sizes}: only axes of size 1 are expanded, and one has {known}",
                hint="repeat(...) copies an axis of any size",
                option="sizes",
            )
    return tuple(known if size == -1 else size for known, size in zip(old, sizes, strict=True))


@expand.shape
def _(input: TensorSpec, sizes: tuple[Sizes, ...]) -> TensorSpec:
    return input.with_shape(_expanded(input.shape, spread(sizes)))


broadcast_to = expand.alias("broadcast_to")


@op
def expand_as(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Axes of size 1 repeated to the sizes of the other tensor, without a copy."""
    return np.broadcast_to(input, other.shape)


@expand_as.shape
def _(input: TensorSpec, other: TensorSpec) -> TensorSpec:
    return input.with_shape(_expanded(input.shape, other.shape))


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


@repeat.shape
def _(input: TensorSpec, repeats: tuple[Sizes, ...]) -> TensorSpec:
    counts = spread(repeats, "repeats")
    if len(counts) < input.ndim:
        raise ShapeError(f"wants a number for each axis of {input.shape} and gets {counts}", option="repeats")
    return input.with_shape(_repeated(input.shape, counts))


@op
def tile(input: np.ndarray, *dims: Sizes) -> np.ndarray:
    """The tensor side by side, so many times along the last axes."""
    return np.tile(input, spread(dims, "dims"))


@tile.shape
def _(input: TensorSpec, dims: tuple[Sizes, ...]) -> TensorSpec:
    return input.with_shape(_repeated(input.shape, spread(dims, "dims")))


@op
def repeat_interleave(input: np.ndarray, repeats: int, dim: int | None = None) -> np.ndarray:
    """Each element so many times in a row along an axis, or all of them in one axis where `dim` is None."""
    return np.repeat(input, repeats, dim)


@repeat_interleave.shape
def _(input: TensorSpec, repeats: int, dim: int | None) -> TensorSpec:
    if isinstance(repeats, TensorSpec | list | tuple):
        raise OptionError(
            "repeats wants one number: with one for each element the output's size depends on data", option="repeats"
        )
    count = whole(repeats, "repeats")
    if count < 0:
        raise ShapeError(f"wants repeats of at least 0 and gets {count}", option="repeats")
    if dim is None:
        return input.with_shape((input.numel() * count,))
    place = real_axis(dim, input.ndim)
    return input.with_shape((*input.shape[:place], input.shape[place] * count, *input.shape[place + 1 :]))


@op
def roll(input: np.ndarray, shifts: Sizes, dims: Sizes | None = None) -> np.ndarray:
    """Elements moved along axes, those that fall off the end coming in at the start; over all elements without dims."""
    return np.roll(input, shifts, None if dims in ((), []) else dims) if input.ndim else input


@roll.shape
def _(input: TensorSpec, shifts: Sizes, dims: Sizes | None) -> TensorSpec:
    moves = spread((shifts,), "shifts")
    axes = () if dims is None else spread((dims,), "dims")
    if not moves or len(moves) != (len(axes) or 1):
        raise ShapeError(f"wants a shift for each axis and gets {shifts} for {dims}", option="shifts")
    for dim in axes:
        real_axis(dim, input.ndim, "dims")
    return input


@op
def flip(input: np.ndarray, *dims: Sizes) -> np.ndarray:
    """Axes turned round."""
    axes = spread(dims, "dims")
    return np.flip(input, axes) if input.ndim and axes else input


@flip.shape
def _(input: TensorSpec, dims: tuple[Sizes, ...]) -> TensorSpec:
    several(spread(dims, "dims"), input.ndim, "dims")
    return input
