"""Receptive fields: which part of the network's input each element of a tensor can see.

A field is followed axis by axis through any graph, by what the ops say in their `axes` facets. Where paths join, it is
the smallest interval around those of the paths.

Source: Araujo et al., Computing Receptive Fields of Convolutional Neural Networks, https://distill.pub/2019/computing-receptive-fields
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from nnbuild.graph.edges import Edge
from nnbuild.graph.graph import Graph, Node, Value
from nnbuild.graph.lines import Lost, product
from nnbuild.graph.sight import Seen, Sight, sights

#: An axis of an input of the graph.
Axis = tuple[Value, int]


class Field(NamedTuple):
    """What the elements of a tensor see of the input's axis `axis`.

    Params: size, the elements from the first to the last that one element sees, of the element that sees most, "all"
    for the whole axis, whatever its length, None where it is not known; jump, elements of the input from one element's
    field to the next one's, None where they do not move evenly; start, the first that element 0 sees, negative in the
    padding; why, the reason for a size that is not known.
    """

    axis: int
    size: Any = 1
    jump: int | Fraction | None = 1
    start: int | None = 0
    why: str | None = None


class Fields(tuple[Field | None, ...]):
    """For each axis of a tensor the field that moves along it, or None; `seen` has the field of each input axis."""

    seen: dict[Axis, Field]

    def __new__(cls, along: Sequence[Field | None], seen: dict[Axis, Field]) -> Fields:
        """Params: along, one an axis of the tensor."""
        made = super().__new__(cls, along)
        made.seen = seen
        return made


def receptive_fields(graph: Graph) -> dict[Value, Fields]:
    """For each tensor of the graph its fields, of the inputs' axes of space (and time, or places of a sequence)."""
    found = {(source, axis): sights(graph, source, axis) for source in graph.inputs for axis in range(source.ndim)}
    space = [axis for source in graph.inputs for axis in _axes_of_space(graph, source, found)]
    values = [*graph.inputs, *(value for node in graph.nodes for value in node.outputs)]
    return {value: _fields(value, {axis: found[axis].get(value) for axis in space}) for value in values}


def _fields(value: Value, sight: dict[Axis, Sight]) -> Fields:
    seen = {axis: _field(axis, sight[axis]) for axis in sight if sight[axis] is not None}
    followed: dict[int, list[Axis]] = {}
    alone: list[Axis] = []
    for axis in seen:
        places = _followed_by(sight[axis])
        for place in places:
            followed.setdefault(place, []).append(axis)
        if not places:
            alone.append(axis)
    for axis in alone:  # it has size 1, or sees the same wherever it is: at its own place, if nothing else is there
        if axis[1] < value.ndim:
            followed.setdefault(axis[1], [axis])
    along = [followed.get(place, []) for place in range(value.ndim)]
    return Fields([seen[axes[0]] if len(axes) == 1 else None for axes in along], seen)


def _field(axis: Axis, seen: Sight) -> Field:
    source, place = axis
    if not isinstance(seen, Seen):
        return Field(place, None, None, None, seen.reason if seen else None)
    try:
        size = seen.size()
    except Lost as lost:
        return Field(place, None, None, None, str(lost))
    first, last, length = seen.near.least(), seen.far.least(), source.shape[place]
    if seen.wide and size >= length and first is not None and last is not None and first <= 0 and last <= 1 - length:
        return Field(place, "all", None)
    start = seen.near.at((0,) * len(seen.near.axes))
    return Field(place, size, _jump(seen), start)


def _jump(seen: Seen) -> int | Fraction | None:
    """How far the field moves with each index of the one axis that it moves along."""
    axes = _followed_by(seen)
    if len(axes) != 1:
        return None
    slopes = {_slope(edge, axes[0]) for edge in (seen.near, seen.far.negated())}
    slope = slopes.pop()
    if slopes or slope is None:
        return None
    return int(slope) if slope.denominator == 1 else slope


def _slope(edge: Edge, axis: int) -> Fraction | None:
    line = product(edge.axes[axis])
    return None if line.shift is None else Fraction(line.shift, len(line.values))


def _followed_by(seen: Sight) -> list[int]:
    return seen.moves_along() if isinstance(seen, Seen) else []


def _axes_of_space(graph: Graph, source: Value, found: dict[Axis, dict[Value, Sight]]) -> list[Axis]:
    """The input's axes along which something lies side by side.

    Those that a window moves along. Those behind the first two, which are batch and channels unless windows take others
    for channels. And of whole numbers, which stand for words or the like, all but the batch.
    """
    moved: set[int] = set()
    channels: set[int] = set()
    for node in graph.nodes:
        for axis, along_window in _window_axes(node, source, found):
            (moved if along_window else channels).add(axis)
    first = 2 if "float" in source.dtype else 1
    usual = {axis for axis in range(first, source.ndim) if axis not in channels}
    return [(source, axis) for axis in sorted(moved | usual)]


def _window_axes(node: Node, source: Value, found: dict[Axis, dict[Value, Sight]]) -> Iterator[tuple[int, bool]]:
    """The input's axes that the node takes for space (true) and for channels."""
    windows, value = node.ask("window"), next(iter(node.inputs), None)
    if not windows or value is None:
        return
    moves = any(window.kernel > 1 or window.stride > 1 for window in windows)
    if not moves and node.macs is None:  # padding and the like: it may be along any axes
        return
    first = value.ndim - len(windows)
    for axis in range(source.ndim):
        for place in _followed_by(found[source, axis].get(value)):
            if place >= first and moves:
                yield axis, True
            elif place == first - 1:
                yield axis, False
