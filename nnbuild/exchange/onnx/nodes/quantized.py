"""Whole numbers that stand for fractions: by a scale, and a zero point."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.exchange.onnx.node import OnnxNode, axis_of, cast, constant, reads, reshaped
from nnbuild.exchange.onnx.nodes.windows import convolved
from nnbuild.lazy import np


def _spread(value: Any, input: Any, axis: int, block: int) -> Any:
    """A scale or zero point as it broadcasts: one, one for each index of an axis, or one for each block there."""
    rank = len(input.shape)
    if block:
        repeated = ops.repeat_interleave(value, block, axis)
        return ops.narrow(repeated, axis, 0, input.shape[axis])
    if not value.shape or (len(value.shape) == 1 and value.shape[0] == 1):
        return reshaped(value, *(1,) * rank) if rank else reshaped(value)
    return reshaped(value, *(-1 if place == axis else 1 for place in range(rank)))


def quantized(input: Any, scale: Any, zero: Any, dtype: str) -> Any:
    """Fractions as whole numbers of the dtype, the nearest, held within its limits."""
    scaled = ops.round(ops.div(input, scale))
    if zero is not None:
        scaled = ops.add(scaled, cast(zero, str(scaled.dtype)))
    limits = np.iinfo(dtype)
    return ops.to(ops.clamp(scaled, int(limits.min), int(limits.max)), dtype)


def dequantized(input: Any, scale: Any, zero: Any) -> Any:
    """Whole numbers as the fractions that they stand for."""
    wide = ops.to(input, "int32")
    if zero is not None:
        wide = ops.sub(wide, ops.to(zero, "int32"))
    return ops.mul(ops.to(wide, str(scale.dtype)), scale)


@reads("QuantizeLinear")
def _quantize(node: OnnxNode, input: Any, scale: Any, zero: Any = None) -> Any:
    axis, block = axis_of(node.get("axis", 1), max(len(input.shape), 2)), node.get("block_size", 0)
    dtype = str(zero.dtype) if zero is not None else node.dtype("output_dtype", "uint8")
    if str(scale.dtype) == "float16" or str(input.dtype) == "float16":
        input, scale = cast(input, "float32"), cast(scale, "float32")
    factor = _spread(cast(scale, str(input.dtype)), input, axis, block)
    return quantized(input, factor, None if zero is None else _spread(zero, input, axis, block), dtype)


@reads("DequantizeLinear")
def _dequantize(node: OnnxNode, input: Any, scale: Any, zero: Any = None) -> Any:
    axis, block = axis_of(node.get("axis", 1), max(len(input.shape), 2)), node.get("block_size", 0)
    factor = _spread(scale, input, axis, block)
    output = dequantized(input, factor, None if zero is None else _spread(zero, input, axis, block))
    return cast(output, node.dtype("output_dtype", str(output.dtype)))


@reads("DynamicQuantizeLinear")
def _dynamic(node: OnnxNode, input: Any) -> Any:
    zero = constant(0, input.dtype)
    high, low = ops.maximum(ops.amax(input), zero), ops.minimum(ops.amin(input), zero)
    scale = ops.div(ops.sub(high, low), constant(255, input.dtype))
    point = quantized(ops.neg(low), scale, None, "uint8")
    return quantized(input, scale, point, "uint8"), scale, point


def _per_row(value: Any) -> Any:
    return ops.unsqueeze(value, -1) if len(value.shape) == 1 and value.shape[0] > 1 else value


@reads("QLinearMatMul")
def _matmul(
    node: OnnxNode, first: Any, scale: Any, zero: Any, second: Any, other_scale: Any, other_zero: Any, out_scale: Any,
    out_zero: Any,
) -> Any:  # fmt: skip
    wide = [
        ops.sub(ops.to(value, "int32"), ops.to(point, "int32"))
        for value, point in ((first, _per_row(zero)), (second, other_zero))
    ]
    product = ops.to(ops.matmul(*wide), "float32")
    factor = ops.div(
        ops.mul(cast(_per_row(scale), "float32"), cast(other_scale, "float32")), cast(out_scale, "float32")
    )
    return quantized(ops.mul(product, factor), constant(1, "float32"), out_zero, str(out_zero.dtype))


@reads("QLinearConv")
def _conv(
    node: OnnxNode, input: Any, scale: Any, zero: Any, weight: Any, weight_scale: Any, weight_zero: Any, out_scale: Any,
    out_zero: Any, bias: Any = None,
) -> Any:  # fmt: skip
    def by_channel(value: Any) -> Any:
        return reshaped(value, -1, *(1,) * (len(weight.shape) - 1)) if value.shape else value

    wide = ops.sub(ops.to(input, "int32"), ops.to(zero, "int32"))
    kernel = ops.sub(ops.to(weight, "int32"), by_channel(ops.to(weight_zero, "int32")))
    product = ops.to(convolved(node, wide, kernel, bias), "float32")
    factor = ops.div(ops.mul(scale, weight_scale), out_scale)
    if factor.shape:
        factor = reshaped(factor, -1, *(1,) * (len(weight.shape) - 2))
    return quantized(ops.mul(product, factor), constant(1, "float32"), out_zero, str(out_zero.dtype))
