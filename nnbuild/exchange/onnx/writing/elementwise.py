"""Ops on each element, written."""

from __future__ import annotations

import math
from typing import Any

from nnbuild.exchange.onnx.writing.emitters import emits
from nnbuild.exchange.onnx.writing.graph import GraphWriter
from nnbuild.graph.graph import Node
from nnbuild.lazy import np
from nnbuild.ops.dtypes import is_floating, result_type


def _binary(graph: GraphWriter, operator: str, node: Node, first: Any, second: Any) -> str:
    dtype = node.output.dtype
    name: str = graph.emit(operator, graph.operand(first, dtype), graph.operand(second, dtype))
    return name


@emits("div", "divide", "true_divide", "floor_divide")
def _div(graph: GraphWriter, node: Node, a: Any) -> Any:
    mode = "floor" if node.op.name == "floor_divide" else getattr(a, "rounding_mode", None)
    quotient = _binary(graph, "Div", node, a.input, a.other)
    if mode is None or not is_floating(node.output.dtype):
        if mode == "floor":  # ONNX cuts towards 0: one less where a rest is left over and the signs differ
            dtype = node.output.dtype
            rest = graph.emit("Mod", graph.operand(a.input, dtype), graph.operand(a.other, dtype))
            plain = graph.emit("Mod", graph.operand(a.input, dtype), graph.operand(a.other, dtype), fmod=1)
            differ = graph.emit("Not", graph.emit("Equal", rest, plain))
            return graph.emit("Sub", quotient, graph.cast(differ, dtype))
        return quotient
    if mode == "floor":
        return graph.emit("Floor", quotient)
    return graph.emit("Mul", graph.emit("Sign", quotient), graph.emit("Floor", graph.emit("Abs", quotient)))


@emits("remainder", "fmod")
def _mod(graph: GraphWriter, node: Node, a: Any) -> Any:
    dtype = node.output.dtype
    first, second = graph.operand(a.input, dtype), graph.operand(a.other, dtype)
    if node.op.name == "fmod" or not is_floating(dtype):
        return graph.emit("Mod", first, second, fmod=1 if node.op.name == "fmod" else None)
    whole = graph.emit("Floor", graph.emit("Div", first, second))
    return graph.emit("Sub", first, graph.emit("Mul", whole, second))


@emits("pow")
def _pow(graph: GraphWriter, node: Node, a: Any) -> Any:
    return _binary(graph, "Pow", node, a.input, a.exponent)


@emits("square")
def _square(graph: GraphWriter, node: Node, a: Any) -> Any:
    return _binary(graph, "Mul", node, a.input, a.input)


@emits("rsqrt")
def _rsqrt(graph: GraphWriter, node: Node, a: Any) -> Any:
    return graph.emit("Reciprocal", graph.emit("Sqrt", graph.operand(a.input, node.output.dtype)))


@emits("log2", "log10")
def _log(graph: GraphWriter, node: Node, a: Any) -> Any:
    dtype, base = node.output.dtype, 2 if node.op.name == "log2" else 10
    return graph.emit("Div", graph.emit("Log", graph.operand(a.input, dtype)), graph.number(math.log(base), dtype))


@emits("log1p", "expm1")
def _beside_one(graph: GraphWriter, node: Node, a: Any) -> Any:
    dtype = node.output.dtype
    one, value = graph.number(1, dtype), graph.operand(a.input, dtype)
    if node.op.name == "log1p":
        return graph.emit("Log", graph.emit("Add", value, one))
    return graph.emit("Sub", graph.emit("Exp", value), one)


@emits("exp2")
def _exp2(graph: GraphWriter, node: Node, a: Any) -> Any:
    dtype = node.output.dtype
    return graph.emit("Pow", graph.number(2, dtype), graph.operand(a.input, dtype))


@emits("round")
def _round(graph: GraphWriter, node: Node, a: Any) -> Any:
    value, dtype = graph.name_of(a.input), node.output.dtype
    if not a.decimals:
        return graph.emit("Round", value)
    factor = graph.number(10.0**a.decimals, dtype)
    return graph.emit("Div", graph.emit("Round", graph.emit("Mul", value, factor)), factor)


@emits("trunc")
def _trunc(graph: GraphWriter, node: Node, a: Any) -> Any:
    value = graph.name_of(a.input)
    return graph.emit("Mul", graph.emit("Sign", value), graph.emit("Floor", graph.emit("Abs", value)))


@emits("ne")
def _ne(graph: GraphWriter, node: Node, a: Any) -> Any:
    dtype = result_type(a.input, a.other)
    return graph.emit("Not", graph.emit("Equal", graph.operand(a.input, dtype), graph.operand(a.other, dtype)))


@emits("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not")
def _bitwise(graph: GraphWriter, node: Node, a: Any) -> Any:
    dtype = node.output.dtype
    values = [graph.operand(value, dtype) for value in (a.input, getattr(a, "other", None)) if value is not None]
    kind = node.op.name.removeprefix("bitwise_").capitalize()
    return graph.emit(kind if dtype == "bool" else f"Bitwise{kind}", *values)


@emits("minimum", "maximum")
def _extreme(graph: GraphWriter, node: Node, a: Any) -> Any:
    return _binary(graph, "Min" if node.op.name == "minimum" else "Max", node, a.input, a.other)


@emits("clamp", "clip", "clamp_min", "clamp_max", "hardtanh", "relu6")
def _clamp(graph: GraphWriter, node: Node, a: Any) -> Any:
    dtype = node.output.dtype
    low, high = (0, 6) if node.op.name == "relu6" else (None, None)
    low = getattr(a, "min", getattr(a, "min_val", low))
    high = getattr(a, "max", getattr(a, "max_val", high))
    value = graph.operand(a.input, dtype)
    if any(getattr(limit, "shape", ()) for limit in (low, high)):
        value = value if low is None else graph.emit("Max", value, graph.operand(low, dtype))
        return value if high is None else graph.emit("Min", value, graph.operand(high, dtype))
    limits = [None if limit is None else graph.operand(limit, dtype) for limit in (low, high)]
    return graph.emit("Clip", value, *limits)


@emits("isinf")
def _isinf(graph: GraphWriter, node: Node, a: Any) -> Any:
    return graph.emit("IsInf", graph.operand(a.input, "float32"))


@emits("where")
def _where(graph: GraphWriter, node: Node, a: Any) -> Any:
    dtype = node.output.dtype
    return graph.emit("Where", graph.operand(a.condition, "bool"), graph.operand(a.input, dtype),
                      graph.operand(a.other, dtype))  # fmt: skip


@emits("masked_fill")
def _masked_fill(graph: GraphWriter, node: Node, a: Any) -> Any:
    dtype = node.output.dtype
    return graph.emit("Where", graph.name_of(a.mask), graph.operand(a.value, dtype), graph.name_of(a.input))


@emits("to", "type_as", "half", "float", "double", "byte", "short", "int", "long", "bool")
def _to(graph: GraphWriter, node: Node, a: Any) -> Any:
    return graph.operand(a.input, node.output.dtype)


@emits("clone", "contiguous", "detach", "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout")
def _same(graph: GraphWriter, node: Node, a: Any) -> Any:
    return graph.name_of(a.input)


@emits("silu")
def _silu(graph: GraphWriter, node: Node, a: Any) -> Any:
    value = graph.name_of(a.input)
    return graph.emit("Mul", value, graph.emit("Sigmoid", value))


@emits("hardswish")
def _hardswish(graph: GraphWriter, node: Node, a: Any) -> Any:
    value = graph.name_of(a.input)
    if graph.opset >= 14:
        return graph.emit("HardSwish", value)
    return graph.emit("Mul", value, graph.emit("HardSigmoid", value, alpha=1 / 6, beta=0.5))


@emits("hardsigmoid")
def _hardsigmoid(graph: GraphWriter, node: Node, a: Any) -> Any:
    return graph.emit("HardSigmoid", graph.name_of(a.input), alpha=1 / 6, beta=0.5)


@emits("mish")
def _mish(graph: GraphWriter, node: Node, a: Any) -> Any:
    value = graph.name_of(a.input)
    if graph.opset >= 18:
        return graph.emit("Mish", value)
    return graph.emit("Mul", value, graph.emit("Tanh", graph.emit("Softplus", value)))


@emits("softplus")
def _softplus(graph: GraphWriter, node: Node, a: Any) -> Any:
    value, dtype = graph.name_of(a.input), node.output.dtype
    if a.beta == 1:
        return graph.emit("Softplus", value)
    beta = graph.number(a.beta, dtype)
    return graph.emit("Div", graph.emit("Softplus", graph.emit("Mul", value, beta)), beta)


@emits("logsigmoid")
def _logsigmoid(graph: GraphWriter, node: Node, a: Any) -> Any:
    return graph.emit("Neg", graph.emit("Softplus", graph.emit("Neg", graph.name_of(a.input))))


@emits("selu")
def _selu(graph: GraphWriter, node: Node, a: Any) -> Any:
    return graph.emit("Selu", graph.name_of(a.input))


@emits("gelu")
def _gelu(graph: GraphWriter, node: Node, a: Any) -> Any:
    value, dtype = graph.name_of(a.input), node.output.dtype
    if graph.opset >= 20:
        return graph.emit("Gelu", value, approximate=a.approximate)
    one, half = graph.number(1, dtype), graph.number(0.5, dtype)
    if a.approximate == "tanh":
        cube = graph.emit("Mul", graph.emit("Mul", value, value), value)
        inner = graph.emit("Add", value, graph.emit("Mul", cube, graph.number(0.044715, dtype)))
        bend = graph.emit("Tanh", graph.emit("Mul", inner, graph.number(math.sqrt(2 / math.pi), dtype)))
    else:
        bend = graph.emit("Erf", graph.emit("Div", value, graph.number(math.sqrt(2), dtype)))
    return graph.emit("Mul", graph.emit("Mul", value, graph.emit("Add", bend, one)), half)


@emits("tanhshrink")
def _tanhshrink(graph: GraphWriter, node: Node, a: Any) -> Any:
    value = graph.name_of(a.input)
    return graph.emit("Sub", value, graph.emit("Tanh", value))


@emits("softshrink", "hardshrink")
def _shrink(graph: GraphWriter, node: Node, a: Any) -> Any:
    bias = a.lambd if node.op.name == "softshrink" else 0.0
    return graph.emit("Shrink", graph.name_of(a.input), lambd=float(a.lambd), bias=float(bias))


@emits("threshold")
def _threshold(graph: GraphWriter, node: Node, a: Any) -> Any:
    value, dtype = graph.name_of(a.input), node.output.dtype
    above = graph.emit("Greater", value, graph.number(a.threshold, dtype))
    return graph.emit("Where", above, value, graph.number(a.value, dtype))


@emits("rrelu")
def _rrelu(graph: GraphWriter, node: Node, a: Any) -> Any:
    return graph.emit("LeakyRelu", graph.name_of(a.input), alpha=(a.lower + a.upper) / 2)


@emits("prelu")
def _prelu(graph: GraphWriter, node: Node, a: Any) -> Any:
    rank, slope = len(a.input.shape), graph.name_of(a.weight)
    if rank > 2:
        slope = graph.emit("Reshape", slope, graph.constant(np.array([-1, *[1] * (rank - 2)], np.int64)))
    return graph.emit("PRelu", graph.name_of(a.input), slope)


@emits("lerp")
def _lerp(graph: GraphWriter, node: Node, a: Any) -> Any:
    dtype = node.output.dtype
    start = graph.operand(a.input, dtype)
    way = graph.emit("Sub", graph.operand(a.end, dtype), start)
    return graph.emit("Add", start, graph.emit("Mul", way, graph.operand(a.weight, dtype)))
