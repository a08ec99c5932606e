"""What rewriting, layout and threads must know of an op's call beyond its shapes: read off its facets."""

from __future__ import annotations

from typing import Any

from nnbuild.graph.graph import Node
from nnbuild.graph.samples import SIZES, says_the_shape
from nnbuild.ops.adaptive_pooling import adaptive_avg_pool
from nnbuild.ops.joining import cat
from nnbuild.ops.memory import Memory
from nnbuild.ops.nests import is_tensor, tensors_in
from nnbuild.ops.reach import WHOLE, Kept, Summed, Whole
from nnbuild.ops.shaping import clone, contiguous, detach

_SAME = (contiguous, detach, clone, adaptive_avg_pool)


def is_ordered_view(node: Node) -> bool:
    """Whether the call only gives the same elements, in the same order, another shape."""
    return node.ask("memory") in (Memory.ORDERED, Memory.ORDERED_OR_FRESH)


def same_as(node: Node, args: dict[str, Any]) -> Any:
    """The argument that the result equals wherever it has the same shape; None where it may differ."""
    if node.op.family is cat:
        return args["tensors"][0] if len(args["tensors"]) == 1 else None
    return args["input"] if node.op.family in _SAME else None


def looks_along_an_axis(node: Node) -> bool:
    """Whether an element of the result is made of many of an argument's."""
    reaches = node.reaches(node.output).values()
    return any(isinstance(reach, Whole) for along in reaches if type(along) is tuple for reach in along)


def lone_axis(node: Node, least: int) -> tuple[int, dict[str, int]] | None:
    """The first axis of so many indices at least, at each of which the op does the same for itself, as at those before.

    With it the axis of each argument that goes along; the others are used whole.
    """
    arguments, shape = node.arguments, node.output.shape
    told = [name for name, value in arguments.items() if name in SIZES or says_the_shape(value, shape)]
    if told or node.ask("draws") or arguments.get("max_norm") is not None:  # which changes the weight as it goes
        return None
    for axis, size in enumerate(shape):
        along = [_going_along(node, node.reaches(output), axis) for output in node.outputs]
        alike = all(output.shape[axis : axis + 1] == (size,) for output in node.outputs)
        if not along[0] or not alike or any(other != along[0] for other in along):
            return None
        if size >= least:
            return axis, along[0]
    return None


def _going_along(node: Node, reaches: dict[str, Any], axis: int) -> dict[str, int] | None:
    """The axis of each argument whose index is the result's there, the first tensor's among them; None where the op
    looks at others too.
    """
    found = {}
    for name, argument in node.arguments.items():
        reach = reaches.get(name, WHOLE)
        if isinstance(reach, Whole) or not tensors_in(argument):
            continue
        if not is_tensor(argument) or type(reach) is not tuple:
            return None
        if any(isinstance(own, Summed) for own in reach):
            return None
        places = [place for place, own in enumerate(reach) if getattr(own, "axis", None) == axis]
        if len(places) > 1 or not all(isinstance(reach[place], Kept) for place in places):
            return None
        if places:
            found[name] = places[0]
    first = next((name for name, argument in node.arguments.items() if is_tensor(argument)), None)
    return found if first in found else None
