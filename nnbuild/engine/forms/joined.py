"""`cat` over channels: its parts lie in the result already."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from nnbuild.engine.forms.form import Form
from nnbuild.engine.layout import Layout
from nnbuild.engine.memory import Memory
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.engine.step import Phase, Step
from nnbuild.graph.graph import Value
from nnbuild.lazy import np
from nnbuild.ops.joining import cat


class Joined(Form):
    """The parts are written in place by the steps that make them; those that do not lie there are copied."""

    def fits(self, stage: Stage) -> bool:
        """Whether this joins images of one dtype over their channels."""
        if stage.kind is not cat or not stage.is_float:
            return False
        output = stage.output
        if output.ndim <= 2 or stage.args["dim"] % output.ndim != 1:
            return False
        return all(
            isinstance(value, Value) and value.ndim == output.ndim and value.dtype == output.dtype
            for value in stage.args["tensors"]
        )

    def follows(self, stage: Stage) -> Sequence[Value]:
        """All parts."""
        return self.parts(stage)

    def parts(self, stage: Stage) -> Sequence[Value]:
        """What is joined."""
        parts: Sequence[Value] = stage.args["tensors"]
        return parts

    def accepts(self, stage: Stage, layout: Layout) -> bool:
        """Whether channels are last: then those of a part are side by side in each pixel."""
        return stage.output in layout.last

    def step(self, stage: Stage, layout: Layout, threads: int) -> Step:
        """The step."""
        moved = []
        offset = 0
        for value in self.parts(stage):
            if value not in layout.inside or layout.place(value) != layout.place(stage.output, offset):
                moved.append((value, offset))
            offset += value.shape[1]

        def bind(memory: Memory) -> list[Phase]:
            target = memory.image(stage.output)
            return [
                [[partial(np.copyto, target[..., start : start + value.shape[1]], memory.image(value))]]
                for value, start in moved
            ]

        return Step(stage.nodes, "copy" if moved else "parts in place", stage.output, stage.reads, bind)
