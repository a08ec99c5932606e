"""Tensors put together and taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.limits import MAX_OUTPUTS
from nnbuild.ops.axes import axis, real_axis, spread, whole
from nnbuild.ops.dtypes import promote
from nnbuild.ops.memory import Memory
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import UNSEEN, Kept, Laid, Part, Reaches, Strided, along, inserted, without
from nnbuild.ops.spec import TensorSpec

Tensors = Sequence["np.ndarray"]
Specs = Sequence[TensorSpec]


def _common_dtype(tensors: Specs) -> str:
    if not isinstance(tensors, tuple | list) or not all(isinstance(tensor, TensorSpec) for tensor in tensors):
        raise OptionError("tensors wants a list or tuple of tensors", option="tensors")
    if not tensors:
        raise ShapeError("wants at least one tensor and gets an empty list")
    dtype = tensors[0].dtype
    for tensor in tensors[1:]:
        dtype = promote(dtype, tensor.dtype)
    return dtype


def _joined(tensors: Specs, dim: int) -> TensorSpec:
    dtype = _common_dtype(tensors)
    shapes = [tensor.shape for tensor in tensors if tensor.shape != (0,)] or [(0,)]  # torch passes over such
    first = shapes[0]
    if any(not shape for shape in shapes):
        raise ShapeError("wants tensors of at least one axis and gets a single number", hint="stack joins numbers")
    place = axis(dim, len(first))
    for shape in shapes[1:]:
        if (*shape[:place], *shape[place + 1 :]) != (*first[:place], *first[place + 1 :]) or len(shape) != len(first):
            raise ShapeError(f"wants tensors that agree in all axes but {place} and gets {first} and {shape}")
    joined = sum(shape[place] for shape in shapes)
    return TensorSpec((*first[:place], joined, *first[place + 1 :]), dtype)


def _laid(tensors: Specs, place: int) -> list[Any]:
    """What a join sees of each tensor: its own part of the axis."""
    found: list[Any] = []
    start = 0
    for tensor in tensors:
        if tensor.shape == (0,):
            found.append(UNSEEN)
            continue
        size = tensor.shape[place] if tensor.ndim else 1
        found.append(Laid(place, start, start + size, along(tensor, place, Strided(place, -start))))
        start += size
    return found


@op
def cat(tensors: Tensors, dim: int = 0) -> np.ndarray:
    """Tensors one after another along an axis that they have."""
    return np.concatenate([tensor for tensor in tensors if tensor.shape != (0,)] or tensors[:1], dim)


@cat.shape
def _(tensors: Specs, dim: int) -> TensorSpec:
    return _joined(tensors, dim)


@cat.axes
def _(tensors: Specs, dim: int, output: TensorSpec) -> dict[str, Any]:
    return {"tensors": _laid(tensors, axis(dim, output.ndim))}


concat = cat.alias("concat")
concatenate = cat.alias("concatenate")


@op
def stack(tensors: Tensors, dim: int = 0) -> np.ndarray:
    """Tensors of one shape along a new axis."""
    return np.stack(tensors, dim)


@stack.shape
def _(tensors: Specs, dim: int) -> TensorSpec:
    dtype = _common_dtype(tensors)
    shapes = sorted({tensor.shape for tensor in tensors})
    if len(shapes) > 1:
        raise ShapeError(f"wants tensors of one shape and gets {' and '.join(map(str, shapes))}")
    place = axis(dim, len(shapes[0]) + 1)
    return TensorSpec((*shapes[0][:place], len(tensors), *shapes[0][place:]), dtype)


@stack.axes
def _(tensors: Specs, dim: int, output: TensorSpec) -> dict[str, Any]:
    place = axis(dim, output.ndim)
    return {"tensors": [Laid(place, at, at + 1, inserted(tensor, place)) for at, tensor in enumerate(tensors)]}


@op
def hstack(tensors: Tensors) -> np.ndarray:
    """Tensors side by side: along the second axis, or the first of vectors."""
    return np.hstack(tensors)


@hstack.shape
def _(tensors: Specs) -> TensorSpec:
    _common_dtype(tensors)
    rows = [tensor.with_shape(tensor.shape or (1,)) for tensor in tensors]
    return _joined(rows, 0 if rows[0].ndim == 1 else 1)


@hstack.axes
def _(tensors: Specs, output: TensorSpec) -> dict[str, Any]:
    return {"tensors": _laid(tensors, min(1, output.ndim - 1))}


@op
def vstack(tensors: Tensors) -> np.ndarray:
    """Tensors one below another: along the first axis, vectors being rows."""
    return np.vstack(tensors)


@vstack.shape
def _(tensors: Specs) -> TensorSpec:
    _common_dtype(tensors)
    return _joined([spec if spec.ndim > 1 else spec.with_shape((1, spec.numel())) for spec in tensors], 0)


@vstack.axes
def _(tensors: Specs) -> dict[str, Any]:
    found, start = [], 0
    for tensor in tensors:
        rows = tensor.shape[0] if tensor.ndim > 1 else 1
        reaches = along(tensor, 0, Strided(0, -start)) if tensor.ndim > 1 else (Kept(1),) * tensor.ndim
        found.append(Laid(0, start, start + rows, reaches))
        start += rows
    return {"tensors": found}


def _pieces(input: TensorSpec, sizes: Sequence[int], dim: int) -> tuple[TensorSpec, ...]:
    place = axis(dim, input.ndim)
    return tuple(input.with_shape((*input.shape[:place], size, *input.shape[place + 1 :])) for size in sizes)


def _piece(input: TensorSpec, sizes: Sequence[int], dim: int, index: int) -> Reaches:
    place = axis(dim, input.ndim)
    return along(input, place, Strided(place, sum(sizes[:index])))


def _length(input: TensorSpec | np.ndarray, dim: int) -> int:
    return input.shape[real_axis(dim, input.ndim)]


def _cut(input: np.ndarray, sizes: Sequence[int], dim: int) -> list[np.ndarray]:
    ends = [sum(sizes[: count + 1]) for count in range(len(sizes) - 1)]
    return np.split(input, ends, dim)


def _few(count: int) -> int:
    if count > MAX_OUTPUTS:
        raise ShapeError(f"would give {count:,} tensors, and {MAX_OUTPUTS:,} are the most")
    return count


def _equal_sizes(length: int, size: int) -> list[int]:
    _few(-(-length // max(size, 1)))
    return [min(size, length - start) for start in range(0, length, size)] if length else [0]


def _split_sizes(length: int, sizes: int | Sequence[int]) -> list[int]:
    option = "split_size_or_sections"
    if isinstance(sizes, tuple | list):
        given = list(spread((sizes,), option))
        if sum(given) != length or any(size < 0 for size in given):
            raise ShapeError(f"wants sizes that add up to the {length} of the axis and gets {given}", option=option)
        return given
    size = whole(sizes, option)
    if size < 0 or (size == 0 and length):
        raise ShapeError(f"wants a size of at least 1 and gets {size}", option=option)
    return _equal_sizes(length, size)


@op
def split(tensor: np.ndarray, split_size_or_sections: int | Sequence[int], dim: int = 0) -> list[np.ndarray]:
    """Pieces of an axis, each of this size and the last of what is left, or of these sizes."""
    return _cut(tensor, _split_sizes(_length(tensor, dim), split_size_or_sections), dim)


split.also_called(split_size="split_size_or_sections")


@split.shape
def _(tensor: TensorSpec, split_size_or_sections: int | Sequence[int], dim: int) -> tuple[TensorSpec, ...]:
    return _pieces(tensor, _split_sizes(_length(tensor, dim), split_size_or_sections), dim)


@split.axes
def _(tensor: TensorSpec, split_size_or_sections: int | Sequence[int], dim: int, which: int) -> dict[str, Reaches]:
    return {"tensor": _piece(tensor, _split_sizes(_length(tensor, dim), split_size_or_sections), dim, which)}


def _chunk_sizes(length: int, chunks: int) -> list[int]:
    count = whole(chunks, "chunks")
    if count < 1:
        raise ShapeError(f"wants at least 1 chunk and gets {count}", option="chunks")
    return _equal_sizes(length, -(-length // count)) if length else [0] * _few(count)


@op
def chunk(input: np.ndarray, chunks: int, dim: int = 0) -> list[np.ndarray]:
    """At most so many pieces of an axis, all of one size but for the last."""
    return _cut(input, _chunk_sizes(_length(input, dim), chunks), dim)


@chunk.shape
def _(input: TensorSpec, chunks: int, dim: int) -> tuple[TensorSpec, ...]:
    return _pieces(input, _chunk_sizes(_length(input, dim), chunks), dim)


@chunk.axes
def _(input: TensorSpec, chunks: int, dim: int, which: int) -> dict[str, Reaches]:
    return {"input": _piece(input, _chunk_sizes(_length(input, dim), chunks), dim, which)}


def _section_sizes(length: int, indices_or_sections: int | Sequence[int]) -> list[int]:
    option = "indices_or_sections"
    if isinstance(indices_or_sections, tuple | list):
        ends = [slice(end).indices(length)[1] for end in spread((indices_or_sections,), option)]
        return [max(end - start, 0) for start, end in pairwise([0, *ends, length])]
    count = whole(indices_or_sections, option)
    if count < 1:
        raise ShapeError(f"wants at least 1 section and gets {count}", option=option)
    return [length // count + (place < length % count) for place in range(_few(count))]


def _section_starts(length: int, indices_or_sections: int | Sequence[int]) -> list[int]:
    if isinstance(indices_or_sections, tuple | list):
        return [0, *(slice(end).indices(length)[1] for end in spread((indices_or_sections,)))]
    sizes = _section_sizes(length, indices_or_sections)
    return [sum(sizes[:count]) for count in range(len(sizes))]


@op
def tensor_split(input: np.ndarray, indices_or_sections: int | Sequence[int], dim: int = 0) -> list[np.ndarray]:
    """So many pieces of an axis, as equal as can be, or pieces that end at these indices."""
    return np.array_split(input, indices_or_sections, dim)


tensor_split.also_called(indices="indices_or_sections", sections="indices_or_sections")


@tensor_split.shape
def _(input: TensorSpec, indices_or_sections: int | Sequence[int], dim: int) -> tuple[TensorSpec, ...]:
    return _pieces(input, _section_sizes(_length(input, dim), indices_or_sections), dim)


@tensor_split.axes
def _(input: TensorSpec, indices_or_sections: int | Sequence[int], dim: int, which: int) -> dict[str, Reaches]:
    place = axis(dim, input.ndim)
    starts = _section_starts(_length(input, dim), indices_or_sections)
    return {"input": along(input, place, Strided(place, starts[which]))}


@op
def unbind(input: np.ndarray, dim: int = 0) -> list[np.ndarray]:
    """The slices along an axis, without that axis."""
    slices = np.moveaxis(input, dim, 0)
    return [slices[at, ...] for at in range(len(slices))]


@unbind.shape
def _(input: TensorSpec, dim: int) -> tuple[TensorSpec, ...]:
    length, place = _length(input, dim), axis(dim, input.ndim)
    return (input.with_shape((*input.shape[:place], *input.shape[place + 1 :])),) * _few(length)


@unbind.axes
def _(input: TensorSpec, dim: int, which: int) -> dict[str, Reaches]:
    return {"input": without(input, axis(dim, input.ndim), Part(which, which + 1))}


@op
def narrow(input: np.ndarray, dim: int, start: int, length: int) -> np.ndarray:
    """`length` elements of an axis from `start` on."""
    start = start % (input.shape[dim] + (start >= 0))
    return input[(slice(None),) * axis(dim, input.ndim) + (slice(start, start + length),)]


@narrow.shape
def _(input: TensorSpec, dim: int, start: int, length: int) -> TensorSpec:
    size, place = _length(input, dim), axis(dim, input.ndim)
    first, count = whole(start, "start"), whole(length, "length")
    if not -size <= first <= size or count < 0 or first % (size + (first >= 0)) + count > size:
        raise ShapeError(f"wants elements {first} to {first + count} of an axis of {size}", option="length")
    return input.with_shape((*input.shape[:place], count, *input.shape[place + 1 :]))


@narrow.axes
def _(input: TensorSpec, dim: int, start: int) -> dict[str, Reaches]:
    place = axis(dim, input.ndim)
    return {"input": along(input, place, Strided(place, start % (input.shape[place] + (start >= 0))))}


@op
def select(input: np.ndarray, dim: int, index: int) -> np.ndarray:
    """One slice along an axis, without that axis."""
    return np.moveaxis(input, dim, 0)[index, ...]


@select.shape
def _(input: TensorSpec, dim: int, index: int) -> TensorSpec:
    size, place = _length(input, dim), axis(dim, input.ndim)
    if not -size <= whole(index, "index") < size:
        raise ShapeError(f"wants an index from {-size} to {size - 1} of axis {place} and gets {index}", option="index")
    return input.with_shape((*input.shape[:place], *input.shape[place + 1 :]))


@select.axes
def _(input: TensorSpec, dim: int, index: int) -> dict[str, Reaches]:
    place = axis(dim, input.ndim)
    at = index % input.shape[place]
    return {"input": without(input, place, Part(at, at + 1))}


def _view() -> Memory:
    return Memory.VIEW


for _op in (split, chunk, tensor_split, unbind, narrow, select):
    _op.memory(_view)

takes_complex(cat, stack, hstack, vstack, split, chunk, tensor_split, unbind, narrow, select)
