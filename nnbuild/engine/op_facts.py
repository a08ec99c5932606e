"""What rewriting and layout must know of an op beyond its shapes: asked of its family, all in this place."""

from __future__ import annotations

from typing import Any

from nnbuild.graph.graph import Node
from nnbuild.ops.adaptive_pooling import adaptive_avg_pool
from nnbuild.ops.attention import scaled_dot_product_attention
from nnbuild.ops.distribution import log_softmax, softmax
from nnbuild.ops.joining import cat
from nnbuild.ops.normalization import layer_norm, rms_norm
from nnbuild.ops.op import Op
from nnbuild.ops.shaping import (
    clone,
    contiguous,
    detach,
    flatten,
    ravel,
    squeeze,
    unflatten,
    unsqueeze,
    view,
    view_as,
)

_ORDERED_VIEWS = (view, view_as, flatten, ravel, unflatten, squeeze, unsqueeze)
_SAME = (contiguous, detach, clone, adaptive_avg_pool)


def is_ordered_view(op: Op) -> bool:
    """Whether the op only gives the same elements, in the same order, another shape."""
    return op.family in _ORDERED_VIEWS


def same_as(op: Op, args: dict[str, Any]) -> Any:
    """The argument that the result equals wherever it has the same shape; None where it may differ."""
    if op.family is cat:
        return args["tensors"][0] if len(args["tensors"]) == 1 else None
    return args["input"] if op.family in _SAME else None


def lone_axes(node: Node) -> int:
    """So many leading axes of the result have the op do the same at each index for itself; 0 where that is open."""
    args, axes, op = node.arguments, node.output.ndim, node.op.family
    if op in (layer_norm, rms_norm):
        shape = args["normalized_shape"]
        return axes - (1 if isinstance(shape, int) else len(shape))
    if op in (softmax, log_softmax) and args["dim"] in (-1, axes - 1):
        return axes - 1
    if op is scaled_dot_product_attention and not args["dropout_p"]:
        before = {args[name].shape[:-2] for name in ("query", "key", "value")}
        return axes - 2 if len(before) == 1 else 0
    return 0
