"""Reductions, and what finds the largest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnbuild import ops
from nnbuild.exchange.onnx.node import OnnxNode, axes_of, axis_of, cast, constant, reads
from nnbuild.lazy import np
from nnbuild.ops.dtypes import is_floating


def _l1(input: Any, axes: list[int], keepdim: bool) -> Any:
    return ops.sum(ops.abs(input), axes, keepdim)


def _square_sum(input: Any, axes: list[int], keepdim: bool) -> Any:
    return ops.sum(ops.mul(input, input), axes, keepdim)


def _l2(input: Any, axes: list[int], keepdim: bool) -> Any:
    return ops.sqrt(_square_sum(input, axes, keepdim))


def _log_sum(input: Any, axes: list[int], keepdim: bool) -> Any:
    return ops.log(ops.sum(input, axes, keepdim))


def _mean(input: Any, axes: list[int], keepdim: bool) -> Any:
    if is_floating(str(input.dtype)):
        return ops.mean(input, axes, keepdim)
    count = 1
    for axis in axes:
        count *= input.shape[axis]
    total = ops.sum(input, axes, keepdim)
    return ops.div(total, constant(count, total.dtype), rounding_mode="trunc")


def _log_sum_exp(input: Any, axes: list[int], keepdim: bool) -> Any:
    if not is_floating(str(input.dtype)):
        input = ops.to(input, "float64")
    if any(input.shape[axis] == 0 for axis in axes):
        return _log_sum(ops.exp(input), axes, keepdim)
    return ops.logsumexp(input, axes, keepdim)


def _prod(input: Any, axes: list[int], keepdim: bool) -> Any:
    for axis in sorted(axes, reverse=True):
        input = ops.prod(input, axis, keepdim)
    return input


def _extreme(largest: bool) -> Callable[..., Any]:
    def reduce(input: Any, axes: list[int], keepdim: bool) -> Any:
        if any(input.shape[axis] == 0 for axis in axes):
            return _of_nothing(input, axes, keepdim, largest)
        dtype = str(input.dtype)
        if dtype == "bool":
            return (ops.amax if largest else ops.amin)(ops.to(input, "uint8"), axes, keepdim)
        return (ops.amax if largest else ops.amin)(input, axes, keepdim)

    return reduce


def _of_nothing(input: Any, axes: list[int], keepdim: bool, largest: bool) -> Any:
    """The largest of no elements: the least that there is."""
    sizes = [1 if axis in axes else size for axis, size in enumerate(input.shape)]
    shape = [size for axis, size in enumerate(sizes) if keepdim or axis not in axes]
    dtype = np.dtype(str(input.dtype))
    if dtype.kind == "b":
        return ops.full(shape, not largest, dtype="bool")
    limits = (-np.inf, np.inf) if dtype.kind == "f" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    return ops.full(shape, limits[0] if largest else limits[1], dtype=dtype.name)


_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "ReduceL1": _l1,
    "ReduceL2": _l2,
    "ReduceLogSum": _log_sum,
    "ReduceLogSumExp": _log_sum_exp,
    "ReduceMax": _extreme(True),
    "ReduceMean": _mean,
    "ReduceMin": _extreme(False),
    "ReduceProd": _prod,
    "ReduceSum": ops.sum,
    "ReduceSumSquare": _square_sum,
}


@reads(*_REDUCTIONS)
def _reduce(node: OnnxNode, input: Any, axes: Any = None) -> Any:
    rank = len(input.shape)
    over = node.numbers("axes", axes)
    if not over and node.get("noop_with_empty_axes"):
        over = []
        if node.op in ("ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum"):
            return input
        spread = ops.unsqueeze(input, rank)  # the element-wise part of the reduction
        return cast(_REDUCTIONS[node.op](spread, [rank], False), str(input.dtype))
    places = axes_of(over, rank) if over else list(range(rank))
    if not places:
        spread = ops.unsqueeze(input, 0)
        return cast(_REDUCTIONS[node.op](spread, [0], False), str(input.dtype))
    return cast(_REDUCTIONS[node.op](input, places, bool(node.get("keepdims", 1))), str(input.dtype))


@reads("ArgMax", "ArgMin")
def _arg(node: OnnxNode, input: Any) -> Any:
    find = ops.argmax if node.op == "ArgMax" else ops.argmin
    axis = axis_of(node.get("axis"), len(input.shape))
    keepdim = bool(node.get("keepdims"))
    if not node.get("select_last_index"):
        return find(input, axis, keepdim)
    last = constant(input.shape[axis] - 1, "int64")
    return ops.sub(last, find(ops.flip(input, axis), axis, keepdim))


@reads("TopK")
def _topk(node: OnnxNode, input: Any, k: Any = None) -> Any:
    count = int(node.number("k", k))
    axis = axis_of(node.get("axis"), len(input.shape))
    found = ops.topk(input, count, axis, bool(node.get("largest", 1)), bool(node.get("sorted", 1)))
    return tuple(found)
