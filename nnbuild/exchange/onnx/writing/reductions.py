"""Reductions and normalisations, written."""

from __future__ import annotations

import math
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.writing.emitters import emits
from nnbuild.exchange.onnx.writing.graph import GraphWriter
from nnbuild.exchange.onnx.writing.windows import reduced
from nnbuild.graph.graph import Node
from nnbuild.lazy import np

_REDUCTIONS = {"sum": "ReduceSum", "mean": "ReduceMean", "prod": "ReduceProd", "amax": "ReduceMax",
               "amin": "ReduceMin"}  # fmt: skip


def _axes(dim: Any, rank: int) -> list[int] | None:
    if dim is None or dim == () or dim == []:
        return None
    return sorted(axis % rank for axis in (dim if isinstance(dim, list | tuple) else [dim])) if rank else None


@emits(*_REDUCTIONS)
def _reduce(graph: GraphWriter, node: Node, a: Any) -> Any:
    axes = _axes(a.dim, len(a.input.shape))
    return reduced(graph, _REDUCTIONS[node.op.name], graph.operand(a.input, node.output.dtype), axes, a.keepdim)


@emits("logsumexp")
def _logsumexp(graph: GraphWriter, node: Node, a: Any) -> Any:
    axes = _axes(a.dim, len(a.input.shape))
    return reduced(graph, "ReduceLogSumExp", graph.operand(a.input, node.output.dtype), axes, a.keepdim)


@emits("any", "all")
def _some(graph: GraphWriter, node: Node, a: Any) -> Any:
    value = graph.cast(graph.operand(a.input, "bool"), "int32")
    operator = "ReduceMax" if node.op.name == "any" else "ReduceMin"
    found = reduced(graph, operator, value, _axes(a.dim, len(a.input.shape)), a.keepdim)
    return graph.cast(found, node.output.dtype)


def _variance(graph: GraphWriter, node: Node, a: Any) -> tuple[str, str, list[int]]:
    """The variance and the mean, with their axes kept."""
    axes = _axes(a.dim, len(a.input.shape)) or list(range(len(a.input.shape)))
    correction = a.correction if a.correction is not None else int(a.unbiased)
    sizes = [graph.traces.shape(a.input)[axis] for axis in axes]
    if not all(isinstance(size, int) for size in sizes):
        raise SpecError("a variance over a free axis goes into no ONNX file", path=node.path or None)
    count = math.prod(size for size in sizes if isinstance(size, int))
    value = graph.name_of(a.input)
    mean = reduced(graph, "ReduceMean", value, axes, True)
    off = graph.emit("Sub", value, mean)
    squares = reduced(graph, "ReduceSum", graph.emit("Mul", off, off), axes, True)
    return graph.emit("Div", squares, graph.number(count - correction, node.output.dtype)), mean, axes


@emits("var", "std", "var_mean", "std_mean")
def _var(graph: GraphWriter, node: Node, a: Any) -> Any:
    variance, mean, axes = _variance(graph, node, a)
    if node.op.name.startswith("std"):
        variance = graph.emit("Sqrt", variance)
    made = [variance, mean] if node.op.name.endswith("mean") else [variance]
    if not a.keepdim:
        places = graph.constant(np.array(axes, np.int64))
        made = [graph.emit("Squeeze", name, places) for name in made]
    return made


@emits("norm")
def _norm(graph: GraphWriter, node: Node, a: Any) -> Any:
    order = 2 if a.p in ("fro", None) else a.p
    axes, value = _axes(a.dim, len(a.input.shape)), graph.operand(a.input, node.output.dtype)
    if order in (1, 2):
        return reduced(graph, f"ReduceL{int(order)}", value, axes, a.keepdim)
    if order == math.inf:
        return reduced(graph, "ReduceMax", graph.emit("Abs", value), axes, a.keepdim)
    raise SpecError(f"ONNX files get no norm of order {order}", path=node.path or None)


@emits("normalize")
def _normalize(graph: GraphWriter, node: Node, a: Any) -> Any:
    if a.p not in (1, 2):
        raise SpecError(f"ONNX files get no normalize of order {a.p}", path=node.path or None)
    value, axes = graph.name_of(a.input), _axes(a.dim, len(a.input.shape))
    length = reduced(graph, f"ReduceL{int(a.p)}", value, axes, True)
    return graph.emit("Div", value, graph.emit("Clip", length, graph.number(a.eps, node.output.dtype)))


@emits("argmax", "argmin")
def _arg(graph: GraphWriter, node: Node, a: Any) -> Any:
    name, shape = graph.name_of(a.input), graph.traces.shape(a.input)
    operator = "ArgMax" if node.op.name == "argmax" else "ArgMin"
    if a.dim is None:
        flat = graph.emit("Reshape", name, graph.constant(np.array([-1], np.int64)))
        found = graph.emit(operator, flat, axis=0, keepdims=0)
        return graph.reshape(found, (), graph.traces.shape(node.output)) if a.keepdim else found
    return graph.emit(operator, name, axis=a.dim % len(shape), keepdims=int(a.keepdim))


@emits("max", "min")
def _max(graph: GraphWriter, node: Node, a: Any) -> Any:
    largest = node.op.name == "max"
    if a.other is not None:
        dtype = node.output.dtype
        return graph.emit("Max" if largest else "Min", graph.operand(a.input, dtype), graph.operand(a.other, dtype))
    name, operator = graph.name_of(a.input), "ReduceMax" if largest else "ReduceMin"
    if a.dim is None:
        return reduced(graph, operator, name, None, False)
    axis = a.dim % len(a.input.shape)
    return [
        reduced(graph, operator, name, [axis], a.keepdim),
        graph.emit("ArgMax" if largest else "ArgMin", name, axis=axis, keepdims=int(a.keepdim)),
    ]


@emits("topk")
def _topk(graph: GraphWriter, node: Node, a: Any) -> Any:
    count = graph.constant(np.array([a.k], np.int64))
    return graph.emit("TopK", graph.name_of(a.input), count, outputs=2, axis=a.dim % len(a.input.shape),
                      largest=int(a.largest), sorted=int(a.sorted))  # fmt: skip


@emits("cumsum")
def _cumsum(graph: GraphWriter, node: Node, a: Any) -> Any:
    axis = graph.number(a.dim % len(a.input.shape), "int64")
    return graph.emit("CumSum", graph.operand(a.input, node.output.dtype), axis)


@emits("softmin")
def _softmin(graph: GraphWriter, node: Node, a: Any) -> Any:
    return graph.emit("Softmax", graph.emit("Neg", graph.name_of(a.input)), axis=a.dim)


@emits("glu")
def _glu(graph: GraphWriter, node: Node, a: Any) -> Any:
    axis = a.dim % len(a.input.shape)
    first, gate = graph.emit("Split", graph.name_of(a.input), outputs=2, axis=axis,
                             num_outputs=2 if graph.opset >= 18 else None)  # fmt: skip
    return graph.emit("Mul", first, graph.emit("Sigmoid", gate))


@emits("batch_norm")
def _batch_norm(graph: GraphWriter, node: Node, a: Any) -> Any:
    count = a.input.shape[1]
    if a.training or a.running_mean is None:
        raise SpecError("a batch norm by the batch's own statistics goes into no ONNX file", path=node.path or None)
    weight = graph.name_of(np.ones(count, a.input.dtype) if a.weight is None else a.weight)
    bias = graph.name_of(np.zeros(count, a.input.dtype) if a.bias is None else a.bias)
    return graph.emit("BatchNormalization", graph.name_of(a.input), weight, bias, graph.name_of(a.running_mean),
                      graph.name_of(a.running_var), epsilon=a.eps)  # fmt: skip


@emits("instance_norm")
def _instance_norm(graph: GraphWriter, node: Node, a: Any) -> Any:
    count = a.input.shape[1]
    if not a.use_input_stats and a.running_mean is not None:
        return _batch_norm(graph, node, type(a)(**vars(a), training=False))
    weight = graph.name_of(np.ones(count, a.input.dtype) if a.weight is None else a.weight)
    bias = graph.name_of(np.zeros(count, a.input.dtype) if a.bias is None else a.bias)
    return graph.emit("InstanceNormalization", graph.name_of(a.input), weight, bias, epsilon=a.eps)


@emits("layer_norm")
def _layer_norm(graph: GraphWriter, node: Node, a: Any) -> Any:
    shape = (a.normalized_shape,) if isinstance(a.normalized_shape, int) else tuple(a.normalized_shape)
    dtype, value = node.output.dtype, graph.name_of(a.input)
    if graph.opset >= 17:
        weight = graph.name_of(np.ones(shape, dtype) if a.weight is None else a.weight)
        bias = None if a.bias is None else graph.name_of(a.bias)
        return graph.emit("LayerNormalization", value, weight, bias, axis=-len(shape), epsilon=a.eps)
    return _scaled(graph, _standardised(graph, value, list(range(-len(shape), 0)), a.eps, dtype), a)


def _standardised(graph: GraphWriter, value: str, axes: list[int], eps: float, dtype: str) -> str:
    off = graph.emit("Sub", value, reduced(graph, "ReduceMean", value, axes, True))
    variance = reduced(graph, "ReduceMean", graph.emit("Mul", off, off), axes, True)
    made: str = graph.emit("Div", off, graph.emit("Sqrt", graph.emit("Add", variance, graph.number(eps, dtype))))
    return made


def _scaled(graph: GraphWriter, name: str, a: Any, shape: tuple[int, ...] | None = None) -> str:
    """A normalised tensor times the weight, plus the bias. Params: shape, of both as they broadcast."""
    for operator, tensor in (("Mul", a.weight), ("Add", getattr(a, "bias", None))):
        if tensor is not None:
            own = graph.name_of(tensor)
            own = own if shape is None else graph.reshape(own, tensor.shape, shape)
            name = graph.emit(operator, name, own)
    return name


@emits("rms_norm")
def _rms_norm(graph: GraphWriter, node: Node, a: Any) -> Any:
    shape = (a.normalized_shape,) if isinstance(a.normalized_shape, int) else tuple(a.normalized_shape)
    dtype, value = node.output.dtype, graph.name_of(a.input)
    eps = float(np.finfo(dtype).eps) if a.eps is None else a.eps
    if graph.opset >= 23:
        weight = graph.name_of(np.ones(shape, dtype) if a.weight is None else a.weight)
        return graph.emit("RMSNormalization", value, weight, axis=-len(shape), epsilon=eps)
    mean = reduced(graph, "ReduceMean", graph.emit("Mul", value, value), list(range(-len(shape), 0)), True)
    root = graph.emit("Sqrt", graph.emit("Add", mean, graph.number(eps, dtype)))
    return _scaled(graph, graph.emit("Div", value, root), a)


@emits("group_norm")
def _group_norm(graph: GraphWriter, node: Node, a: Any) -> Any:
    dtype, shape = node.output.dtype, graph.traces.shape(a.input)
    count = shape[1]
    if graph.opset >= 21:
        weight = graph.name_of(np.ones(count, dtype) if a.weight is None else a.weight)
        bias = graph.name_of(np.zeros(count, dtype) if a.bias is None else a.bias)
        return graph.emit("GroupNormalization", graph.name_of(a.input), weight, bias, num_groups=a.num_groups,
                          epsilon=a.eps)  # fmt: skip
    grouped = graph.emit("Reshape", graph.name_of(a.input), graph.constant(np.array([0, a.num_groups, -1], np.int64)))
    ones = graph.constant(np.ones(a.num_groups, dtype))
    zeros = graph.constant(np.zeros(a.num_groups, dtype))
    normal = graph.emit("InstanceNormalization", grouped, ones, zeros, epsilon=a.eps)
    return _scaled(
        graph, graph.emit("Reshape", normal, graph.lengths(shape)), a, (a.input.shape[1], *(1,) * (len(shape) - 2))
    )


@emits("local_response_norm")
def _lrn(graph: GraphWriter, node: Node, a: Any) -> Any:
    if a.size % 2 == 0:
        raise SpecError("a local response norm over an even number of channels goes into no ONNX file",
                        path=node.path or None)  # fmt: skip
    return graph.emit("LRN", graph.name_of(a.input), size=a.size, alpha=float(a.alpha), beta=float(a.beta),
                      bias=float(a.k))  # fmt: skip
