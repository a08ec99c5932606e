"""Lists of tensors, and tensors that may be missing."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.node import OnnxNode, axis_of, constant, reads
from nnbuild.exchange.onnx.nodes.shapes import sections


def _place(node: OnnxNode, position: Any, count: int) -> int:
    place = int(node.number("position", position))
    if not -count <= place <= count:
        raise SpecError(f"{node.op} wants a place in {count} tensors and gets {place}")
    return place


@reads("SequenceConstruct")
def _construct(node: OnnxNode, *inputs: Any) -> Any:
    return (list(inputs),)


@reads("SequenceEmpty")
def _empty(node: OnnxNode) -> Any:
    return ([],)


@reads("SequenceAt")
def _at(node: OnnxNode, sequence: list[Any], position: Any) -> Any:
    place = _place(node, position, len(sequence))
    if place == len(sequence):
        raise SpecError(f"SequenceAt wants a place in {place} tensors and gets {place}")
    return sequence[place]


@reads("SequenceInsert")
def _insert(node: OnnxNode, sequence: list[Any], tensor: Any, position: Any = None) -> Any:
    place = len(sequence) if position is None else _place(node, position, len(sequence))
    place = place if place >= 0 else place + len(sequence)
    return ([*sequence[:place], tensor, *sequence[place:]],)


@reads("SequenceErase")
def _erase(node: OnnxNode, sequence: list[Any], position: Any = None) -> Any:
    place = -1 if position is None else _place(node, position, len(sequence))
    dropped = range(len(sequence))[place]
    return ([tensor for at, tensor in enumerate(sequence) if at != dropped],)


@reads("SequenceLength")
def _length(node: OnnxNode, sequence: list[Any]) -> Any:
    return constant(len(sequence), "int64")


@reads("SplitToSequence")
def _split(node: OnnxNode, input: Any, split: Any = None) -> Any:
    axis = axis_of(node.get("axis", 0), len(input.shape))
    size = input.shape[axis]
    if split is None:
        parts = list(ops.unbind(input, axis))
        return (parts if not node.get("keepdims", 1) else [ops.unsqueeze(part, axis) for part in parts],)
    if not split.shape:
        each = int(node.number("split", split))
        return (list(ops.split(input, each, axis)),)
    return (list(ops.split(input, sections(node, size, split, 1), axis)),)


@reads("ConcatFromSequence")
def _concat(node: OnnxNode, sequence: list[Any]) -> Any:
    join = ops.stack if node.get("new_axis") else ops.cat
    return join(sequence, node.get("axis"))


@reads("OptionalHasElement")
def _has_element(node: OnnxNode, value: Any = None) -> Any:
    return constant(value is not None, "bool")


@reads("OptionalGetElement")
def _get_element(node: OnnxNode, value: Any = None) -> Any:
    if value is None:
        raise SpecError("OptionalGetElement is given nothing")
    return (value,) if isinstance(value, list) else value
