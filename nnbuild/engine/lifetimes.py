"""Lifetimes: from which step to which each value's memory is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnbuild.engine.layout import Layout
from nnbuild.engine.placement import Span
from nnbuild.engine.step import Step
from nnbuild.graph.graph import Value


class Lifetimes:
    """The lives of the values of a plan.

    Params: steps; layout; inputs, of the graph; results, what comes out; fixed, those of both that are not kept in the
    plan's memory.
    """

    def __init__(
        self, steps: Sequence[Step], layout: Layout, inputs: Sequence[Value], results: Sequence[Any], fixed: set[Value]
    ) -> None:
        self.steps, self.layout, self.fixed = steps, layout, fixed
        self.inputs = inputs
        self.results = [value for value in results if isinstance(value, Value)]

    def overwrite(self) -> None:
        """Let element-wise steps write over an input that nobody reads again: the layout is changed."""
        last = self._last_reads()
        for index, step in enumerate(self.steps):
            over = [value for value in step.inplace if last[self.layout.root(value)] == index]
            over = [value for value in over if self._may_lie_over(step.output, value)]
            if over:
                self.layout.views[step.output] = over[0]
                last[over[0]] = last[step.output]

    def spans(self) -> dict[Value, Span]:
        """The memory that each root needs."""
        spans: dict[Value, Span] = {}
        last = self._last_reads()
        for value in self.inputs:
            if value not in self.fixed:
                spans[value] = Span(value.nbytes, -1, last.get(value, -1))
        for index, step in enumerate(self.steps):
            for value in step.outputs:
                root = self.layout.root(value)
                if root not in spans and root not in self.fixed:
                    spans[root] = Span(root.nbytes, index, last[root])
        return spans

    def _last_reads(self) -> dict[Value, int]:
        """The last step that reads the memory of each root; outputs are read after all."""
        reads: dict[Value, int] = {}
        for index, step in enumerate(self.steps):
            for value in step.values:
                reads[self.layout.root(value)] = index
        for value in self.results:
            reads[self.layout.root(value)] = len(self.steps)
        return reads

    def _may_lie_over(self, output: Value, value: Value) -> bool:
        layout = self.layout
        if layout.root(value) is not value or {value, output} & self.fixed or output in layout.inside:
            return False
        return (value in layout.last) == (output in layout.last) and value.dtype == output.dtype
