"""Sight: what the elements of a tensor see of one axis of an input, followed through the ops by their `axes` facets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from nnbuild.budget import charge
from nnbuild.graph.edges import Edge, beside, difference, refined, untouched
from nnbuild.graph.graph import Graph, Node, Value
from nnbuild.graph.lines import Lost
from nnbuild.limits import STEPS_A_SIGHT
from nnbuild.ops.nests import is_tensor
from nnbuild.ops.reach import WHOLE, Kept, Laid, Placed, Reordered, Slid, Strided, Summed, Unknown, Unseen, Via


class Seen(NamedTuple):
    """What the elements of a tensor see of an axis.

    Params: near, the first place; far, the last one, negated; wide, whether an op looked along the axis in another way
    than by windows, so that the places end where the axis does.
    """

    near: Edge
    far: Edge
    wide: bool = False

    def interval(self, index: Sequence[int]) -> tuple[int, int] | None:
        """The first and the last place that the element at this index sees; None where it sees nothing."""
        first, last = self.near.at(index), self.far.at(index)
        return None if first is None or last is None else (first, -last)

    def size(self) -> int:
        """The most places that an element sees, from the first to the last. Raises Lost where it is not known."""
        if any(line.rough for edge in (self.near, self.far) for line in edge.lines()):
            raise Lost("places that belong together are cut by a reshape, or run along different axes")
        near, far = refined(self.near, self.far)
        return 1 - difference(near, far.negated())

    def moves_along(self) -> list[int]:
        """The tensor's axes along which what its elements see moves evenly; if there are none, those where it moves."""
        ends = [[*near, *far] for near, far in zip(self.near.axes, self.far.axes, strict=True)]
        evenly = [axis for axis, lines in enumerate(ends) if any(line.shift for line in lines)]
        return evenly or [axis for axis, lines in enumerate(ends) if not all(line.flat for line in lines)]

    def joined(self, other: Seen) -> Seen:
        """What two of them see together. Raises Lost where that cannot be said."""
        return Seen(self.near.joined(other.near), self.far.joined(other.far), self.wide or other.wide)


#: None sees nothing; Unknown says why it is not known.
Sight = Seen | Unknown | None


def sights(graph: Graph, source: Value, axis: int) -> dict[Value, Sight]:
    """For each tensor of the graph what its elements see of this axis of the input `source`."""
    return followed(graph, {source: itself(source, axis)}, source.shape[axis])


def itself(value: Value, axis: int) -> Sight:
    """Every element sees its own place along the axis."""
    shape = value.shape
    return None if 0 in shape else Seen(untouched(shape, axis, 1), untouched(shape, axis, -1))


def followed(graph: Graph, starts: dict[Value, Sight], length: int) -> dict[Value, Sight]:
    """For each tensor of the graph what its elements see of an axis of so many places.

    Params: starts, what is known: of inputs, and of tensors that are made without seeing any.
    """
    known = dict(starts)
    for node in graph.nodes:
        if any(known.get(value) is not None for value in node.inputs):
            for output in node.outputs:
                charge(STEPS_A_SIGHT)
                seen = _ended(_through(node, output, known), length)
                known[output] = known.get(output) if seen is None else seen
    return known


def _through(node: Node, output: Value, known: dict[Value, Sight]) -> Sight:
    total: Sight = None
    if 0 in output.shape:
        return None
    reaches = node.reaches(output)
    laid: list[tuple[Sight, Laid]] = []
    try:
        for name, argument in node.arguments.items():
            for value, reach in _pairs(argument, reaches.get(name, WHOLE)):
                if isinstance(reach, Laid):
                    laid.append((known.get(value), reach))
                else:
                    total = _joined(total, _passed(known.get(value), reach, output))
        return _joined(total, _beside(laid, output))
    except Lost as lost:
        return Unknown(str(lost))


def _beside(laid: list[tuple[Sight, Laid]], output: Value) -> Sight:
    """What is seen of tensors side by side."""
    parts = []
    for sight, place in laid:
        seen = _passed(sight, place.reaches, output)
        if isinstance(seen, Unknown):
            return seen
        if seen is not None:
            parts.append((seen, place))
    if not parts:
        return None
    axis = parts[0][1].axis
    near = beside([(seen.near, place.start, place.stop) for seen, place in parts], axis, output.shape[axis])
    far = beside([(seen.far, place.start, place.stop) for seen, place in parts], axis, output.shape[axis])
    return Seen(near, far, any(seen.wide for seen, _ in parts))


def _pairs(argument: Any, reach: Any) -> Iterator[tuple[Value, Any]]:
    """Each Value of an argument with what is seen of it."""
    if isinstance(argument, Value):
        yield argument, reach
    elif isinstance(argument, list | tuple) and not is_tensor(argument):
        each = reach if isinstance(reach, list) else [reach] * len(argument)
        for item, own in zip(argument, each, strict=True):
            yield from _pairs(item, own)


def _passed(seen: Sight, reach: Any, output: Value) -> Sight:
    if seen is None or isinstance(reach, Unseen):
        return None
    if isinstance(seen, Unknown):
        return seen
    if isinstance(reach, Unknown):
        return reach
    if isinstance(reach, Reordered):
        return Seen(seen.near.reordered(output.shape), seen.far.reordered(output.shape), seen.wide)
    if isinstance(reach, Via):
        before = Seen(seen.near.reordered(reach.before), seen.far.reordered(reach.before), seen.wide)
        after = _through_axes(before, reach.reaches, reach.after)
        return after and Seen(after.near.reordered(output.shape), after.far.reordered(output.shape), after.wide)
    each = reach if type(reach) is tuple else (reach,) * len(seen.near.axes)
    return _through_axes(seen, each, output.shape)


def _through_axes(seen: Seen, reaches: tuple[Any, ...], shape: tuple[int, ...]) -> Seen | None:
    near, far = (edge.through(reaches, shape) for edge in (seen.near, seen.far))
    if near is None or far is None:
        return None
    return Seen(near, far, seen.wide or _widens(seen, reaches))


def _widens(seen: Seen, reaches: Iterable[Any]) -> bool:
    moving = seen.moves_along()
    return any(
        not isinstance(reach, Kept | Placed | Slid | Strided | Summed)
        for axis, reach in enumerate(reaches)
        if axis in moving
    )


def _joined(first: Sight, second: Sight) -> Sight:
    if first is None or isinstance(second, Unknown):
        return second
    if second is None or isinstance(first, Unknown):
        return first
    return first.joined(second)


def _ended(seen: Sight, length: int) -> Sight:
    """Places outside the axis are none, once an op has looked along it to its ends."""
    if not isinstance(seen, Seen) or not seen.wide:
        return seen
    return Seen(seen.near.clipped(0), seen.far.clipped(1 - length), True)
