"""Where values lie: images with their channels last, views in what they view, parts of a `cat` side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nnbuild.graph.graph import Value
from nnbuild.lazy import np


@dataclass
class Layout:
    """The places of a graph's values.

    last: values that lie as (N, *size, C). inside: a part of a `cat` over channels, with the cat and its first channel.
    views: a value that is another's memory in another shape.
    """

    last: set[Value] = field(default_factory=set)
    inside: dict[Value, tuple[Value, int]] = field(default_factory=dict)
    views: dict[Value, Value] = field(default_factory=dict)

    def root(self, value: Value) -> Value:
        """The value in whose memory this one lies."""
        while value in self.views or value in self.inside:
            value = self.views[value] if value in self.views else self.inside[value][0]
        return value

    def place(self, value: Value, offset: int = 0) -> tuple[Value, int]:
        """The outermost cat in which a value lies, and its first channel there. Params: offset, of a channel in it."""
        while value in self.inside:
            value, start = self.inside[value]
            offset += start
        return value, offset

    def physical(self, value: Value) -> tuple[int, ...]:
        """The shape of its memory."""
        shape = value.shape
        return (shape[0], *shape[2:], shape[1]) if value in self.last else shape

    def arrays(self, own: Mapping[Value, np.ndarray], wanted: Iterable[Value]) -> dict[Value, np.ndarray]:
        """The arrays of these values: a view's or a part's lies in that of its root.

        Params: own, the arrays of roots; what lies in a root without one is left out.
        """
        arrays = dict(own)

        def find(value: Value) -> np.ndarray | None:
            if value not in arrays:
                if value in self.views:
                    source = find(self.views[value])
                    if source is not None:
                        arrays[value] = source.reshape(self.physical(value))
                elif value in self.inside:
                    whole, offset = self.inside[value]
                    source = find(whole)
                    if source is not None:
                        arrays[value] = source[..., offset : offset + value.shape[1]]
            return arrays.get(value)

        for value in wanted:
            find(value)
        return arrays
