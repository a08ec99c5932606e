"""Normalisations."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.node import OnnxNode, axis_of, cast, constant, reads


@reads("BatchNormalization")
def _batch_norm(node: OnnxNode, input: Any, scale: Any, bias: Any, mean: Any, variance: Any) -> Any:
    if node.version < 9 and node.get("spatial", 1) == 0:
        raise SpecError("BatchNormalization with spatial=0 has statistics for each place", hint="export it anew")
    eps = node.get("epsilon", 1e-5)
    learning = node.get("training_mode") if node.version >= 14 else node.version < 7 and not node.get("is_test", 0)
    if not learning or node.version < 7:
        return ops.batch_norm(input, mean, variance, scale, bias, False, 0.1, eps)
    others = [axis for axis in range(len(input.shape)) if axis != 1]
    new_variance, new_mean = ops.var_mean(input, others, correction=0)
    output = ops.batch_norm(input, new_mean, new_variance, scale, bias, False, 0.1, eps)
    kept = node.get("momentum")
    running = [
        ops.add(ops.mul(old, kept), ops.mul(new, 1 - kept)) for old, new in ((mean, new_mean), (variance, new_variance))
    ]
    return output, *running


@reads("InstanceNormalization")
def _instance_norm(node: OnnxNode, input: Any, scale: Any, bias: Any) -> Any:
    return ops.instance_norm(input, None, None, scale, bias, True, 0.1, node.get("epsilon", 1e-5))


@reads("LayerNormalization")
def _layer_norm(node: OnnxNode, input: Any, scale: Any, bias: Any = None) -> Any:
    axis = axis_of(node.get("axis"), len(input.shape))
    shape, eps = tuple(input.shape[axis:]), node.get("epsilon")
    fits = tuple(scale.shape) == shape and (bias is None or tuple(bias.shape) == shape)
    output = ops.layer_norm(input, shape, scale if fits else None, bias if fits else None, eps)
    if not fits:
        output = ops.mul(output, scale)
        output = output if bias is None else ops.add(output, bias)
    if len([name for name in node.outputs if name]) == 1:
        return output
    axes = list(range(axis, len(input.shape)))
    variance, mean = ops.var_mean(cast(input, "float32"), axes, correction=0, keepdim=True)
    return output, mean, ops.rsqrt(ops.add(variance, eps))


@reads("RMSNormalization")
def _rms_norm(node: OnnxNode, input: Any, scale: Any) -> Any:
    axis = axis_of(node.get("axis"), len(input.shape))
    shape, eps = tuple(input.shape[axis:]), node.get("epsilon")
    if tuple(scale.shape) == shape:
        return ops.rms_norm(input, shape, scale, eps)
    return ops.mul(ops.rms_norm(input, shape, None, eps), scale)


@reads("GroupNormalization")
def _group_norm(node: OnnxNode, input: Any, scale: Any, bias: Any) -> Any:
    groups, channels = node.get("num_groups"), input.shape[1]
    if node.version < 21:  # a weight for each group
        scale, bias = (ops.repeat_interleave(weight, channels // groups) for weight in (scale, bias))
    return ops.group_norm(input, groups, scale, bias, node.get("epsilon"))


@reads("LpNormalization")
def _lp_norm(node: OnnxNode, input: Any) -> Any:
    axis = axis_of(node.get("axis"), len(input.shape))
    length = ops.norm(input, node.get("p"), axis, True)
    zero = ops.eq(length, constant(0, input.dtype))
    return ops.where(zero, constant(0, input.dtype), ops.div(input, length))


@reads("LRN")
def _lrn(node: OnnxNode, input: Any) -> Any:
    size, alpha, beta, bias = (node.get(name) for name in ("size", "alpha", "beta", "bias"))
    if size % 2:
        return ops.local_response_norm(input, size, alpha, beta, bias)
    squares = ops.square(input)  # torch has the longer half of an even window before the channel, ONNX after it
    before = (size - 1) // 2
    padded = ops.pad(squares, (*(0, 0) * (len(input.shape) - 2), before, size - 1 - before))
    total = ops.sum(ops.tensor_unfold(padded, 1, size, 1), -1)
    return ops.div(input, ops.pow(ops.add(ops.mul(total, alpha / size), bias), beta))


@reads("MeanVarianceNormalization")
def _mean_variance(node: OnnxNode, input: Any) -> Any:
    axes = node.get("axes", [0, 2, 3])
    variance, mean = ops.var_mean(input, axes, correction=0, keepdim=True)
    return ops.div(ops.sub(input, mean), ops.add(ops.sqrt(variance), 1e-9))


@reads("GlobalAveragePool")
def _global_average(node: OnnxNode, input: Any) -> Any:
    axes = len(input.shape) - 2
    if axes in (1, 2, 3):
        return getattr(ops, f"adaptive_avg_pool{axes}d")(input, 1)
    return ops.mean(input, list(range(2, axes + 2)), True)


@reads("GlobalMaxPool")
def _global_max(node: OnnxNode, input: Any) -> Any:
    axes = len(input.shape) - 2
    if axes in (1, 2, 3):
        return getattr(ops, f"adaptive_max_pool{axes}d")(input, 1)
    return ops.amax(input, list(range(2, axes + 2)), True)


@reads("GlobalLpPool")
def _global_lp(node: OnnxNode, input: Any) -> Any:
    power = node.get("p", 2)
    total = ops.sum(ops.pow(ops.abs(input), float(power)), list(range(2, len(input.shape))), True)
    return ops.sqrt(total) if power == 2 else ops.pow(total, 1 / power)
