"""Large batches: a network that treats each image alone runs in parts of its batch, in memory that does not grow."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import NnbuildError
from nnbuild.graph.graph import Graph, Node, Value
from nnbuild.graph.trace import trace
from nnbuild.nn.module import Module
from nnbuild.ops.op import map_tensors
from nnbuild.ops.spec import TensorSpec

#: Bytes of a step's input and output from which on the batch is divided, and what they then may take.
_LARGE, _AT_ONCE = 128 << 20, 32 << 20

#: Ops that treat each index of the first axis alone, whatever their options.
_ALONE = {
    *(f"{name}{axes}d" for name in ("conv", "conv_transpose", "max_pool", "avg_pool", "lp_pool") for axes in (1, 2, 3)),
    *(f"adaptive_{kind}_pool{axes}d" for kind in ("avg", "max") for axes in (1, 2, 3)),
    *("linear", "instance_norm", "group_norm", "local_response_norm", "prelu", "contiguous", "clone", "detach"),
    *("relu", "relu6", "hardtanh", "sigmoid", "tanh", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish"),
    *("softplus", "softsign", "hardsigmoid", "hardswish", "hardshrink", "softshrink", "tanhshrink", "logsigmoid"),
}
_SHAPES = {"view", "reshape", "flatten"}  # in order of the first axis where that keeps its size
_PAIRS = {"add", "sub", "mul", "div"}


def batch_part(graph: Graph) -> int | None:
    """How many of the batch to run at a time, None for all: the graph is small, or joins different images."""
    if not graph.inputs or not graph.nodes or not graph.inputs[0].shape:
        return None
    batch = graph.inputs[0].shape[0]
    most = max(sum(value.nbytes for value in (*node.inputs, *node.outputs)) for node in graph.nodes)
    if most <= _LARGE or batch < 2:
        return None
    values = [*graph.inputs, *(value for node in graph.nodes for value in node.outputs), *graph.outputs]
    if any(not isinstance(value, Value) or value.shape[:1] != (batch,) for value in values):
        return None
    if any(value.ndim < 2 for value in values) or not all(_is_alone(node) for node in graph.nodes):
        return None
    parts = -(-batch // max(1, batch * _AT_ONCE // most))
    return -(-batch // parts)


def runs_in_parts(model: Module, graph: Graph, count: int, inputs: Any, options: Any) -> bool:
    """Whether the model, asked for so many images, gives as many results of the same sizes."""

    def narrowed(tensor: Any) -> TensorSpec:
        return TensorSpec((count, *tensor.shape[1:]), str(tensor.dtype))

    args, named = map_tensors(narrowed, (inputs, options))
    try:
        part = trace(model, *args, **named)
    except NnbuildError:  # the batch stands in the model, as in view(64, -1)
        return False
    return [value.shape for value in part.outputs] == [(count, *value.shape[1:]) for value in graph.outputs]


def _is_alone(node: Node) -> bool:
    name, arguments = node.op.name, node.arguments
    if name in _ALONE or name in _SHAPES:
        axes = node.op.fixed.get("axes")
        return len(node.inputs) == 1 and (axes is None or node.inputs[0].ndim == axes + 2)
    if name in _PAIRS:
        return (
            all(arg is None or isinstance(arg, int | float | Value) for arg in arguments.values())
            and len({value.ndim for value in node.inputs}) == 1
        )
    if name == "batch_norm":
        return not arguments["training"]
    if name in ("cat", "concat", "concatenate"):
        return arguments["dim"] % node.output.ndim != 0
    if name in ("softmax", "log_softmax"):
        axis = arguments["dim"]
        return axis is not None and axis % node.output.ndim != 0
    return False
