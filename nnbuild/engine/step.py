"""Step: one piece of a plan, and what its algorithms are made of: prebound calls, strips and scratch memory.

Images lie in memory as (N, *size, C): a pixel's channels side by side. A convolution then copies whole pixels, a pool
and a depthwise convolution work on runs of channels, a 1x1 convolution is a plain product for any batch, and `cat`
over channels is a matter of where its parts are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from math import prod
from typing import Any

from nnbuild.graph.graph import Node, Value
from nnbuild.lazy import np

Call = Callable[[], Any]

#: One list of calls for each thread; the threads run theirs side by side.
Phase = list[list[Call]]

#: Bytes that a strip's scratch should stay under: half of a 2 MB second-level cache.
STRIP_BYTES = 1 << 20


def channels_last(array: np.ndarray) -> np.ndarray:
    """(N, C, *size) as (N, *size, C), a view."""
    return array.transpose(0, *range(2, array.ndim), 1)


class Scratch:
    """Memory that one thread needs only within a step. It grows; `most` says what would have been enough."""

    def __init__(self, size: int = 0) -> None:
        self.buffer = np.empty(size, np.uint8)
        self.used = 0
        self.most = 0

    def take(self, shape: Iterable[int], dtype: Any) -> np.ndarray:
        """An array of arbitrary content, until `clear`."""
        shape = tuple(shape)
        size = prod(shape) * np.dtype(dtype).itemsize
        start, self.used = self.used, self.used + -(-size // 64) * 64
        self.most = max(self.most, self.used)
        if self.used > self.buffer.size:  # arrays taken before keep the smaller buffer
            self.buffer = np.empty(max(self.used, 2 * self.buffer.size), np.uint8)
        return self.buffer[start : start + size].view(dtype).reshape(shape)

    def clear(self) -> None:
        """What follows may overwrite what was taken."""
        self.used = 0


@dataclass
class Memory:
    """What steps are bound to: the arrays of Values as they lie in memory, scratch for each thread, one shared."""

    arrays: Mapping[Value, np.ndarray]
    last: set[Value]  # those that lie with their channels last
    scratch: list[Scratch]
    shared: Scratch

    def image(self, value: Value) -> np.ndarray:
        """The value as (N, *size, C), however it lies."""
        array = self.arrays[value]
        return array if value in self.last else channels_last(array)

    def logical(self, value: Value) -> np.ndarray:
        """The value in its own shape, however it lies."""
        array = self.arrays[value]
        return array.transpose(0, -1, *range(1, array.ndim - 1)) if value in self.last else array

    def like(self, value: Value, other: Value) -> np.ndarray:
        """The value with its axes in the order in which another one lies."""
        return self.image(value) if other in self.last else self.logical(value)

    def fresh(self) -> Memory:
        """The same with all scratch free."""
        for scratch in (*self.scratch, self.shared):
            scratch.clear()
        return self


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
