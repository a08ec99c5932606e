"""Other shapes, pieces and joints, written."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.writing.emitters import emits
from nnbuild.exchange.onnx.writing.graph import GraphWriter
from nnbuild.exchange.onnx.writing.sizes import Length, Size
from nnbuild.graph.graph import Node
from nnbuild.lazy import np
from nnbuild.ops.nests import is_tensor

#: The end of a slice that goes as far as there is anything.
_END = np.iinfo(np.int64).max


@emits(
    "view", "reshape", "view_as", "reshape_as", "flatten", "ravel", "unflatten", "squeeze", "unsqueeze",
)  # fmt: skip
def _reshaped(graph: GraphWriter, node: Node, a: Any) -> Any:
    """The same elements in the same order."""
    value = next(iter(vars(a).values()))
    before, after = graph.traces.shape(value), graph.traces.shape(node.output)
    flat = node.op.name == "flatten" and len(after) == 2 and a.start_dim == 1 and len(before) > 1
    if flat and all(isinstance(size, int) for size in before[1:]) and before != after:
        return graph.emit("Flatten", graph.name_of(value), axis=1)
    return graph.reshape(graph.name_of(value), before, after)


@emits("permute", "transpose", "swapaxes", "swapdims", "t", "movedim", "moveaxis")
def _transposed(graph: GraphWriter, node: Node, a: Any) -> Any:
    reaches = node.reaches(node.output)
    order = sorted(range(len(a.input.shape)), key=lambda place: reaches["input"][place].axis)
    name = graph.name_of(a.input)
    return name if order == sorted(order) else graph.emit("Transpose", name, perm=order)


@emits("cat", "concat", "concatenate", "hstack", "vstack", "stack")
def _joined(graph: GraphWriter, node: Node, a: Any) -> Any:
    dtype, shape = node.output.dtype, graph.traces.shape(node.output)
    dim = getattr(a, "dim", 0) % len(shape)
    names = [graph.operand(value, dtype) for value in a.tensors if value.shape != (0,)]
    if node.op.name in ("hstack", "vstack"):
        rank = max(len(value.shape) for value in a.tensors)
        dim = 0 if node.op.name == "vstack" or rank == 1 else 1
    own = [graph.traces.shape(value) for value in a.tensors if value.shape != (0,)]
    if node.op.name in ("stack", "vstack", "hstack"):
        stacked = node.op.name == "stack"
        wanted = [
            (*before[:dim], 1, *before[dim:]) if stacked else (*(1,) * (len(shape) - len(before)), *before)
            for before in own
        ]
        names = [graph.reshape(*item) for item in zip(names, own, wanted, strict=True)]
    return names[0] if len(names) == 1 else graph.emit("Concat", *names, axis=dim)


@emits("split", "chunk", "tensor_split", "unbind")
def _parts(graph: GraphWriter, node: Node, a: Any) -> Any:
    value = next(iter(vars(a).values()))
    dim = a.dim % len(value.shape)
    name = graph.name_of(value)
    if len(node.outputs) == 1 and node.op.name != "unbind":
        return [name]
    sizes = [1 if node.op.name == "unbind" else graph.traces.shape(output)[dim] for output in node.outputs]
    made = graph.emit("Split", name, graph.lengths(sizes), outputs=len(sizes), axis=dim) if len(sizes) > 1 else [name]
    if node.op.name != "unbind":
        return made
    before = list(graph.traces.shape(value))
    before[dim] = 1
    return [graph.reshape(part, before, graph.traces.shape(node.output)) for part in made]


def sliced(graph: GraphWriter, name: str, cuts: dict[int, tuple[Length, Length, int]]) -> str:
    """A tensor cut along axes. Params: cuts, start, stop and step by axis."""
    if not cuts:
        return name
    columns = zip(*cuts.values(), strict=True)
    starts, stops, steps = (graph.lengths(list(column)) for column in columns)
    axes = graph.constant(np.array(list(cuts), np.int64))
    plain = all(step == 1 for _, _, step in cuts.values())
    made: str = graph.emit("Slice", name, starts, stops, axes, None if plain else steps)
    return made


@emits("narrow")
def _narrow(graph: GraphWriter, node: Node, a: Any) -> Any:
    dim = a.dim % len(a.input.shape)
    size = graph.traces.shape(node.output)[dim]
    if not isinstance(a.start, int) or not isinstance(size, int):
        raise SpecError("narrow wants known places in an ONNX file", path=node.path or None)
    return sliced(graph, graph.name_of(a.input), {dim: (a.start, a.start + size, 1)})


@emits("select")
def _select(graph: GraphWriter, node: Node, a: Any) -> Any:
    return graph.emit("Gather", graph.name_of(a.input), graph.number(a.index, "int64"), axis=a.dim % len(a.input.shape))


@emits("getitem")
def _getitem(graph: GraphWriter, node: Node, a: Any) -> Any:
    """Slices and numbers first, then at most one tensor of indices, or several side by side."""
    name, shape = graph.name_of(a.input), graph.traces.shape(a.input)
    index = _spelt_out(a.index, len(shape))
    cuts: dict[int, tuple[Length, Length, int]] = {}
    kept: list[Length] = []  # the shape after slices and numbers, new axes included
    lists: list[tuple[int, Any]] = []
    axis = 0
    for item in index:
        if item is None:
            kept.append(1)
            continue
        size = shape[axis]
        if isinstance(item, slice):
            cut = _cut(item)
            cuts |= {axis: cut} if cut else {}
            kept.append(_length(graph, node, size, item))
        elif (is_tensor(item) and item.shape) or isinstance(item, list):
            lists.append((len(kept), item))
            kept.append(size)
        else:
            place = item if isinstance(item, int) else int(np.asarray(getattr(item, "data", item)))
            cuts[axis] = (place, place + 1 if place != -1 else _END, 1)
        axis += 1
    before = [_left(graph, node, shape[at], index_of(index, at)) for at in range(len(shape))]
    name = graph.reshape(sliced(graph, name, cuts), before, kept)
    return _taken(graph, node, name, kept, lists)


def index_of(index: list[Any], axis: int) -> Any:
    """The item of an index that is about an axis of the input."""
    return [item for item in index if item is not None][axis]


def _left(graph: GraphWriter, node: Node, size: Length, item: Any) -> Length:
    """What is left of an axis when slices and numbers are taken."""
    if isinstance(item, slice):
        return _length(graph, node, size, item)
    return size if isinstance(item, list) or (is_tensor(item) and item.shape) else 1


def _spelt_out(index: tuple[Any, ...], rank: int) -> list[Any]:
    used = sum(item is not None and item is not Ellipsis for item in index)
    dots = next((place for place, item in enumerate(index) if item is Ellipsis), len(index))
    return [*index[:dots], *[slice(None)] * (rank - used), *index[dots + 1 :]]


def _cut(item: slice) -> tuple[Length, Length, int] | None:
    start = 0 if item.start is None else item.start
    stop = _END if item.stop is None else item.stop
    step = 1 if item.step is None else item.step
    return None if (start, stop, step) == (0, _END, 1) else (start, stop, step)


def _length(graph: GraphWriter, node: Node, size: Length, item: slice) -> Length:
    """The size that a slice leaves, in each of the traces."""
    ends = (item.start, item.stop, item.step)
    if isinstance(size, int) and not any(isinstance(end, Size) for end in ends):
        return len(range(*item.indices(size)))
    found = []
    for at in range(len(graph.traces.graphs)):
        own = slice(*(end.values[at] if isinstance(end, Size) else end for end in ends))
        found.append(len(range(*own.indices(size.values[at] if isinstance(size, Size) else size))))
    return found[0] if len(set(found)) == 1 else Size(tuple(found))


def _taken(graph: GraphWriter, node: Node, name: str, shape: list[Length], lists: list[tuple[int, Any]]) -> Any:
    if not lists:
        return name
    index = [graph.operand(np.asarray(item) if isinstance(item, list) else item, "int64") for _, item in lists]
    places = [place for place, _ in lists]
    if len(lists) == 1:
        return graph.emit("Gather", name, index[0], axis=places[0])
    if places != list(range(places[0], places[0] + len(places))):
        order = [*places, *(place for place in range(len(shape)) if place not in places)]
        name, places = graph.emit("Transpose", name, perm=order), list(range(len(places)))
    elif places[0]:
        raise SpecError("several lists of indices behind a kept axis go into no ONNX file", path=node.path or None)
    ranks = max(len(np.shape(item)) if isinstance(item, list) else len(item.shape) for _, item in lists)
    picked = graph.lengths([*graph.traces.shape(node.output)[:ranks], 1])
    columns = [graph.emit("Expand", graph.emit("Unsqueeze", each, graph.constant(np.array([-1], np.int64))), picked)
               for each in index]  # fmt: skip
    return graph.emit("GatherND", name, graph.emit("Concat", *columns, axis=-1))


@emits("expand", "expand_as", "broadcast_to")
def _expand(graph: GraphWriter, node: Node, a: Any) -> Any:
    before, after = graph.traces.shape(a.input), graph.traces.shape(node.output)
    name = graph.name_of(a.input)
    return name if before == after else graph.emit("Expand", name, graph.lengths(after))


@emits("repeat", "tile")
def _repeat(graph: GraphWriter, node: Node, a: Any) -> Any:
    counts = list(a.repeats if node.op.name == "repeat" else a.dims)
    counts = list(counts[0]) if len(counts) == 1 and isinstance(counts[0], list | tuple) else counts
    shape = graph.traces.shape(a.input)
    counts = [1] * (len(shape) - len(counts)) + counts
    wide = (*(1,) * (len(counts) - len(shape)), *shape)
    return graph.emit("Tile", graph.reshape(graph.name_of(a.input), shape, wide), graph.lengths(counts))


@emits("repeat_interleave")
def _interleave(graph: GraphWriter, node: Node, a: Any) -> Any:
    shape = graph.traces.shape(a.input)
    if not isinstance(a.repeats, int) or a.dim is None:
        raise SpecError("repeat_interleave wants a number and an axis in an ONNX file", path=node.path or None)
    dim = a.dim % len(shape)
    spread = (*shape[: dim + 1], 1, *shape[dim + 1 :])
    wide = (*shape[: dim + 1], a.repeats, *shape[dim + 1 :])
    made = graph.emit("Expand", graph.reshape(graph.name_of(a.input), shape, spread), graph.lengths(wide))
    return graph.reshape(made, wide, graph.traces.shape(node.output))


@emits("roll")
def _roll(graph: GraphWriter, node: Node, a: Any) -> Any:
    name = graph.name_of(a.input)
    shifts = a.shifts if isinstance(a.shifts, list | tuple) else (a.shifts,)
    dims = a.dims if isinstance(a.dims, list | tuple) else (a.dims,)
    if a.dims is None:
        raise SpecError("roll wants its axes in an ONNX file", path=node.path or None)
    for shift, dim in zip(shifts, dims, strict=True):
        axis = dim % len(a.input.shape)
        if shift:
            last = sliced(graph, name, {axis: (-shift, _END, 1)})
            name = graph.emit("Concat", last, sliced(graph, name, {axis: (0, -shift, 1)}), axis=axis)
    return name


@emits("flip")
def _flip(graph: GraphWriter, node: Node, a: Any) -> Any:
    dims = a.dims[0] if len(a.dims) == 1 and isinstance(a.dims[0], list | tuple) else a.dims
    cuts: dict[int, tuple[Length, Length, int]] = {
        dim % len(a.input.shape): (-1, int(np.iinfo(np.int64).min), -1) for dim in dims
    }
    return sliced(graph, graph.name_of(a.input), cuts)
