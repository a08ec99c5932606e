"""Where a layer of the long form stands in its spec, option by option."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import Mark
from nnbuild.nn.module import Source
from nnbuild.spec.text.nodes import Node


class LongSource(Source):
    """The place of a layer in the long form. Params: places, the nodes of its options by name."""

    def __init__(self, node: Node, places: dict[str, Node]) -> None:
        self._node = node
        self._places = places

    @property
    def mark(self) -> Mark:  # type: ignore[override]
        return self._node.mark

    def mark_of(self, option: str | None) -> Mark:
        """The place of the option's value, or of the layer type where it is not written."""
        return self._places.get(option or "", self._node).mark

    def __deepcopy__(self, memo: dict[int, Any]) -> LongSource:
        return self
