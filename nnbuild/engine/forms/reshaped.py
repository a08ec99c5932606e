"""The same elements in another shape."""

from __future__ import annotations

from nnbuild.engine.forms.form import Form
from nnbuild.engine.layout import Layout
from nnbuild.engine.memory import Memory
from nnbuild.engine.op_facts import is_ordered_view
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.engine.step import Phase, Step, copy
from nnbuild.lazy import np


class Reshaped(Form):
    """Nothing to do for a view, else a copy in the order of the axes."""

    def fits(self, stage: Stage) -> bool:
        """Whether the op gives the same elements in the same order."""
        return stage.is_float and is_ordered_view(stage.nodes[0])

    def is_view(self, stage: Stage) -> bool:
        """Always."""
        return True

    def step(self, stage: Stage, layout: Layout, threads: int) -> Step:
        """The step."""
        is_view = stage.output in layout.views

        def bind(memory: Memory) -> list[Phase]:
            if is_view:
                return []
            source, target = memory.logical(stage.input), memory.logical(stage.output)
            if target.flags.c_contiguous:
                return [[[copy(target.reshape(source.shape), source)]]]
            return [[[lambda: np.copyto(target, source.reshape(target.shape))]]]

        return Step(stage.nodes, "view" if is_view else "copy", stage.output, [stage.input], bind)
