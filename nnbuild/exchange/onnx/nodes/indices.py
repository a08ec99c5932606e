"""Elements taken by index, and found."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.node import OnnxNode, axis_of, cast, constant, reads, reshaped


def counted_from_the_front(index: Any, size: int) -> Any:
    """Indices with those below 0, which count from the end, as they count from the front."""
    index = cast(index, "int64")
    negative = ops.lt(index, constant(0, "int64"))
    return ops.where(negative, ops.add(index, constant(size, "int64")), index)


@reads("Gather")
def _gather(node: OnnxNode, input: Any, index: Any) -> Any:
    axis = axis_of(node.get("axis"), len(input.shape))
    place = counted_from_the_front(index, input.shape[axis])
    taken = ops.index_select(input, axis, reshaped(place, -1))
    return reshaped(taken, *input.shape[:axis], *index.shape, *input.shape[axis + 1 :])


@reads("GatherElements")
def _gather_elements(node: OnnxNode, input: Any, index: Any) -> Any:
    axis = axis_of(node.get("axis"), len(input.shape))
    return ops.gather(input, axis, counted_from_the_front(index, input.shape[axis]))


def along_the_first_axes(node: OnnxNode, input: Any, indices: Any, batch: int = 0) -> list[Any]:
    """One tensor of indices for each axis that the last axis of `indices` speaks of, those of the batch before."""
    indices = cast(indices, "int64")
    depth = indices.shape[-1]
    if not 1 <= depth <= len(input.shape) - batch:
        raise SpecError(f"{node.op} wants indices of 1 to {len(input.shape) - batch} places and gets {depth}")
    outer = len(indices.shape) - 1
    own = []
    for axis in range(batch):
        steps = ops.arange(input.shape[axis], dtype="int64")
        own.append(reshaped(steps, *(-1 if place == axis else 1 for place in range(outer))))
    columns = ((ops.select(indices, -1, place), input.shape[batch + place]) for place in range(depth))
    return own + [counted_from_the_front(column, size) for column, size in columns]


@reads("GatherND")
def _gather_nd(node: OnnxNode, input: Any, indices: Any) -> Any:
    return ops.getitem(input, tuple(along_the_first_axes(node, input, indices, node.get("batch_dims", 0))))


@reads("NonZero")
def _nonzero(node: OnnxNode, input: Any) -> Any:
    return ops.permute(ops.nonzero(input), 1, 0)


@reads("Compress")
def _compress(node: OnnxNode, input: Any, condition: Any) -> Any:
    if node.get("axis") is None:
        input, axis = reshaped(input, -1), 0
    else:
        axis = axis_of(node.get("axis"), len(input.shape))
    places = reshaped(ops.nonzero(condition), -1)
    return ops.index_select(input, axis, places)


@reads("Unique")
def _unique(node: OnnxNode, input: Any) -> Any:
    return ops.unique(input, bool(node.get("sorted")), True, True, node.get("axis"), return_index=True)


@reads("OneHot")
def _one_hot(node: OnnxNode, indices: Any, depth: Any, values: Any) -> Any:
    count, rank = int(node.number("depth", depth)), len(indices.shape)
    axis = axis_of(node.get("axis"), rank + 1)
    place = counted_from_the_front(indices, count)
    steps = ops.arange(count, dtype="int64")
    classes = reshaped(steps, *(-1 if at == axis else 1 for at in range(rank + 1)))
    hot = ops.eq(ops.unsqueeze(place, axis), classes)
    return ops.where(hot, ops.select(values, 0, 1), ops.select(values, 0, 0))


@reads("ReverseSequence")
def _reverse_sequence(node: OnnxNode, input: Any, lengths: Any) -> Any:
    time, batch = node.get("time_axis"), node.get("batch_axis")
    rank = len(input.shape)
    steps = reshaped(ops.arange(input.shape[time], dtype="int64"), *(-1 if at == time else 1 for at in range(rank)))
    ends = reshaped(cast(lengths, "int64"), *(-1 if at == batch else 1 for at in range(rank)))
    turned = ops.sub(ops.sub(ends, constant(1, "int64")), steps)
    return ops.take_along_dim(input, ops.where(ops.lt(steps, ends), turned, steps), time)


@reads("NonMaxSuppression")
def _non_max_suppression(
    node: OnnxNode, boxes: Any, scores: Any, most: Any = None, iou: Any = None, least: Any = None
) -> Any:
    count = int(node.number("max_output_boxes_per_class", most, 0))
    threshold = float(node.number("iou_threshold", iou, 0.0))
    if node.get("center_point_box"):
        middle, half = ops.narrow(boxes, 2, 0, 2), ops.div(ops.narrow(boxes, 2, 2, 2), 2.0)
        boxes = ops.cat([ops.sub(middle, half), ops.add(middle, half)], 2)
    found = [constant([[]] * 0, "int64").reshape(0, 3)]
    for image in range(scores.shape[0]):
        for kind in range(scores.shape[1]):
            own = ops.getitem(scores, (image, kind))
            places = _candidates(node, own, least)
            kept = ops.nms(
                ops.index_select(ops.select(boxes, 0, image), 0, places), ops.index_select(own, 0, places), threshold
            )
            chosen = ops.index_select(places, 0, kept)
            chosen = ops.narrow(chosen, 0, 0, min(count, chosen.shape[0]))
            row = [ops.full((chosen.shape[0],), value, dtype="int64") for value in (image, kind)]
            found.append(ops.stack([*row, chosen], 1))
    return ops.cat(found, 0)


def _candidates(node: OnnxNode, scores: Any, least: Any) -> Any:
    """The places of the scores that are high enough."""
    if least is None:
        return ops.arange(scores.shape[0], dtype="int64")
    limit = constant(node.number("score_threshold", least), scores.dtype)
    return reshaped(ops.nonzero(ops.gt(scores, limit)), -1)
