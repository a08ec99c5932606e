"""Activations, and what a network does only while it learns."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.node import OnnxNode, axis_of, cast, constant, reads, reshaped


@reads("Gelu")
def _gelu(node: OnnxNode, input: Any) -> Any:
    return ops.gelu(input, approximate=node.get("approximate", "none"))


@reads("HardSigmoid")
def _hard_sigmoid(node: OnnxNode, input: Any) -> Any:
    line = ops.add(ops.mul(input, node.get("alpha")), node.get("beta"))
    return ops.clamp(line, 0, 1)


@reads("Selu")
def _selu(node: OnnxNode, input: Any) -> Any:
    alpha, gamma = node.get("alpha"), node.get("gamma")
    if abs(alpha - 1.6732632) < 1e-4 and abs(gamma - 1.050701) < 1e-4:
        return ops.selu(input)
    return ops.mul(ops.elu(input, alpha), gamma)


@reads("Softplus")
def _softplus(node: OnnxNode, input: Any) -> Any:
    return ops.softplus(input)


@reads("Swish")
def _swish(node: OnnxNode, input: Any) -> Any:
    alpha = node.get("alpha")
    return ops.silu(input) if alpha == 1 else ops.mul(input, ops.sigmoid(ops.mul(input, alpha)))


@reads("ThresholdedRelu")
def _thresholded(node: OnnxNode, input: Any) -> Any:
    return ops.threshold(input, node.get("alpha"), 0)


@reads("PRelu")
def _prelu(node: OnnxNode, input: Any, slope: Any) -> Any:
    rank = len(input.shape)
    channels = tuple(slope.shape)
    if slope.shape and len(channels) < rank and channels[1:] == (1,) * (rank - 2) and len(channels) == rank - 1:
        return ops.prelu(input, reshaped(slope, channels[0]))
    if node.version < 7 and len(channels) == 1 and rank > 1:
        return ops.prelu(input, slope)
    return ops.where(ops.lt(input, constant(0, input.dtype)), ops.mul(input, slope), input)


@reads("Shrink")
def _shrink(node: OnnxNode, input: Any) -> Any:
    limit, bias = constant(node.get("lambd"), input.dtype), constant(node.get("bias"), input.dtype)
    zero = ops.mul(input, constant(0, input.dtype))
    high = ops.where(ops.gt(input, limit), ops.sub(input, bias), zero)
    return ops.where(ops.lt(input, ops.neg(limit)), ops.add(input, bias), high)


def _as_matrix(input: Any, axis: int) -> Any:
    """As versions before 13 see it: the axes before `axis`, and those from it on, each as one."""
    place = axis_of(axis, len(input.shape)) if axis < len(input.shape) else axis
    rows = 1
    for size in input.shape[:place]:
        rows *= size
    return reshaped(input, rows, -1)


@reads("Softmax", "LogSoftmax")
def _old_softmax(node: OnnxNode, input: Any) -> Any:
    """Before version 13."""
    softmax = ops.softmax if node.op == "Softmax" else ops.log_softmax
    if len(input.shape) == 2 and node.get("axis") in (1, -1):
        return softmax(input, 1)
    return reshaped(softmax(_as_matrix(input, node.get("axis")), 1), *input.shape)


@reads("Hardmax")
def _hardmax(node: OnnxNode, input: Any) -> Any:
    axis = node.get("axis")
    if node.version < 13 and len(input.shape) != 2:
        matrix = _as_matrix(input, axis)
        return reshaped(_largest(matrix, 1), *input.shape)
    return _largest(input, axis_of(axis, len(input.shape)))


def _largest(input: Any, axis: int) -> Any:
    best = ops.one_hot(ops.argmax(input, axis), input.shape[axis])
    return cast(ops.movedim(best, -1, axis), str(input.dtype))


@reads("Dropout")
def _dropout(node: OnnxNode, input: Any, ratio: Any = None, training: Any = None) -> Any:
    rate = node.number("ratio", ratio, 0.5)
    learning = training is not None and bool(node.known(training, "training_mode").reshape(-1)[0])
    if learning and rate:
        raise SpecError("Dropout draws random numbers in training mode", hint="export the network for inference")
    mask = ops.full(tuple(input.shape), True, dtype="bool")
    return input, (mask if node.version >= 10 else cast(mask, str(input.dtype)))
