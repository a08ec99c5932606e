"""Other shapes for the same elements: views, axes in another order, copies side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import arranged, axis, real_axis, several, spread
from nnbuild.ops.op import op
from nnbuild.ops.spec import TensorSpec

Sizes = int | Sequence[int]


@op
def view(input: np.ndarray, *shape: Sizes) -> np.ndarray:
    """The elements in another shape; a size of -1 is worked out from the others."""
    return input.reshape(spread(shape))


@view.shape
def _(input: TensorSpec, shape: tuple[Sizes, ...]) -> TensorSpec:
    if not shape:
        raise OptionError("shape wants at least one size", option="shape")
    if len(shape) == 1 and isinstance(shape[0], str):
        raise OptionError(
            f"shape wants sizes, not {shape[0]!r}: the bits of a tensor are not read as another dtype",
            hint="to(dtype) converts the values",
            option="shape",
        )
    return input.with_shape(arranged(input.numel(), spread(shape)))


reshape = view.alias("reshape")


@op
def view_as(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The elements in the shape of the other tensor."""
    return input.reshape(other.shape)


@view_as.shape
def _(input: TensorSpec, other: TensorSpec) -> TensorSpec:
    return input.with_shape(arranged(input.numel(), other.shape))


reshape_as = view_as.alias("reshape_as")


@op
def flatten(input: np.ndarray, start_dim: int = 0, end_dim: int = -1) -> np.ndarray:
    """The axes from start_dim to end_dim as one: (N, C, H, W) from 1 gives (N, C*H*W)."""
    return input.reshape(_flattened(input.shape, start_dim, end_dim))


def _flattened(shape: tuple[int, ...], start_dim: int, end_dim: int) -> tuple[int, ...]:
    start, end = axis(start_dim, len(shape), "start_dim"), axis(end_dim, len(shape), "end_dim")
    if start > end:
        raise ShapeError(f"wants start_dim before end_dim and gets {start_dim} and {end_dim}", option="start_dim")
    return (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])


@flatten.shape
def _(input: TensorSpec, start_dim: int, end_dim: int) -> TensorSpec:
    return input.with_shape(_flattened(input.shape, start_dim, end_dim))


@flatten.formula
def _(input: TensorSpec, start_dim: int, end_dim: int) -> list[str]:
    joined = input.shape[axis(start_dim, input.ndim) : axis(end_dim, input.ndim) + 1] or (1,)
    return [f"{'*'.join(map(str, joined))} = {math.prod(joined)}"]


@op
def ravel(input: np.ndarray) -> np.ndarray:
    """All elements in one axis."""
    return input.reshape(-1)


@ravel.shape
def _(input: TensorSpec) -> TensorSpec:
    return input.with_shape((input.numel(),))


@op
def unflatten(input: np.ndarray, dim: int, sizes: Sequence[int]) -> np.ndarray:
    """One axis as several, of these sizes; a size of -1 is worked out from the others."""
    return input.reshape(_unflattened(input.shape, dim, sizes))


def _unflattened(shape: tuple[int, ...], dim: int, sizes: Sequence[int]) -> tuple[int, ...]:
    place = real_axis(dim, len(shape))
    if not sizes:
        raise ShapeError("wants at least one size and gets none", option="sizes")
    return (*shape[:place], *arranged(shape[place], spread((sizes,)), "sizes"), *shape[place + 1 :])


@unflatten.shape
def _(input: TensorSpec, dim: int, sizes: Sequence[int]) -> TensorSpec:
    return input.with_shape(_unflattened(input.shape, dim, sizes))


@op
def squeeze(input: np.ndarray, dim: Sizes | None = None) -> np.ndarray:
    """Without the axes of size 1, or without those of them that `dim` names."""
    return input.reshape(_squeezed(input.shape, dim))


def _squeezed(shape: tuple[int, ...], dim: Sizes | None) -> tuple[int, ...]:
    chosen = range(len(shape)) if dim is None else several(dim, len(shape))
    return tuple(size for place, size in enumerate(shape) if size != 1 or place not in chosen)


@squeeze.shape
def _(input: TensorSpec, dim: Sizes | None) -> TensorSpec:
    return input.with_shape(_squeezed(input.shape, dim))


@op
def unsqueeze(input: np.ndarray, dim: int) -> np.ndarray:
    """With a new axis of size 1 at `dim`."""
    return np.expand_dims(input, dim)


@unsqueeze.shape
def _(input: TensorSpec, dim: int) -> TensorSpec:
    place = axis(dim, input.ndim + 1)
    return input.with_shape((*input.shape[:place], 1, *input.shape[place:]))


@op
def permute(input: np.ndarray, *dims: Sizes) -> np.ndarray:
    """The axes in another order: (2, 0, 1) of (N, C, L) gives (L, N, C)."""
    return input.transpose(spread(dims, "dims"))


@permute.shape
def _(input: TensorSpec, dims: tuple[Sizes, ...]) -> TensorSpec:
    axes = several(spread(dims, "dims"), input.ndim, "dims") if input.ndim else spread(dims, "dims")
    if len(axes) != input.ndim:
        raise ShapeError(f"wants each of the {input.ndim} axes of {input.shape} once and gets {axes}", option="dims")
    return input.with_shape([input.shape[place] for place in axes])


@op
def transpose(input: np.ndarray, dim0: int, dim1: int) -> np.ndarray:
    """Two axes in each other's place."""
    return np.swapaxes(input, dim0, dim1) if input.ndim else input


def _transposed(input: TensorSpec, dim0: int, dim1: int) -> TensorSpec:
    first, second = axis(dim0, input.ndim, "dim0"), axis(dim1, input.ndim, "dim1")
    shape = list(input.shape)
    if shape:
        shape[first], shape[second] = shape[second], shape[first]
    return input.with_shape(shape)


transpose.shape(_transposed)

swapdims = transpose.alias("swapdims")


@op
def swapaxes(input: np.ndarray, axis0: int, axis1: int) -> np.ndarray:
    """Two axes in each other's place."""
    return np.swapaxes(input, axis0, axis1) if input.ndim else input


@swapaxes.shape
def _(input: TensorSpec, axis0: int, axis1: int) -> TensorSpec:
    return _transposed(input, axis0, axis1)


@op
def t(input: np.ndarray) -> np.ndarray:
    """The transpose of a matrix; a vector stays as it is."""
    return input.transpose()


@t.shape
def _(input: TensorSpec) -> TensorSpec:
    if input.ndim > 2:
        raise ShapeError(f"wants a tensor of at most 2 axes and gets {input.shape}", hint="transpose(dim0, dim1)")
    return input.with_shape(input.shape[::-1])


@op
def movedim(input: np.ndarray, source: Sizes, destination: Sizes) -> np.ndarray:
    """The axes `source` at the places `destination`, the others in their order."""
    return np.moveaxis(input, source, destination) if input.ndim else input


@movedim.shape
def _(input: TensorSpec, source: Sizes, destination: Sizes) -> TensorSpec:
    moved, places = several(source, input.ndim, "source"), several(destination, input.ndim, "destination")
    if len(moved) != len(places):
        raise ShapeError(f"wants as many places as axes and gets {destination} for {source}", option="destination")
    order = [place for place in range(input.ndim) if place not in moved]
    for place, source_axis in sorted(zip(places, moved, strict=True)):
        order.insert(place, source_axis)
    return input.with_shape([input.shape[place] for place in order] if input.ndim else ())


moveaxis = movedim.alias("moveaxis")


@op
def contiguous(input: np.ndarray) -> np.ndarray:
    """The same elements, in order in memory."""
    return np.asarray(input, order="C")


@op
def clone(input: np.ndarray) -> np.ndarray:
    """A copy."""
    return input.copy()


@op
def detach(input: np.ndarray) -> np.ndarray:
    """The same tensor; torch's leaves the gradient behind."""
    return input


def _same(input: TensorSpec) -> TensorSpec:
    return input


for _op in (contiguous, clone, detach):
    _op.shape(_same)
