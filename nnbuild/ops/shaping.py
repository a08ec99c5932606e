"""Other shapes for the same elements: views, axes in another order, copies side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import arranged, axis, real_axis, several, spread
from nnbuild.ops.memory import Memory
from nnbuild.ops.memory_format import check_format
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import REORDERED, UNSEEN, Reaches, kept, moved
from nnbuild.ops.spec import TensorSpec

Sizes = int | Sequence[int]


def _in_order() -> dict[str, Reaches]:
    return {"input": REORDERED}


def _in_order_of_another() -> dict[str, Reaches]:
    return {"input": REORDERED, "other": UNSEEN}


def _own_places(input: TensorSpec) -> dict[str, Reaches]:
    return {"input": kept(input)}


def _view() -> Memory:
    return Memory.VIEW


def _ordered_view() -> Memory:
    return Memory.ORDERED


def _view_or_copy() -> Memory:
    return Memory.ORDERED_OR_FRESH


@op
def view(input: np.ndarray, *size: Sizes) -> np.ndarray:
    """The elements in another shape; a size of -1 is worked out from the others."""
    return input.reshape(spread(size))


@op
def reshape(input: np.ndarray, *shape: Sizes) -> np.ndarray:
    """The elements in another shape; a size of -1 is worked out from the others."""
    return input.reshape(spread(shape))


def _arranged(input: TensorSpec, sizes: tuple[Sizes, ...], option: str) -> TensorSpec:
    if not sizes:
        raise OptionError(f"{option} wants at least one number", option=option)
    if len(sizes) == 1 and isinstance(sizes[0], str):
        raise OptionError(
            f"{option} wants numbers, not {sizes[0]!r}: the bits of a tensor are not read as another dtype",
            hint="to(dtype) converts the values",
            option=option,
        )
    return input.with_shape(arranged(input.numel(), spread(sizes), option))


view.shape(lambda input, size: _arranged(input, size, "size"))
reshape.shape(lambda input, shape: _arranged(input, shape, "shape"))
view.axes(_in_order)
reshape.axes(_in_order)
view.memory(_ordered_view)
reshape.memory(_view_or_copy)


@op
def view_as(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The elements in the shape of the other tensor."""
    return input.reshape(other.shape)


@view_as.shape
def _(input: TensorSpec, other: TensorSpec) -> TensorSpec:
    return input.with_shape(arranged(input.numel(), other.shape))


view_as.axes(_in_order_of_another)
reshape_as = view_as.alias("reshape_as")
view_as.memory(_ordered_view)
reshape_as.memory(_view_or_copy)


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


flatten.axes(_in_order)
flatten.memory(_view_or_copy)


@flatten.formula
def _(input: TensorSpec, start_dim: int, end_dim: int) -> list[str]:
    joined = input.shape[axis(start_dim, input.ndim) : axis(end_dim, input.ndim) + 1] or (1,)
    return [f"{'*'.join(map(str, joined))} = {math.prod(joined)}"]


@op
def ravel(input: np.ndarray) -> np.ndarray:
    """All elements in one axis."""
    return np.asarray(input, order="C").reshape(-1)


@ravel.shape
def _(input: TensorSpec) -> TensorSpec:
    return input.with_shape((input.numel(),))


ravel.axes(_in_order)
ravel.memory(_view_or_copy)


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


unflatten.axes(_in_order)
unflatten.memory(_ordered_view)


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


squeeze.axes(_in_order)
squeeze.memory(_ordered_view)


@op
def unsqueeze(input: np.ndarray, dim: int) -> np.ndarray:
    """With a new axis of size 1 at `dim`."""
    return np.expand_dims(input, dim)


@unsqueeze.shape
def _(input: TensorSpec, dim: int) -> TensorSpec:
    place = axis(dim, input.ndim + 1)
    return input.with_shape((*input.shape[:place], 1, *input.shape[place:]))


unsqueeze.axes(_in_order)
unsqueeze.memory(_ordered_view)


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


@permute.axes
def _(input: TensorSpec, dims: tuple[Sizes, ...]) -> dict[str, Reaches]:
    return {"input": moved(several(spread(dims, "dims"), input.ndim) if input.ndim else ())}


permute.memory(_view)


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


@transpose.axes
def _(input: TensorSpec, dim0: int, dim1: int) -> dict[str, Reaches]:
    return _exchanged(input, dim0, dim1)


def _exchanged(input: TensorSpec, dim0: int, dim1: int) -> dict[str, Reaches]:
    order = list(range(input.ndim))
    if order:
        first, second = axis(dim0, input.ndim), axis(dim1, input.ndim)
        order[first], order[second] = second, first
    return {"input": moved(order)}


transpose.memory(_view)

swapdims = transpose.alias("swapdims")


@op
def swapaxes(input: np.ndarray, axis0: int, axis1: int) -> np.ndarray:
    """Two axes in each other's place."""
    return np.swapaxes(input, axis0, axis1) if input.ndim else input


@swapaxes.shape
def _(input: TensorSpec, axis0: int, axis1: int) -> TensorSpec:
    return _transposed(input, axis0, axis1)


@swapaxes.axes
def _(input: TensorSpec, axis0: int, axis1: int) -> dict[str, Reaches]:
    return _exchanged(input, axis0, axis1)


swapaxes.memory(_view)


@op
def t(input: np.ndarray) -> np.ndarray:
    """The transpose of a matrix; a vector stays as it is."""
    return input.transpose()


@t.shape
def _(input: TensorSpec) -> TensorSpec:
    if input.ndim > 2:
        raise ShapeError(f"wants a tensor of at most 2 axes and gets {input.shape}", hint="transpose(dim0, dim1)")
    return input.with_shape(input.shape[::-1])


@t.axes
def _(input: TensorSpec) -> dict[str, Reaches]:
    return {"input": moved(range(input.ndim)[::-1])}


t.memory(_view)


@op
def movedim(input: np.ndarray, source: Sizes, destination: Sizes) -> np.ndarray:
    """The axes `source` at the places `destination`, the others in their order."""
    return np.moveaxis(input, source, destination) if input.ndim else input


@movedim.shape
def _(input: TensorSpec, source: Sizes, destination: Sizes) -> TensorSpec:
    return input.with_shape([input.shape[place] for place in _order(input.ndim, source, destination)])


def _order(ndim: int, source: Sizes, destination: Sizes) -> list[int]:
    """The axes as movedim puts them."""
    sources, places = several(source, ndim, "source"), several(destination, ndim, "destination")
    if len(sources) != len(places):
        raise ShapeError(f"wants as many places as axes and gets {destination} for {source}", option="destination")
    order = [place for place in range(ndim) if place not in sources]
    for place, source_axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, source_axis)
    return order if ndim else []


@movedim.axes
def _(input: TensorSpec, source: Sizes, destination: Sizes) -> dict[str, Reaches]:
    return {"input": moved(_order(input.ndim, source, destination))}


movedim.memory(_view)


moveaxis = movedim.alias("moveaxis")


@op
def contiguous(input: np.ndarray, memory_format: str = "contiguous_format") -> np.ndarray:
    """The same elements, in order in memory."""
    return input.copy() if memory_format.startswith("channels") else np.asarray(input, order="C")


@op
def clone(input: np.ndarray, *, memory_format: str | None = None) -> np.ndarray:
    """A copy."""
    return input.copy()


@op
def detach(input: np.ndarray) -> np.ndarray:
    """The same tensor; torch's leaves the gradient behind."""
    return input


def _same(input: TensorSpec) -> TensorSpec:
    return input


def _same_in_format(input: TensorSpec, memory_format: Any) -> TensorSpec:
    check_format(memory_format, input.ndim)
    return input


for _op in (contiguous, clone):
    _op.shape(_same_in_format)
    _op.axes(_own_places)
detach.shape(_same)
detach.axes(_own_places)


@contiguous.memory
def _(memory_format: str) -> Memory:
    return Memory.FRESH if memory_format.startswith("channels") else Memory.ORDERED_OR_FRESH


detach.memory(_ordered_view)

takes_complex(
    view, reshape, view_as, flatten, ravel, unflatten, squeeze, unsqueeze, permute, transpose, swapaxes, t, movedim,
    contiguous, clone, detach,
)  # fmt: skip
