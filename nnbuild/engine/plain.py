"""Stages without a fast form: the op itself; and those that only move elements."""

from __future__ import annotations

from functools import partial
from typing import Any

from nnbuild.engine.fusion import Stage
from nnbuild.engine.layout import Layout
from nnbuild.engine.step import Memory, Phase, Step, copy
from nnbuild.graph.graph import Value
from nnbuild.lazy import np
from nnbuild.ops.op import array_of, map_tensors
from nnbuild.ops.spec import TensorSpec


def plain(stage: Stage, args: tuple[Any, ...], options: dict[str, Any]) -> Step:
    """The op on arrays, its result copied to its place. Params: args, options of the node, with constants put in."""
    node = stage.nodes[0]
    specs = tuple(TensorSpec(value.shape, value.dtype) for value in node.outputs)

    def bind(memory: Memory) -> list[Phase]:
        def array(tensor: Any) -> Any:
            return memory.logical(tensor) if isinstance(tensor, Value) else array_of(tensor)

        arrays, named = map_tensors(array, args), map_tensors(array, options)
        targets = [memory.logical(value) for value in node.outputs]

        def run() -> None:
            results = node.op.compute(specs if node.returns_many else specs[0], *arrays, **named)
            for target, result in zip(targets, results if node.returns_many else (results,), strict=True):
                np.copyto(target, result)

        return [[[run]]]

    return Step(stage.nodes, "plain op", stage.output, stage.reads, bind, outputs=node.outputs)


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
