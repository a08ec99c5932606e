"""Other shapes for the same elements, and pieces of tensors and their joints."""

from __future__ import annotations

import math
from typing import Any

from nnbuild import ops
from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.node import OnnxNode, axes_of, axis_of, constant, reads, reshaped
from nnbuild.ops.elementwise import broadcast


@reads("Shape")
def _shape(node: OnnxNode, input: Any) -> Any:
    sizes = list(input.shape)
    return constant(sizes[slice(node.get("start", 0), node.get("end"))], "int64")


@reads("Size")
def _size(node: OnnxNode, input: Any) -> Any:
    return constant(math.prod(input.shape), "int64")


@reads("Reshape")
def _reshape(node: OnnxNode, input: Any, shape: Any = None) -> Any:
    sizes = node.numbers("shape", shape) or []
    if not node.get("allowzero"):
        if any(size == 0 and place >= len(input.shape) for place, size in enumerate(sizes)):
            raise SpecError(f"Reshape keeps axes of {tuple(sizes)} that the input {tuple(input.shape)} has not")
        sizes = [input.shape[place] if size == 0 else size for place, size in enumerate(sizes)]
    return reshaped(input, *sizes)


@reads("Flatten")
def _flatten(node: OnnxNode, input: Any) -> Any:
    axis, rank = node.get("axis"), len(input.shape)
    if axis == 1 and rank > 1:
        return ops.flatten(input, 1)
    axis = axis if axis == rank else axis_of(axis, rank)
    return reshaped(input, math.prod(input.shape[:axis]), math.prod(input.shape[axis:]))


@reads("Transpose")
def _transpose(node: OnnxNode, input: Any) -> Any:
    order = node.get("perm")
    return ops.permute(input, *(order if order is not None else reversed(range(len(input.shape)))))


@reads("Squeeze")
def _squeeze(node: OnnxNode, input: Any, axes: Any = None) -> Any:
    given = node.numbers("axes", axes)
    if given is None:
        return ops.squeeze(input)
    dropped = axes_of(given, len(input.shape))
    for axis in dropped:
        if input.shape[axis] != 1:
            raise SpecError(f"Squeeze wants an axis of size 1 and gets axis {axis} of {tuple(input.shape)}")
    return reshaped(input, *(size for axis, size in enumerate(input.shape) if axis not in dropped))


@reads("Unsqueeze")
def _unsqueeze(node: OnnxNode, input: Any, axes: Any = None) -> Any:
    given = node.numbers("axes", axes) or []
    added = sorted(axes_of(given, len(input.shape) + len(given)))
    if len(set(added)) != len(added):
        raise SpecError(f"Unsqueeze names an axis twice: {given}")
    for axis in added:
        input = ops.unsqueeze(input, axis)
    return input


@reads("Expand")
def _expand(node: OnnxNode, input: Any, shape: Any) -> Any:
    sizes = broadcast(tuple(input.shape), tuple(node.numbers("shape", shape) or ()))
    return input if tuple(input.shape) == sizes else ops.expand(input, *sizes)


@reads("Tile")
def _tile(node: OnnxNode, input: Any, repeats: Any, axis: Any = None) -> Any:
    if node.version < 6:
        counts = [1] * len(input.shape)
        counts[int(node.number("axis", axis))] = int(node.number("tiles", repeats))
    else:
        counts = node.numbers("repeats", repeats) or []
    return ops.repeat(input, *counts) if counts else input


@reads("Concat")
def _concat(node: OnnxNode, *inputs: Any) -> Any:
    return ops.cat(list(inputs), node.get("axis", 1))


def sections(node: OnnxNode, size: int, split: Any, count: int) -> list[int]:
    """The sizes of the pieces of an axis: those that are given, or as many as there are outputs, the last the least."""
    given = node.numbers("split", split)
    if given is not None:
        return [int(part) for part in given]
    each = -(-size // count)
    return [max(0, min(each, size - each * place)) for place in range(count)]


@reads("Split")
def _split(node: OnnxNode, input: Any, split: Any = None) -> Any:
    axis = axis_of(node.get("axis", 0), len(input.shape))
    count = node.get("num_outputs") or len(node.outputs)
    return tuple(ops.split(input, sections(node, input.shape[axis], split, count), axis))


@reads("Slice")
def _slice(
    node: OnnxNode, input: Any, starts: Any = None, ends: Any = None, axes: Any = None, steps: Any = None
) -> Any:
    rank = len(input.shape)
    firsts, lasts = node.numbers("starts", starts) or [], node.numbers("ends", ends) or []
    places = axes_of(node.numbers("axes", axes) or range(len(firsts)), rank)
    strides = node.numbers("steps", steps) or [1] * len(firsts)
    index: list[Any] = [slice(None)] * rank
    for place, first, last, stride in zip(places, firsts, lasts, strides, strict=True):
        if not stride:
            raise SpecError("Slice wants a step other than 0")
        size = input.shape[place]
        if stride < 0:  # torch's ops step forward only: the same from the other end
            input = ops.flip(input, place)
            start, stop, step = slice(first, last if last >= -size else None, stride).indices(size)
            count = len(range(start, stop, step))
            index[place] = slice(size - 1 - start, size - 1 - start + count * -stride, -stride)
        else:
            index[place] = slice(*slice(first, last, stride).indices(size))
    return ops.getitem(input, tuple(index)) if any(item != slice(None) for item in index) else input


@reads("DepthToSpace")
def _depth_to_space(node: OnnxNode, input: Any) -> Any:
    count, channels, *sizes = input.shape
    block, axes = node.get("blocksize"), len(sizes)
    if node.get("mode", "DCR") == "CRD" and axes == 2:
        return ops.pixel_shuffle(input, block)
    kept, spread = channels // block**axes, list(range(axes))
    if node.get("mode", "DCR") == "CRD":
        shape, blocks, group = (count, kept, *(block,) * axes, *sizes), [2 + axis for axis in spread], 1
    else:
        shape, blocks, group = (count, *(block,) * axes, kept, *sizes), [1 + axis for axis in spread], 1 + axes
    order = [0, group, *(place for axis in spread for place in (2 + axes + axis, blocks[axis]))]
    moved = ops.permute(reshaped(input, *shape), *order)
    return reshaped(moved, count, kept, *(size * block for size in sizes))


@reads("SpaceToDepth")
def _space_to_depth(node: OnnxNode, input: Any) -> Any:
    count, channels, *sizes = input.shape
    block, axes = node.get("blocksize"), len(sizes)
    split = reshaped(input, count, channels, *(part for size in sizes for part in (size // block, block)))
    inside, outside = [3 + 2 * axis for axis in range(axes)], [2 + 2 * axis for axis in range(axes)]
    first = [1, *inside] if node.get("mode", "DCR") == "CRD" else [*inside, 1]
    return reshaped(
        ops.permute(split, 0, *first, *outside), count, channels * block**axes, *(size // block for size in sizes)
    )


@reads("CenterCropPad")
def _center_crop_pad(node: OnnxNode, input: Any, shape: Any) -> Any:
    rank = len(input.shape)
    sizes = node.numbers("shape", shape) or []
    for axis, size in zip(axes_of(node.get("axes") or range(rank), rank), sizes, strict=True):
        surplus = input.shape[axis] - size
        if surplus > 0:
            input = ops.narrow(input, axis, surplus // 2, size)
        elif surplus < 0:
            before = -surplus // 2
            input = ops.pad(input, (*(0, 0) * (rank - 1 - axis), before, -surplus - before))
    return input
