"""What is known before the network runs: constants of constants, and batch norms behind convolutions."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.exchange.onnx.writing.graph import GraphWriter
from nnbuild.exchange.onnx.writing.sizes import Size
from nnbuild.graph.graph import Node, Value
from nnbuild.lazy import np
from nnbuild.nn.parameter import Parameter
from nnbuild.ops.nests import map_tensors, tensors_in

#: Elements of a constant that is worked out at most.
_MOST = 1 << 22


def fold_constants(graph: GraphWriter) -> None:
    """Work out what hangs on no input and no parameter."""
    for node in graph.traces.graphs[0].nodes:
        arguments = graph.traces.arguments(node.index)
        if not _is_constant(graph, node, arguments):
            continue
        known = map_tensors(lambda tensor: graph.folded[id(tensor)] if isinstance(tensor, Value) else tensor, arguments)
        results = node.op.compute(node.outputs if node.returns_many else node.output, known)
        for value, array in zip(node.outputs, results if node.returns_many else [results], strict=True):
            graph.folded[id(value)] = np.asarray(array)


def _is_constant(graph: GraphWriter, node: Node, arguments: dict[str, Any]) -> bool:
    tensors = tensors_in(arguments)
    if any(isinstance(tensor, Parameter) for tensor in tensors) or _has_size(arguments) or node.ask("draws"):
        return False
    if any(isinstance(tensor, Value) and id(tensor) not in graph.folded for tensor in tensors):
        return False
    return all(
        value.numel() <= _MOST and all(isinstance(size, int) for size in graph.traces.shape(value))
        for value in node.outputs
    )


def _has_size(value: Any) -> bool:
    if isinstance(value, Size):
        return True
    if isinstance(value, dict):
        return any(map(_has_size, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_size, value))
    return isinstance(value, slice) and any(map(_has_size, (value.start, value.stop, value.step)))


def fold_norms(graph: GraphWriter) -> dict[int, Value]:
    """Put batch norms into the convolutions that they alone follow: by a convolution's output the norm's."""
    uses: dict[int, list[Node]] = {}
    for node in graph.traces.graphs[0].nodes:
        for value in node.inputs:
            uses.setdefault(id(value), []).append(node)
    results = {id(value) for value in graph.traces.graphs[0].outputs}
    found: dict[int, Value] = {}
    for node in graph.traces.graphs[0].nodes:
        after = uses.get(id(node.output), [])
        is_conv = node.op.family is ops.conv1d.family  # type: ignore[attr-defined]
        if not is_conv or len(after) != 1 or after[0].op is not ops.batch_norm or id(node.output) in results:
            continue
        norm = graph.traces.arguments(after[0].index)
        if norm["input"] is not node.output or norm["training"] or norm["running_mean"] is None:
            continue
        _fold(graph, node, norm)
        found[id(node.output)] = after[0].output
        graph.names[id(after[0].output)] = ""
    return found


def _fold(graph: GraphWriter, node: Node, norm: dict[str, Any]) -> None:
    """The convolution's weight and bias with the norm's factor and offset in them."""
    own = graph.traces.graphs[0].nodes[node.index].arguments
    weight, bias = own["weight"], own["bias"]
    factor = ops.rsqrt(ops.add(norm["running_var"].data, norm["eps"]))
    factor = factor if norm["weight"] is None else ops.mul(norm["weight"].data, factor)
    offset = ops.neg(norm["running_mean"].data) if bias is None else ops.sub(bias.data, norm["running_mean"].data)
    offset = ops.mul(offset, factor)
    offset = offset if norm["bias"] is None else ops.add(norm["bias"].data, offset)
    wide = factor.reshape(-1, *(1,) * (len(weight.shape) - 1))
    key = graph.keys.get(id(weight), "weight")
    for traced in graph.traces.graphs:
        arguments = traced.nodes[node.index].arguments
        arguments["weight"], arguments["bias"] = np.asarray(ops.mul(weight.data, wide)), np.asarray(offset)
    made = graph.traces.graphs[0].nodes[node.index].arguments
    for name, array in (("weight", made["weight"]), ("bias", made["bias"])):
        graph.named[id(array)] = f"{key.rpartition('.')[0]}.{name}".lstrip(".")
