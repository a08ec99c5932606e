"""What is done to a result while it is still in cache: bias, residual, activation, written where it belongs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Any

from nnbuild.engine.memory import Scratch
from nnbuild.engine.step import Call, copy
from nnbuild.graph.graph import Value
from nnbuild.lazy import np

#: Gives the part of another Value that lies over the target.
Others = Callable[[Value], np.ndarray]


class Finish(ABC):
    """One thing to do to each element: with its channel's number, with another value's element, or alone."""

    vector: np.ndarray | None = None  # a number a channel
    value: Value | None = None  # another value of the same shape

    @abstractmethod
    def calls(
        self, source: np.ndarray, target: np.ndarray, scratch: Scratch, others: Others, channels: slice
    ) -> list[Call]:
        """Calls that take source to target, which may be source. Params: channels, those of the target."""


@dataclass(eq=False)
class Bias(Finish):
    """A summand a channel."""

    vector: np.ndarray

    def calls(
        self, source: np.ndarray, target: np.ndarray, scratch: Scratch, others: Others, channels: slice
    ) -> list[Call]:
        """One pass."""
        return [_over_channels(np.add, source, target, self.vector[channels])]


@dataclass(eq=False)
class Scale(Finish):
    """A factor a channel."""

    vector: np.ndarray

    def calls(
        self, source: np.ndarray, target: np.ndarray, scratch: Scratch, others: Others, channels: slice
    ) -> list[Call]:
        """One pass."""
        return [_over_channels(np.multiply, source, target, self.vector[channels])]


@dataclass(eq=False)
class Add(Finish):
    """The sum with another value."""

    value: Value

    def calls(
        self, source: np.ndarray, target: np.ndarray, scratch: Scratch, others: Others, channels: slice
    ) -> list[Call]:
        """One pass."""
        return [partial(np.add, source, others(self.value), target)]


@dataclass(eq=False)
class Activation(Finish):
    """A function of each element alone, from `nnbuild.engine.rewrite.passes`, with its limits or slope."""

    passes: Callable[..., list[Call]]
    limits: tuple[float, ...] = ()

    def calls(
        self, source: np.ndarray, target: np.ndarray, scratch: Scratch, others: Others, channels: slice
    ) -> list[Call]:
        """As many passes as the function takes."""
        return self.passes(source, target, scratch, *self.limits)


def alone(finishes: Sequence[Finish]) -> int:
    """How many come before the first that reads another value."""
    return sum(1 for _ in takewhile(lambda finish: finish.value is None, finishes))


def tiled(vector: np.ndarray, view: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The view as fewer, longer rows and the vector repeated to that length: short rows cost a call each.

    64 channels: 0.42 ns an element one by one, 0.30 in rows of 1024 (AVX-512).
    """
    channels = vector.shape[-1]
    if not view.flags.c_contiguous or channels >= 512 or view.size == channels:
        return view, vector
    count = view.size // channels
    repeats = next((times for times in range(max(1, 2048 // channels), 1, -1) if count % times == 0), 1)
    if repeats == 1:
        return view, vector
    return view.reshape(-1, repeats * channels), np.tile(vector, repeats)


def _over_channels(function: Any, source: np.ndarray, target: np.ndarray, vector: np.ndarray) -> Call:
    if source is target:
        view, long = tiled(vector, target)
        return partial(function, view, long, view)
    return partial(function, source, vector, target)


def finished(
    finishes: Sequence[Finish],
    source: np.ndarray,
    target: np.ndarray,
    scratch: Scratch,
    others: Others,
    channels: slice = slice(None),
) -> list[Call]:
    """Calls that take source through the finishes into target, which may be source."""
    calls: list[Call] = []
    for finish in finishes:
        calls += finish.calls(source, target, scratch, others, channels)
        source = target
    return calls if finishes or source is target else [copy(target, source)]
