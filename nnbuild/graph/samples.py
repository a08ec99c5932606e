"""Samples: whether those of a batch stay apart all through a graph, so that they may be run in parts.

It is proved, not assumed: by what each op says its output sees of the first axis, and by a second trace with another
number of samples, which shows what else in the graph hangs on their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from nnbuild.graph.graph import Graph, Node, Value
from nnbuild.graph.lines import Lost, product
from nnbuild.graph.sight import Seen, Sight, followed, itself
from nnbuild.ops.memory import Memory
from nnbuild.ops.nests import is_array, is_tensor
from nnbuild.ops.reach import UNSEEN, Picked, Placed, Summed, Unknown

#: What torch calls the arguments of ops that say their output's sizes, and nothing else.
SIZES = ("size", "sizes", "shape", "repeats", "dims")


class Samples:
    """What is known of the samples along the first axis of a graph's inputs.

    Params: graph; other, the graph of the same model for another number of samples.
    """

    def __init__(self, graph: Graph, other: Graph) -> None:
        self.graph = graph
        self._known: dict[Value, Sight] = {}
        self._reason = self._follow(other)

    def _follow(self, other: Graph) -> str | None:
        """Follow the samples through the graph; the reason if nothing can be said of any tensor."""
        counts = [{value.shape[:1] for value in graph.inputs} for graph in (self.graph, other)]
        if any(len(found) != 1 or found == {()} for found in counts):
            return "the inputs have no first axis of one size"
        alike = len(self.graph.nodes) == len(other.nodes) and len(self.graph.outputs) == len(other.outputs)
        if not alike:
            return "the network computes in another way for another number of samples"
        count = counts[0].pop()[0]
        starts = {value: itself(value, 0) for value in self.graph.inputs}
        for node, twin in zip(self.graph.nodes, other.nodes, strict=True):
            reason = _hangs_on_their_number(node, twin) or _grown(node, twin, count, starts)
            if reason:
                return reason
        self._known = followed(self.graph, starts, count)
        return None

    def why_together(self, outputs: Iterable[Value] | None = None) -> str | None:
        """Why the samples may not be run in parts; None where they may.

        Params: outputs, the tensors that are asked for, the graph's own unless said.
        """
        asked = self.graph.outputs if outputs is None else list(outputs)
        counts = {value.shape[:1] for value in self.graph.inputs}
        if self._reason or all(_in_order(value, self._known.get(value), counts) for value in asked):
            return self._reason
        for node in self.graph.nodes:
            if any(_joins(self._known.get(value)) for value in node.outputs):
                return f"{_name(node)} joins samples"
        return "the first axis of a result is not that of the samples"


def _name(node: Node) -> str:
    return f"{node.path} ({node.op.name})" if node.path else node.op.name


def _hangs_on_their_number(node: Node, twin: Node) -> str | None:
    """What but the sizes of tensors changes with the number of samples."""
    if node.op is not twin.op:
        return "the network computes in another way for another number of samples"
    if node.ask("draws"):
        return f"{_name(node)} draws random numbers for all samples in turn"
    for name, argument in node.arguments.items():
        other = twin.arguments[name]
        same = says_the_shape(argument, node.output.shape) and says_the_shape(other, twin.output.shape)
        if same or _alike(argument, other):
            continue
        if not (name in SIZES and _only_shapes(node, twin)):
            return f"{_name(node)} is told another {name} for another number of samples"
    return None


def _alike(first: Any, second: Any) -> bool:
    if isinstance(first, Value) and isinstance(second, Value):
        return first.name == second.name
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(map(_alike, first, second))
    if is_array(first) and is_array(second):
        return first is second or (first.shape == second.shape and bool((first == second).all()))
    if is_tensor(first) or is_tensor(second):
        return first is second
    return type(first) is type(second) and first == second


def says_the_shape(argument: Any, shape: tuple[int, ...]) -> bool:
    """Whether all that the argument says is the shape of the output, as max_unpool's output_size may."""
    return isinstance(argument, list | tuple) and all(type(size) is int for size in argument) and shape == (*argument,)


def _only_shapes(node: Node, twin: Node) -> bool:
    """Whether sizes say where elements lie and not which: of a view, of one value, or of one element repeated."""
    if any(isinstance(own, Summed) for own in _each_reach(node, node.output)):
        return False  # of pieces, how many elements each of them takes
    if node.ask("memory") not in (None, Memory.FRESH):
        return True
    for value, counterpart in zip(node.outputs, twin.outputs, strict=True):
        for reach in node.reaches(value).values():
            along = reach if type(reach) is tuple else ()
            repeated = (own for own in along if isinstance(own, Picked) and own.axis in _grown_axes(value, counterpart))
            if any(len(set(own.ranges)) != 1 for own in repeated) or not (along or reach in (UNSEEN, ())):
                return False
    return True


def _grown_axes(value: Value, counterpart: Value) -> list[int]:
    return [axis for axis, sizes in enumerate(zip(value.shape, counterpart.shape, strict=True)) if len(set(sizes)) > 1]


def _grown(node: Node, twin: Node, count: int, starts: dict[Value, Sight]) -> str | None:
    """Note tensors made for all samples at once of none of them: each element counts as its own sample's."""
    for value, counterpart in zip(node.outputs, twin.outputs, strict=True):
        if value.ndim != counterpart.ndim:
            return f"{_name(node)} gives another number of axes for another number of samples"
        grown = _grown_axes(value, counterpart)
        if any(isinstance(reach, Placed) and reach.axis in grown for reach in _each_reach(node, value)):
            return f"{_name(node)} treats samples by their places"
        if len(grown) == 1 and value.shape[grown[0]] == count:
            starts[value] = itself(value, grown[0])
        elif grown:
            starts[value] = Unknown(f"{_name(node)} makes an axis for all samples together")
    return None


def _each_reach(node: Node, value: Value) -> Iterator[Any]:
    for reach in node.reaches(value).values():
        if type(reach) is tuple:
            yield from reach


def _joins(seen: Sight) -> bool:
    if not isinstance(seen, Seen):
        return seen is not None
    try:
        return seen.size() != 1
    except Lost:
        return True


def _in_order(value: Value, seen: Sight, counts: set[tuple[int, ...]]) -> bool:
    """Whether there is a result for every sample: index i of the first axis sees sample i, whatever the others are."""
    if not isinstance(seen, Seen) or _joins(seen) or value.shape[:1] not in counts:
        return False
    first, *behind = (product(lines) for lines in seen.near.axes)
    start = seen.near.at((0,) * value.ndim)
    return start == 0 and first.shift == len(first.values) == 1 and all(line.flat for line in behind)
