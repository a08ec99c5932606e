"""Memory: the arrays that steps are bound to, and scratch that a thread needs only within a step.

Images lie in memory as (N, *size, C): a pixel's channels side by side. A convolution then copies whole pixels, a pool
and a depthwise convolution work on runs of channels, a 1x1 convolution is a plain product for any batch, and `cat`
over channels is a matter of where its parts are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from nnbuild.graph.graph import Value
from nnbuild.lazy import np


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
        taken: np.ndarray = self.buffer[start : start + size].view(dtype).reshape(shape)
        return taken

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
