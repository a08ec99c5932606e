"""Buffers: where each value lies. Values that do not live at the same time share memory."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

ALIGNMENT = 64

#: Pairs of spans that are compared, in about a second. Of more, which live at once by thousands, the small ones that
#: are left get memory of their own.
_MOST_LOOKS = 4_000_000


@dataclass
class Span:
    """Memory needed from one step to another, both included. `offset` is given by `placed`."""

    size: int
    first: int
    last: int
    offset: int = -1

    @property
    def end(self) -> int:
        """The first byte after it."""
        return self.offset + -(-self.size // ALIGNMENT) * ALIGNMENT


def placed(spans: list[Span]) -> int:
    """Give each span its offset, the largest first, at the lowest place free while it lives. Returns the bytes in all.

    Source: Pisarchyk and Lee, Efficient memory management for deep neural net inference, 2020 (greedy by size).
    """
    done, looked, end = _Placed(max((span.last for span in spans), default=0)), 0, 0
    for span in sorted(spans, key=lambda span: -span.size):
        if looked > _MOST_LOOKS:
            span.offset, end = end, end + span.size + -span.size % ALIGNMENT
            continue
        offset, beside = 0, done.beside(span)
        looked += len(beside)
        for other in sorted(beside, key=lambda other: other.offset):
            if other.offset - offset >= span.size:
                break
            offset = max(offset, other.end)
        span.offset = offset
        done.add(span)
        end = max(end, span.end)
    return max((span.end for span in spans), default=0)


class _Placed:
    """Spans that have their offsets, found by when they live. Params: last, the last step of all.

    Each is kept at the few nodes of a binary tree over the steps that together are its life, and by its first step.
    """

    def __init__(self, last: int) -> None:
        self._leaves = 1 << (last + 2).bit_length()
        self._nodes: dict[int, list[Span]] = {}
        self._firsts: list[int] = []
        self._spans: list[Span] = []  # in the order of their first steps

    def add(self, span: Span) -> None:
        """Keep the span."""
        low, high = self._leaf(span.first), self._leaf(span.last) + 1
        while low < high:
            if low & 1:
                self._nodes.setdefault(low, []).append(span)
                low += 1
            if high & 1:
                high -= 1
                self._nodes.setdefault(high, []).append(span)
            low, high = low >> 1, high >> 1
        place = bisect_right(self._firsts, span.first)
        self._firsts.insert(place, span.first)
        self._spans.insert(place, span)

    def beside(self, span: Span) -> list[Span]:
        """Those that live at some step of this one's life: at its first step, or from a later one on."""
        begun = slice(bisect_right(self._firsts, span.first), bisect_right(self._firsts, span.last))
        found, node = self._spans[begun], self._leaf(span.first)
        while node:
            found += self._nodes.get(node, ())
            node >>= 1
        return found

    def _leaf(self, step: int) -> int:
        return self._leaves + step + 1  # an input lives from step -1 on
