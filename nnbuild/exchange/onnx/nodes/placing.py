"""Elements put by index."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.node import OnnxNode, axis_of, cast, constant, reads, reshaped
from nnbuild.exchange.onnx.nodes.indices import along_the_first_axes, counted_from_the_front

_REDUCTIONS = {"none": None, "add": "sum", "mul": "prod", "max": "amax", "min": "amin"}


def _reduction(node: OnnxNode) -> str | None:
    name = node.get("reduction", "none")
    if name not in _REDUCTIONS:
        raise SpecError(f"{node.op} wants a reduction of {', '.join(_REDUCTIONS)} and gets {name!r}")
    return _REDUCTIONS[name]


@reads("Scatter", "ScatterElements")
def _scatter(node: OnnxNode, input: Any, index: Any, updates: Any) -> Any:
    axis = axis_of(node.get("axis"), len(input.shape))
    place = counted_from_the_front(index, input.shape[axis])
    reduction = _reduction(node)
    if reduction is None:
        return ops.scatter(input, axis, place, updates)
    return ops.scatter_reduce(input, axis, place, updates, reduction)


@reads("ScatterND")
def _scatter_nd(node: OnnxNode, input: Any, indices: Any, updates: Any) -> Any:
    return ops.index_put(input, along_the_first_axes(node, input, indices), updates, reduce=_reduction(node))


@reads("TensorScatter")
def _tensor_scatter(node: OnnxNode, cache: Any, update: Any, starts: Any = None) -> Any:
    """The update's slices put into a cache, from the place on that each sample says."""
    rank, axis = len(cache.shape), axis_of(node.get("axis"), len(cache.shape))
    size, length = cache.shape[axis], update.shape[axis]
    steps = reshaped(ops.arange(length, dtype="int64"), *(-1 if at == axis else 1 for at in range(rank)))
    if starts is None:
        starts = constant([0] * cache.shape[0], "int64")
    places = ops.add(reshaped(cast(starts, "int64"), -1, *(1,) * (rank - 1)), steps)
    if node.get("mode") == "circular":
        places = ops.remainder(places, constant(size, "int64"))
    return ops.scatter(cache, axis, ops.expand(places, *update.shape), update)


@reads("Col2Im")
def _col2im(node: OnnxNode, columns: Any, image_shape: Any, block_shape: Any) -> Any:
    sizes, blocks = node.numbers("image_shape", image_shape) or [], node.numbers("block_shape", block_shape) or []
    axes = len(sizes)
    strides, spreads = node.get("strides") or [1] * axes, node.get("dilations") or [1] * axes
    pads = node.get("pads") or [0] * (2 * axes)
    count, rows, pieces = columns.shape
    channels, kernel = rows, 1
    for block in blocks:
        kernel *= block
    channels = rows // kernel
    padded = [size + pads[at] + pads[at + axes] for at, size in enumerate(sizes)]
    steps = [
        (size - spread * (block - 1) - 1) // stride + 1
        for size, spread, block, stride in zip(padded, spreads, blocks, strides, strict=True)
    ]
    place = constant([0], "int64").reshape(*(1,) * (2 * axes))
    for at in range(axes):
        taps = constant([tap * spreads[at] for tap in range(blocks[at])], "int64")
        starts = constant([step * strides[at] for step in range(steps[at])], "int64")
        both = ops.add(
            taps.reshape(*(-1 if axis == at else 1 for axis in range(2 * axes))),
            starts.reshape(*(-1 if axis == axes + at else 1 for axis in range(2 * axes))),
        )
        place = ops.add(ops.mul(place, constant(padded[at], "int64")), both)
    index = ops.expand(reshaped(place, 1, 1, -1), count, channels, kernel * pieces)
    total = 1
    for size in padded:
        total *= size
    canvas = ops.zeros(count, channels, total, dtype=str(columns.dtype))
    laid = ops.scatter_add(canvas, 2, index, reshaped(columns, count, channels, kernel * pieces))
    image = reshaped(laid, count, channels, *padded)
    inside = tuple(slice(pads[at], pads[at] + size) for at, size in enumerate(sizes))
    return ops.getitem(image, (slice(None), slice(None), *inside))
