"""Which values of a trace share memory in PyTorch, so that a change in place of one is a change of the others.

The graph has no memory: there, the other values would be as before. Using one of them is therefore refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnbuild.errors import ShapeError
from nnbuild.graph.graph import Node, Value
from nnbuild.ops.memory import Memory


class Aliases:
    """The views of one trace, and what has changed through them."""

    def __init__(self) -> None:
        self._views: dict[Value, list[Value]] = {}
        self._strided: set[Value] = set()
        self._spoilt: dict[Value, Node | None] = {}

    def note(self, node: Node) -> None:
        """Remember the outputs of an op that gives views of its first argument."""
        if "memory" not in node.op.facets or not node.outputs:
            return
        memory, base = node.ask("memory"), _first(node)
        copies = memory is Memory.FRESH or (memory is Memory.ORDERED_OR_FRESH and base in self._strided)
        if copies or not isinstance(base, Value):
            return
        self._views.setdefault(base, []).extend(node.outputs)
        for output in node.outputs:
            output.base = base
        if memory is Memory.VIEW or base in self._strided:
            self._strided.update(node.outputs)

    def spoil(self, value: Value, new: Any) -> None:
        """The value changes in place: what it is a view of, and what are views of it, are no longer what they were."""
        for other in (*self._bases(value), *self._below(value)):
            self._spoilt[other] = getattr(new, "producer", None)

    def check(self, value: Any) -> None:
        """Raises ShapeError for a value that has been changed through another."""
        if self._spoilt and value in self._spoilt:
            producer = self._spoilt[value]
            by = producer.op.name if producer else "an op"
            raise ShapeError(
                f"a tensor {value.shape} is used after {by} changed it in place, through a view of it",
                hint="let the op make a new tensor, or use its result: without inplace=True, or without the _",
            )

    def _bases(self, value: Value) -> Iterator[Value]:
        while value.producer is not None:
            base = _first(value.producer)
            if value not in self._views.get(base, ()) if isinstance(base, Value) else True:
                return
            yield base
            value = base

    def _below(self, value: Value) -> Iterator[Value]:
        for view in self._views.get(value, ()):
            yield view
            yield from self._below(view)


def _first(node: Node) -> Any:
    return next(iter(node.arguments.values()), None)
