"""Buffers: where each value lies. Values that do not live at the same time share memory."""

from __future__ import annotations

from dataclasses import dataclass

ALIGNMENT = 64


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
    done: list[Span] = []
    for span in sorted(spans, key=lambda span: -span.size):
        offset = 0
        for other in sorted(done, key=lambda other: other.offset):
            if other.last < span.first or span.last < other.first:
                continue
            if other.offset - offset >= span.size:
                break
            offset = max(offset, other.end)
        span.offset = offset
        done.append(span)
    return max((span.end for span in spans), default=0)
