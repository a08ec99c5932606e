"""Stages without a fast form: the op itself."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from nnbuild.engine.forms.form import Form
from nnbuild.engine.layout import Layout
from nnbuild.engine.memory import Memory
from nnbuild.engine.op_facts import is_ordered_view, lone_axes
from nnbuild.engine.rewrite.finish import finished
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.engine.step import Call, Phase, Step, dealt, even_parts
from nnbuild.graph.graph import Node, Value
from nnbuild.lazy import np
from nnbuild.ops.op import array_of, map_tensors
from nnbuild.ops.spec import TensorSpec

#: Elements of the result from which on threads share an op, and that a part of it has.
_TOGETHER, _AT_ONCE = 1 << 15, 1 << 17


class Plain(Form):
    """The op on arrays, its result copied to its place; in parts, where it treats each index of an axis alone."""

    def fits(self, stage: Stage) -> bool:
        """Always."""
        return True

    def cost(self, stage: Stage) -> float:
        """More than that of any other form."""
        return inf

    def is_view(self, stage: Stage) -> bool:
        """Whether the op gives the same elements in the same order: it then writes them where they are."""
        return is_ordered_view(stage.nodes[0].op)

    def step(self, stage: Stage, layout: Layout, threads: int) -> Step:
        """The step."""
        node, output = stage.nodes[0], stage.output
        axis = _divided_axis(stage, threads)
        length = 1 if axis is None else output.shape[axis]
        parts = even_parts(length, 1 if axis is None else max(threads, output.numel() // _AT_ONCE))
        args = stage.args if stage.weight is None else {**stage.args, "weight": stage.weight, "bias": None}

        def bind(memory: Memory) -> list[Phase]:
            def call(start: int, stop: int) -> Call:
                def part(array: np.ndarray) -> np.ndarray:
                    return array if axis is None else _at(array, axis - output.ndim, length, slice(start, stop))

                def read(tensor: Any) -> np.ndarray:
                    return part(memory.logical(tensor) if isinstance(tensor, Value) else array_of(tensor))

                targets = [part(memory.logical(value)) for value in outputs]
                return _computing(node, map_tensors(read, args), targets)

            return [dealt([[call(*some)] for some in parts], threads), *_finishing(stage, memory)]

        outputs = node.outputs if len(stage.nodes) == 1 else (output,)
        name = "plain op" if len(parts) == 1 else f"plain op, {len(parts)} parts"
        return Step(stage.nodes, name, output, stage.reads, bind, outputs=outputs)


def _computing(node: Node, arrays: dict[str, Any], targets: list[np.ndarray]) -> Callable[[], None]:
    specs = tuple(TensorSpec(target.shape, target.dtype.name) for target in targets)

    def run() -> None:
        results = node.op.compute(specs if node.returns_many else specs[0], arrays)
        for target, result in zip(targets, results if node.returns_many else (results,), strict=True):
            np.copyto(target, result)

    return run


def _finishing(stage: Stage, memory: Memory) -> list[Phase]:
    """What is folded into a linear map whose values do not lie as its fast form wants them."""
    if not stage.finishes:
        return []
    scratch = memory.scratch[0]
    scratch.clear()
    target = memory.logical(stage.output)
    return [[finished(stage.finishes, target, target, scratch, memory.logical)]]


def _at(array: np.ndarray, axis: int, length: int, part: slice) -> np.ndarray:
    """Part of the axis, counted from the end; all of an array that has not this axis, or is repeated along it."""
    if array.ndim < -axis or array.shape[axis] != length:
        return array
    some: Any = (..., part, *(slice(None) for _ in range(-axis - 1)))
    picked: np.ndarray = array[some]
    return picked


def _divided_axis(stage: Stage, threads: int) -> int | None:
    """An axis of the result at whose every index the op does the same for itself, None for a small one or none."""
    if threads == 1 or stage.output.numel() < _TOGETHER:
        return None
    axes = range(lone_axes(stage.nodes[0]))
    return next((axis for axis in axes if stage.output.shape[axis] >= threads), None)
