"""Element-wise stages: all their operations on a strip before the next strip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnbuild.engine.forms.form import Form
from nnbuild.engine.layout import Layout
from nnbuild.engine.memory import Memory
from nnbuild.engine.rewrite.finish import finished
from nnbuild.engine.rewrite.stage import Kind, Stage
from nnbuild.engine.step import Call, Phase, Step, dealt, even_parts, owners
from nnbuild.graph.graph import Value
from nnbuild.lazy import np
from nnbuild.ops.window import Slide

#: Elements of a strip: with its target 256 KB.
_AT_ONCE = 1 << 15


class Elementwise(Form):
    """Over its input where that is not read again."""

    def fits(self, stage: Stage) -> bool:
        """Whether the stage is nothing but its finishes."""
        return stage.kind is Kind.ELEMENTWISE

    def slides(self, stage: Stage) -> Sequence[Slide]:
        """Each element by itself."""
        return (Slide(1),) * (stage.output.ndim - 2)

    def needs_channels_last(self, stage: Stage) -> bool:
        """Where each channel of an image has a number of its own."""
        return stage.output.ndim > 2 and any(finish.vector is not None for finish in stage.finishes)

    def follows(self, stage: Stage) -> Sequence[Value]:
        """The input."""
        return (stage.input,)

    def step(self, stage: Stage, layout: Layout, threads: int) -> Step:
        """The step."""
        source, output = stage.input, stage.output
        # Handing work to another thread costs 40 us, a pass over so many elements takes 70.
        threads = threads if output.numel() > 8 * _AT_ONCE else 1

        def bind(memory: Memory) -> list[Phase]:
            return [dealt(_strips(stage, memory, threads), threads)]

        added = any(finish.value is source for finish in stage.finishes)
        inplace = [] if added else [source]
        return Step(stage.nodes, "in strips", output, stage.reads, bind, inplace=inplace)


def _strips(stage: Stage, memory: Memory, threads: int) -> list[list[Call]]:
    before, after = memory.like(stage.input, stage.output), memory.arrays[stage.output]
    others = {
        finish.value: memory.like(finish.value, stage.output) for finish in stage.finishes if finish.value is not None
    }
    axis = next((axis for axis, size in enumerate(after.shape[:-1]) if size > 1), 0)
    length = after.shape[axis] if after.ndim > 1 else 1
    parts = even_parts(length, max(1, -(-after.size // _AT_ONCE)))
    lists = []
    for (start, stop), thread in zip(parts, owners(len(parts), threads), strict=True):
        scratch = memory.scratch[thread]
        scratch.clear()
        some: Any = (*(slice(None),) * axis, slice(start, stop)) if length > 1 else ...

        def other(value: Value, some: Any = some) -> np.ndarray:
            picked: np.ndarray = others[value][some]
            return picked

        inner, target = before[some], after[some]
        in_place = before is after or inner.__array_interface__["data"] == target.__array_interface__["data"]
        lists.append(finished(stage.finishes, target if in_place else inner, target, scratch, other))
    return lists
