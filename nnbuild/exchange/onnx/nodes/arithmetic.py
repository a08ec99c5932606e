"""Arithmetic whose rules differ from those of the op of that name, and what older versions wrote differently."""

from __future__ import annotations

from functools import reduce
from typing import Any

from nnbuild import ops
from nnbuild.exchange.onnx.node import OnnxNode, cast, constant, reads, reshaped
from nnbuild.exchange.onnx.table import BY_OPERATOR
from nnbuild.ops.dtypes import is_floating


def _whole(value: Any) -> bool:
    return not is_floating(str(value.dtype))


def aligned(node: OnnxNode, first: Any, second: Any) -> Any:
    """The second operand as it broadcasts to the first: before version 7 an attribute says at which axis it begins."""
    axis = node.attributes.get("axis")
    if node.version >= 7 or axis is None or not node.get("broadcast"):
        return second
    after = len(first.shape) - axis % len(first.shape) - len(second.shape)
    return reshaped(second, *second.shape, *(1,) * after)


@reads("Add", "And", "Equal", "Greater", "Less", "Mul", "Or", "Sub", "Xor")
def _old(node: OnnxNode, first: Any, second: Any) -> Any:
    """Before version 7."""
    return getattr(ops, BY_OPERATOR[node.op].op)(first, aligned(node, first, second))


@reads("Div")
def _div(node: OnnxNode, first: Any, second: Any) -> Any:
    second = aligned(node, first, second)
    return ops.div(first, second, rounding_mode="trunc") if _whole(first) else ops.div(first, second)


@reads("Mod")
def _mod(node: OnnxNode, first: Any, second: Any) -> Any:
    return ops.fmod(first, second) if node.get("fmod") else ops.remainder(first, second)


@reads("Pow")
def _pow(node: OnnxNode, base: Any, exponent: Any) -> Any:
    """The dtype is the base's, whatever the exponent's."""
    exponent = aligned(node, base, exponent)
    dtype = str(base.dtype)
    if is_floating(str(exponent.dtype)) and _whole(base):
        base = ops.to(base, "float64")
    elif str(exponent.dtype) != dtype:
        exponent = ops.to(exponent, dtype)
    return cast(ops.pow(base, exponent), dtype)


@reads("Round")
def _round(node: OnnxNode, input: Any) -> Any:
    return ops.round(input)


@reads("Max")
def _max(node: OnnxNode, *inputs: Any) -> Any:
    return reduce(ops.maximum, inputs)


@reads("Min")
def _min(node: OnnxNode, *inputs: Any) -> Any:
    return reduce(ops.minimum, inputs)


@reads("Sum")
def _sum(node: OnnxNode, *inputs: Any) -> Any:
    return reduce(ops.add, inputs)


@reads("Mean")
def _mean(node: OnnxNode, *inputs: Any) -> Any:
    return ops.div(reduce(ops.add, inputs), constant(len(inputs), inputs[0].dtype))


@reads("BitShift")
def _shift(node: OnnxNode, input: Any, by: Any) -> Any:
    shift = ops.bitwise_left_shift if node.get("direction") == "LEFT" else ops.bitwise_right_shift
    return shift(input, by)


@reads("BitCast")
def _bitcast(node: OnnxNode, input: Any) -> Any:
    return ops.bitcast(input, node.dtype("to"))


@reads("Cast")
def _cast(node: OnnxNode, input: Any) -> Any:
    return cast(input, node.dtype("to"))


@reads("CastLike")
def _cast_like(node: OnnxNode, input: Any, like: Any) -> Any:
    return cast(input, str(like.dtype))


@reads("IsInf")
def _isinf(node: OnnxNode, input: Any) -> Any:
    high, low = node.get("detect_positive"), node.get("detect_negative")
    infinite = ops.isinf(input)
    if high and low:
        return infinite
    zero = constant(0, input.dtype)
    if not high and not low:
        return ops.ne(zero, zero) if not input.shape else ops.logical_and(infinite, constant(False, "bool"))
    return ops.logical_and(infinite, ops.gt(input, zero) if high else ops.lt(input, zero))


@reads("Identity", "Optional")
def _identity(node: OnnxNode, input: Any = None) -> Any:
    return input


@reads("Clip")
def _clip(node: OnnxNode, input: Any, low: Any = None, high: Any = None) -> Any:
    if low is None and "min" in node.attributes:
        low = constant(node.get("min"), input.dtype)
    if high is None and "max" in node.attributes:
        high = constant(node.get("max"), input.dtype)
    output = input if low is None else ops.maximum(input, low)
    return output if high is None else ops.minimum(output, high)


@reads("CumSum", "CumProd")
def _cumulative(node: OnnxNode, input: Any, axis: Any) -> Any:
    place = int(node.number("axis", axis))
    total = ops.cumsum if node.op == "CumSum" else ops.cumprod
    turned = ops.flip(input, place) if node.get("reverse") else input
    if node.get("exclusive"):
        first = list(input.shape)
        first[place] = 1
        neutral = ops.full(first, int(node.op == "CumProd"), dtype=str(input.dtype))
        turned = ops.cat([neutral, ops.narrow(turned, place, 0, input.shape[place] - 1)], place)
    output = cast(total(turned, place), str(input.dtype))
    return ops.flip(output, place) if node.get("reverse") else output


@reads("Det")
def _det(node: OnnxNode, input: Any) -> Any:
    return ops.linalg_det(input)
