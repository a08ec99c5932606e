"""Where an op's output lies: the words in which the `memory` facet speaks. An op that states none makes a new array.

An ordered view has its elements in the same order as the tensor that it is a view of. What reshapes gives one where the
elements lie side by side, and a new array where they do not.
"""

from __future__ import annotations

from enum import Enum


class Memory(Enum):
    """The output is a new array, or its first tensor's memory: in another order, in the same, or as may be."""

    FRESH = "fresh"
    VIEW = "view"
    ORDERED = "ordered view"
    ORDERED_OR_FRESH = "ordered view or fresh"
