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
    _jumps: dict[Value, Value] = field(default_factory=dict)  # further up than the next one

    def root(self, value: Value) -> Value:
        """The value in whose memory this one lies."""
        passed = []
        while (above := self._jumps.get(value, self._above(value))) is not None:
            passed.append(value)
            value = above
        for below in passed[:-1]:  # a chain of views is walked once
            self._jumps[below] = value
        return value

    def _above(self, value: Value) -> Value | None:
        """What the value is a view or a part of."""
        return self.views[value] if value in self.views else self.inside[value][0] if value in self.inside else None

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

        for value in wanted:
            chain = [value]
            while chain[-1] not in arrays and (above := self._above(chain[-1])) is not None:
                chain.append(above)
            source = arrays.get(chain.pop())
            while chain and source is not None:
                below = chain.pop()
                source = arrays[below] = self._within(source, below)
        return arrays

    def _within(self, source: np.ndarray, value: Value) -> np.ndarray:
        """The array of a value that lies in the one whose array this is."""
        if value in self.views:
            return source.reshape(self.physical(value))
        offset = self.inside[value][1]
        return source[..., offset : offset + value.shape[1]]
