"""Stages without a fast form: the op itself."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from nnbuild.engine.forms.form import Form
from nnbuild.engine.layout import Layout
from nnbuild.engine.memory import Memory
from nnbuild.engine.op_facts import is_ordered_view, lone_axis, looks_along_an_axis
from nnbuild.engine.rewrite.finish import finished
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.engine.step import Call, Phase, Step, dealt, even_parts
from nnbuild.graph.graph import Node, Value
from nnbuild.lazy import np
from nnbuild.ops.nests import array_of, map_tensors
from nnbuild.ops.spec import TensorSpec

#: Elements of the result from which on threads share an op: one that looks along an axis, and any. What a part has.
_ALONG_TOGETHER, _TOGETHER, _AT_ONCE = 1 << 15, 1 << 18, 1 << 17


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
        return is_ordered_view(stage.nodes[0])

    def step(self, stage: Stage, layout: Layout, threads: int) -> Step:
        """The step."""
        node, output = stage.nodes[0], stage.output
        axis, along = _divided(stage, threads) or (None, {})
        parts = even_parts(*(1, 1) if axis is None else (output.shape[axis], max(threads, output.numel() // _AT_ONCE)))
        args = stage.args if stage.weight is None else {**stage.args, "weight": stage.weight, "bias": None}

        def bind(memory: Memory) -> list[Phase]:
            def call(start: int, stop: int) -> Call:
                def read(name: str) -> Any:
                    place = along.get(name)

                    def some(tensor: Any) -> np.ndarray:
                        array = memory.logical(tensor) if isinstance(tensor, Value) else array_of(tensor)
                        return array if place is None else _at(array, place, start, stop)

                    return map_tensors(some, args[name])

                targets = [memory.logical(value) for value in outputs]
                targets = targets if axis is None else [_at(target, axis, start, stop) for target in targets]
                return _computing(node, {name: read(name) for name in args}, targets)

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


def _at(array: np.ndarray, axis: int, start: int, stop: int) -> np.ndarray:
    """Part of the axis."""
    some: np.ndarray = array[(*(slice(None),) * axis, slice(start, stop))]
    return some


def _divided(stage: Stage, threads: int) -> tuple[int, dict[str, int]] | None:
    """The axis that threads share, and the arguments' that go along; None for a small result, or one that has none."""
    node, size = stage.nodes[0], stage.output.numel()
    if threads == 1 or size < _ALONG_TOGETHER or (size < _TOGETHER and not looks_along_an_axis(node)):
        return None
    return lone_axis(node, threads)
