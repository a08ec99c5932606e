"""What each element of a tensor sees of an axis of the input: as the program says, and as perturbation shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nnbuild.graph.sight import Seen, Sight
from nnbuild.nn.module import Module
from nnbuild.ops.reach import Unknown

#: The first and the last place of nothing, and of what is not known.
NOTHING = (1 << 40, -(1 << 40))
ANYTHING = NOTHING[::-1]


class Extent(NamedTuple):
    """For each element of an output the first and the last place along an axis of an input."""

    first: np.ndarray
    last: np.ndarray

    @classmethod
    def of_nothing(cls, shape: tuple[int, ...]) -> Extent:
        return cls(np.full(shape, NOTHING[0]), np.full(shape, NOTHING[1]))

    def within(self, length: int) -> Extent:
        """What lies inside an axis of this length."""
        first, last = np.maximum(self.first, 0), np.minimum(self.last, length - 1)
        return Extent(np.where(first > last, NOTHING[0], first), np.where(first > last, NOTHING[1], last))

    def beyond(self, other: Extent) -> np.ndarray:
        """Where this one has places that the other has not."""
        return (self.first < other.first) | (self.last > other.last)

    def add(self, moved: np.ndarray, place: int) -> None:
        """The place moves these elements."""
        np.minimum(self.first, place, out=self.first, where=moved)
        np.maximum(self.last, place, out=self.last, where=moved)


def said(sight: Sight, shape: tuple[int, ...]) -> Extent:
    """What a Sight says."""
    extent = Extent.of_nothing(shape)
    for index in np.ndindex(shape):
        if isinstance(sight, Unknown):
            extent.first[index], extent.last[index] = ANYTHING
        elif isinstance(sight, Seen):
            extent.first[index], extent.last[index] = sight.interval(index) or NOTHING
    return extent


def measured(model: Callable[[np.ndarray], np.ndarray], x: np.ndarray, axis: int) -> Extent:
    """What really reaches the elements, found by changing the input at one place of the axis after the other."""
    random = np.random.default_rng(0)
    before = model(x)
    extent = Extent.of_nothing(before.shape)
    for place in range(x.shape[axis]):
        at = (slice(None),) * axis + (place,)
        for strength in (1.0, 1e3):  # a weak one where much saturates, a strong one that wins every maximum
            other = x.copy()
            other[at] += strength * random.uniform(0.5, 1, other[at].shape)
            extent.add(model(other) != before, place)
    return extent


def positive(model: Module) -> Module:
    """In double precision, its weights small and positive, so that nothing cancels."""
    random = np.random.default_rng(1)
    model = model.double().eval()
    for parameter in model.parameters():
        parameter.data = random.uniform(0.1, 0.3, parameter.shape)
    return model


class Of(Module):
    """Layers, and what is done with them. Params: function, of the module and the input."""

    def __init__(self, function: Callable[..., Any], **layers: Module) -> None:
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x: Any) -> Any:
        return self.function(self, x)
