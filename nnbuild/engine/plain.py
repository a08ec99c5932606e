"""Stages without a fast form: the op itself; and those that only move elements."""

from __future__ import annotations

from functools import partial
from typing import Any

from nnbuild.engine.fusion import Stage
from nnbuild.engine.layout import Layout
from nnbuild.engine.step import Call, Memory, Phase, Step, copy, dealt, even_parts
from nnbuild.graph.graph import Value
from nnbuild.lazy import np
from nnbuild.ops.op import array_of, map_tensors
from nnbuild.ops.spec import TensorSpec

#: Elements of the result from which on threads share an op, and that a part of it has.
_TOGETHER, _AT_ONCE = 1 << 15, 1 << 17


def plain(stage: Stage, threads: int) -> Step:
    """The op on arrays, its result copied to its place; in parts, where it treats each index of an axis alone."""
    node, output = stage.nodes[0], stage.output
    axis = _divided_axis(stage, threads)
    length = 1 if axis is None else output.shape[axis]
    parts = even_parts(length, 1 if axis is None else max(threads, output.numel() // _AT_ONCE))

    def bind(memory: Memory) -> list[Phase]:
        def call(start: int, stop: int) -> Call:
            def part(tensor: Any) -> Any:
                array = memory.logical(tensor) if isinstance(tensor, Value) else array_of(tensor)
                return array if axis is None else _at(array, axis - output.ndim, length, slice(start, stop))

            arrays = map_tensors(part, stage.args)
            targets = [memory.logical(value) for value in node.outputs]
            if axis is not None:
                targets = [_at(target, axis - output.ndim, length, slice(start, stop)) for target in targets]
            specs = tuple(TensorSpec(target.shape, target.dtype.name) for target in targets)

            def run() -> None:
                results = node.op.compute(specs if node.returns_many else specs[0], arrays)
                for target, result in zip(targets, results if node.returns_many else (results,), strict=True):
                    np.copyto(target, result)

            return run

        return [dealt([[call(*some)] for some in parts], threads)]

    name = "plain op" if len(parts) == 1 else f"plain op, {len(parts)} parts"
    return Step(stage.nodes, name, output, stage.reads, bind, outputs=node.outputs)


def _at(array: np.ndarray, axis: int, length: int, part: slice) -> np.ndarray:
    """Part of the axis, counted from the end; all of an array that has not this axis, or is repeated along it."""
    if array.ndim < -axis or array.shape[axis] != length:
        return array
    some: Any = (..., part, *(slice(None) for _ in range(-axis - 1)))
    return array[some]


def _divided_axis(stage: Stage, threads: int) -> int | None:
    """An axis of the result at whose every index the op does the same for itself, None for a small one or none."""
    args, output = stage.args, stage.output
    if threads == 1 or output.numel() < _TOGETHER:
        return None
    first = 0
    if stage.kind in ("layer_norm", "rms_norm"):
        shape = args["normalized_shape"]
        first = output.ndim - (1 if isinstance(shape, int) else len(shape))
    elif stage.kind in ("softmax", "log_softmax") and args["dim"] in (-1, output.ndim - 1):
        first = output.ndim - 1
    elif stage.kind == "scaled_dot_product_attention" and not args["dropout_p"]:
        before = {args[name].shape[:-2] for name in ("query", "key", "value")}
        first = output.ndim - 2 if len(before) == 1 else 0
    return next((axis for axis in range(first) if output.shape[axis] >= threads), None)


def reshaped(stage: Stage, layout: Layout) -> Step:
    """The same elements in another shape: nothing to do for a view, else a copy in the order of the axes."""

    def bind(memory: Memory) -> list[Phase]:
        if stage.output in layout.views:
            return []
        source, target = memory.logical(stage.input), memory.logical(stage.output)
        if target.flags.c_contiguous:
            return [[[copy(target.reshape(source.shape), source)]]]
        return [[[lambda: np.copyto(target, source.reshape(target.shape))]]]

    return Step(stage.nodes, "view" if stage.output in layout.views else "copy", stage.output, [stage.input], bind)


def joined(stage: Stage, layout: Layout) -> Step:
    """`cat` over channels: parts that do not lie in it already are copied."""
    tensors: list[Value] = stage.args["tensors"]

    def lies_there(value: Value, offset: int) -> bool:
        return value in layout.inside and _place(layout, value) == _place(layout, stage.output, offset)

    moved, offset = [], 0
    for value in tensors:
        if not lies_there(value, offset):
            moved.append((value, offset))
        offset += value.shape[1]

    def bind(memory: Memory) -> list[Phase]:
        target = memory.image(stage.output)
        return [
            [[partial(np.copyto, target[..., start : start + value.shape[1]], memory.image(value))]]
            for value, start in moved
        ]

    return Step(stage.nodes, "copy" if moved else "parts in place", stage.output, stage.reads, bind)


def _place(layout: Layout, value: Value, offset: int = 0) -> tuple[Value, int]:
    """The outermost cat in which a value lies, and its first channel there."""
    while value in layout.inside:
        value, start = layout.inside[value]
        offset += start
    return value, offset
