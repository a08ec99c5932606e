"""RNN, LSTM and GRU nodes as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnbuild import nn, ops
from nnbuild.exchange.onnx.made import Held, Made, derived, makes
from nnbuild.exchange.onnx.node import OnnxNode, reshaped
from nnbuild.exchange.onnx.nodes.recurrent import GATES, usual
from nnbuild.exchange.onnx.tensors import StoredTensor
from nnbuild.lazy import np


@makes("LSTM", "GRU", "RNN")
def _recurrent(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    _, weight, recurrence, bias, lengths, *_ = (*held, *(None,) * 8)
    named = [*node.inputs, *("",) * 8]
    if weight is None or recurrence is None or held[0] is not None or (named[3] and bias is None):
        return None
    if named[4] or lengths is not None or named[7] or not usual(node, None, None):
        return None
    if node.get("direction") == "reverse" or len(recurrence.shape) != 3:
        return None
    count, _, features = weight.shape
    options: dict[str, Any] = {"bidirectional": count == 2, "batch_first": bool(node.get("layout", 0))}
    if node.op == "RNN" and [name.lower() for name in node.get("activations") or ()][:1] == ["relu"]:
        options["nonlinearity"] = "relu"
    module = getattr(nn, node.op)(features, recurrence.shape[2], bias=bias is not None, dtype=weight.dtype, **options)
    states = tuple(place for place in (5, 6) if named[place])
    if node.op == "LSTM" and len(states) == 1:
        return None
    return Made(module, (0, *states), _weights(node, weight, recurrence, bias), _call(node, count))


def _weights(
    node: OnnxNode, weight: StoredTensor, recurrence: StoredTensor, bias: StoredTensor | None
) -> dict[str, StoredTensor]:
    """The weights of each direction, their gates in torch's order."""
    gates, size = GATES[node.op], recurrence.shape[2]
    order = [gate * size + at for gate in gates for at in range(size)]
    found = {}
    for way, suffix in enumerate(("", "_reverse")[: weight.shape[0]]):
        for name, tensor in (("weight_ih", weight), ("weight_hh", recurrence)):
            found[f"{name}_l0{suffix}"] = derived(tensor, tensor.shape[1:], _rows(way, order), f"{way} all")
        for half, name in enumerate(("bias_ih", "bias_hh")):
            if bias is not None:
                rows = [half * len(order) + at for at in order]
                found[f"{name}_l0{suffix}"] = derived(bias, (len(order),), _rows(way, rows), f"{way} {name}")
    return found


def _rows(way: int, rows: list[int]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda array: array[way][rows]


def _call(node: OnnxNode, directions: int) -> Any:
    """The call of the layer, its outputs as ONNX has them: an axis of directions behind that of the steps."""
    first = bool(node.get("layout", 0))

    def call(layer: Any, input: Any, *states: Any) -> Any:
        given: Any = None
        if states:
            turned = [ops.transpose(state, 0, 1) if first else state for state in states]
            given = tuple(turned) if node.op == "LSTM" else turned[0]
        output, last = layer(input, given)
        lasts = list(last) if node.op == "LSTM" else [last]
        steps, count = output.shape[:2]
        by_direction = reshaped(output, steps, count, directions, -1)
        if first:
            return by_direction, *(ops.transpose(state, 0, 1) for state in lasts)
        return ops.transpose(by_direction, 1, 2), *lasts

    return call
