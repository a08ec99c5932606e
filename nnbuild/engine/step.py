"""Step: one piece of a plan, and what its algorithms are made of: prebound calls, dealt to threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

from nnbuild.engine.memory import Memory
from nnbuild.graph.graph import Node, Value
from nnbuild.lazy import np

Call = Callable[[], Any]

#: One list of calls for each thread; the threads run theirs side by side.
Phase = list[list[Call]]

#: Bytes that a strip's scratch should stay under: half of a 2 MB second-level cache.
STRIP_BYTES = 1 << 20


@dataclass
class Step:
    """One step of a plan. `bind` gives its phases for arrays; all checks and preparations lie behind it."""

    nodes: list[Node]
    algorithm: str
    output: Value
    reads: list[Value]
    bind: Callable[[Memory], list[Phase]]
    macs: int = 0
    prepared: int = 0  # bytes of weights made for this step
    inplace: list[Value] = field(default_factory=list)  # inputs over which the output may be written
    outputs: tuple[Value, ...] = ()

    def __post_init__(self) -> None:
        self.outputs = self.outputs or (self.output,)

    @property
    def values(self) -> tuple[Value, ...]:
        """All that it reads and writes."""
        return (*self.reads, *self.outputs)


def even_parts(length: int, parts: int) -> list[tuple[int, int]]:
    """(start, stop) of at most so many parts of almost equal size, none empty."""
    parts = max(1, min(parts, length))
    ends = [length * index // parts for index in range(parts + 1)]
    return list(pairwise(ends))


def dealt(strips: Sequence[Sequence[Call]], threads: int) -> Phase:
    """The strips' calls as one phase: neighbouring strips for one thread."""
    return [
        [call for strip in strips[start:stop] for call in strip] for start, stop in even_parts(len(strips), threads)
    ]


def owners(count: int, threads: int) -> list[int]:
    """The thread of each of so many strips, as `dealt` deals them."""
    return [thread for thread, (start, stop) in enumerate(even_parts(count, threads)) for _ in range(start, stop)]


def rows(array: np.ndarray) -> np.ndarray:
    """(..., C) as (P, C), a view."""
    flat = array.reshape(-1, array.shape[-1])
    if flat.size and not np.may_share_memory(flat, array):
        raise AssertionError(f"no rows without a copy: {array.shape}, strides {array.strides}")
    return flat


def copy(target: np.ndarray, source: np.ndarray) -> Call:
    """A call that copies."""
    return partial(np.copyto, target, source)


def copied(target: np.ndarray, source: np.ndarray, threads: int) -> Phase:
    """The phase that copies, divided along the first axis that can be."""
    axis = next((axis for axis, size in enumerate(target.shape) if size > 1), 0)
    lead = (slice(None),) * axis
    return [
        [copy(target[(*lead, slice(*some))], source[(*lead, slice(*some))])]
        for some in even_parts(target.shape[axis], threads)
    ]
