"""Products of matrices, attention, embeddings and recurrent layers, written."""

from __future__ import annotations

import math
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.nodes.recurrent import GATES
from nnbuild.exchange.onnx.writing.emitters import emits
from nnbuild.exchange.onnx.writing.graph import GraphWriter
from nnbuild.graph.graph import Node
from nnbuild.lazy import np
from nnbuild.nn.parameter import StoredTensor


@emits("linear")
def _linear(graph: GraphWriter, node: Node, a: Any) -> Any:
    value, weight = graph.name_of(a.input), graph.name_of(a.weight)
    bias = None if a.bias is None else graph.name_of(a.bias)
    if len(a.input.shape) == 2:
        return graph.emit("Gemm", value, weight, bias, transB=1)
    product = graph.emit("MatMul", value, graph.emit("Transpose", weight, perm=[1, 0]))
    return product if bias is None else graph.emit("Add", product, bias)


@emits("einsum")
def _einsum(graph: GraphWriter, node: Node, a: Any) -> Any:
    operands = a.operands[0] if len(a.operands) == 1 and isinstance(a.operands[0], list | tuple) else a.operands
    return graph.emit("Einsum", *(graph.name_of(value) for value in operands), equation=a.equation)


@emits("addmm", "baddbmm")
def _addmm(graph: GraphWriter, node: Node, a: Any) -> Any:
    dtype = node.output.dtype
    first, second = (a.mat1, a.mat2) if node.op.name == "addmm" else (a.batch1, a.batch2)
    product, added = graph.emit("MatMul", graph.name_of(first), graph.name_of(second)), graph.name_of(a.input)
    if a.alpha != 1:
        product = graph.emit("Mul", product, graph.number(a.alpha, dtype))
    if a.beta != 1:
        added = graph.emit("Mul", added, graph.number(a.beta, dtype))
    return graph.emit("Add", added, product)


@emits("outer")
def _outer(graph: GraphWriter, node: Node, a: Any) -> Any:
    axes = [graph.constant(np.array([axis], np.int64)) for axis in (1, 0)]
    return graph.emit("Mul", graph.emit("Unsqueeze", graph.name_of(a.input), axes[0]),
                      graph.emit("Unsqueeze", graph.name_of(a.vec2), axes[1]))  # fmt: skip


@emits("embedding")
def _embedding(graph: GraphWriter, node: Node, a: Any) -> Any:
    if a.max_norm is not None:
        raise SpecError("an embedding with max_norm goes into no ONNX file", path=node.path or None)
    return graph.emit("Gather", graph.name_of(a.weight), graph.name_of(a.input), axis=0)


@emits("scaled_dot_product_attention")
def _attention(graph: GraphWriter, node: Node, a: Any) -> Any:
    """The two products and the softmax between them: as PyTorch's exporter writes it."""
    dtype, rank = node.output.dtype, len(a.query.shape)
    width = a.query.shape[-1]
    factor = (1 / math.sqrt(width) if a.scale is None else a.scale) ** 0.5
    key, value = graph.name_of(a.key), graph.name_of(a.value)
    if a.enable_gqa and a.key.shape[-3] != a.query.shape[-3]:
        key, value = (_repeated(graph, name, tensor, a.query) for name, tensor in ((key, a.key), (value, a.value)))
    turned = graph.emit("Transpose", key, perm=[*range(rank - 2), rank - 1, rank - 2])
    scale = graph.number(factor, dtype)
    scores = graph.emit("MatMul", graph.emit("Mul", graph.name_of(a.query), scale), graph.emit("Mul", turned, scale))
    mask = _mask(graph, node, a, dtype)
    if mask is not None:
        scores = graph.emit("Add", scores, mask)
    weights = graph.emit("Softmax", scores, axis=rank - 1)
    if a.attn_mask is not None and str(a.attn_mask.dtype) == "bool":
        weights = graph.emit("Where", graph.emit("IsNaN", weights), graph.number(0, dtype), weights)
    return graph.emit("MatMul", weights, value)


def _mask(graph: GraphWriter, node: Node, a: Any, dtype: str) -> str | None:
    if a.is_causal:
        rows, columns = sizes = [graph.traces.shape(tensor)[-2] for tensor in (a.query, a.key)]
        if isinstance(rows, int) and isinstance(columns, int):
            allowed = np.arange(columns) <= np.arange(rows)[:, None]
            return graph.constant(np.where(allowed, 0, -np.inf).astype(dtype))
        ones = graph.emit("Expand", graph.number(1, dtype), graph.lengths(sizes))
        below = graph.emit("Equal", graph.emit("Trilu", ones, upper=0), graph.number(1, dtype))
        return str(graph.emit("Where", below, graph.number(0, dtype), graph.number(-math.inf, dtype)))
    if a.attn_mask is None:
        return None
    if str(a.attn_mask.dtype) != "bool":
        return graph.operand(a.attn_mask, dtype)
    choices = (graph.number(0, dtype), graph.number(-math.inf, dtype))
    return str(graph.emit("Where", graph.name_of(a.attn_mask), *choices))


def _repeated(graph: GraphWriter, name: str, tensor: Any, query: Any) -> str:
    shape = graph.traces.shape(tensor)
    count = query.shape[-3] // tensor.shape[-3]
    lead, heads, (steps, width) = shape[:-3], tensor.shape[-3], shape[-2:]
    spread = graph.reshape(name, shape, (*lead, heads, 1, steps, width))
    wide = (*lead, heads, count, steps, width)
    return graph.reshape(graph.emit("Expand", spread, graph.lengths(wide)), wide,
                         (*lead, heads * count, steps, width))  # fmt: skip


@emits("lstm", "gru", "rnn_tanh", "rnn_relu")
def _recurrent(graph: GraphWriter, node: Node, a: Any) -> Any:
    """One node a layer, both directions in one; its weights are put together in ONNX's order."""
    if not all(isinstance(tensor, StoredTensor) for tensor in a.params) or any(
        tensor.shape != a.params[1].shape for tensor in a.params[1 :: 4 if a.has_biases else 2]
    ):
        raise SpecError("a recurrent layer with projections or computed weights goes into no ONNX file",
                        path=node.path or None)  # fmt: skip
    operator = {"lstm": "LSTM", "gru": "GRU"}.get(node.op.name, "RNN")
    ways, alone = (2 if a.bidirectional else 1), len(a.input.shape) == 2
    value, shape = graph.name_of(a.input), list(graph.traces.shape(a.input))
    if alone:
        axis = 0 if a.batch_first else 1
        value, shape = graph.reshape(value, shape, wide := [*shape[:axis], 1, *shape[axis:]]), wide
    if a.batch_first:
        value, shape = graph.emit("Transpose", value, perm=[1, 0, 2]), [shape[1], shape[0], shape[2]]
    size = a.params[1].shape[-1]
    states = _states(graph, a, operator, ways, alone)
    lasts: list[list[str]] = []
    for layer in range(a.num_layers):
        own = [None if each is None else each[layer] for each in states]
        weights = _weights(graph, a, operator, layer, ways)
        made = graph.emit(
            operator, value, *weights, None, *own, outputs=3 if operator == "LSTM" else 2, hidden_size=size,
            direction="bidirectional" if ways == 2 else "forward",
            linear_before_reset=1 if operator == "GRU" else None,
            activations=["Relu"] * ways if node.op.name == "rnn_relu" else None,
        )  # fmt: skip
        output, *last = made
        joined = graph.emit("Transpose", output, perm=[0, 2, 1, 3])
        value = graph.emit("Reshape", joined, graph.constant(np.array([0, 0, ways * size], np.int64)))
        lasts.append(last)
    if a.batch_first:
        value = graph.emit("Transpose", value, perm=[1, 0, 2])
    finals = [
        parts[0] if len(parts) == 1 else graph.emit("Concat", *parts, axis=0) for parts in zip(*lasts, strict=True)
    ]
    made_all = [value, *finals]
    if alone:
        place = graph.constant(np.array([0 if a.batch_first else 1], np.int64))
        ones = [place, *[graph.constant(np.array([1], np.int64))] * len(finals)]
        made_all = [graph.emit("Squeeze", name, axis) for name, axis in zip(made_all, ones, strict=True)]
    return made_all


def _states(graph: GraphWriter, a: Any, operator: str, ways: int, alone: bool) -> list[list[str] | None]:
    """The state that each layer starts with: the hidden one, and an LSTM's cell."""
    count = 2 if operator == "LSTM" else 1
    if a.hx is None:
        return [None] * count
    found: list[list[str] | None] = []
    for state in a.hx if isinstance(a.hx, list | tuple) else [a.hx]:
        name = graph.name_of(state)
        if alone:
            name = graph.emit("Unsqueeze", name, graph.constant(np.array([1], np.int64)))
        if a.num_layers == 1:
            found.append([name])
        else:
            sizes = graph.constant(np.array([ways] * a.num_layers, np.int64))
            found.append(graph.emit("Split", name, sizes, outputs=a.num_layers, axis=0))
    return found


def _weights(graph: GraphWriter, a: Any, operator: str, layer: int, ways: int) -> list[str | None]:
    """W, R and B of a layer: its directions' weights, their gates in ONNX's order, as tensors of their own."""
    count, gates = (4 if a.has_biases else 2), GATES[operator]
    found: list[list[np.ndarray]] = [[], [], []]
    first = None
    for way in range(ways):
        start = (layer * ways + way) * count
        own = a.params[start : start + count]
        first = first or own[0]
        arrays = [_ordered(tensor.data, gates) for tensor in own]
        found[0].append(arrays[0])
        found[1].append(arrays[1])
        if a.has_biases:
            found[2].append(np.concatenate(arrays[2:]))
    base = graph.keys.get(id(first), "weight").rpartition(".")[0]
    return [
        graph.keep(f"{base}.{kind}_l{layer}" if base else f"{kind}_l{layer}", np.stack(parts)) if parts else None
        for kind, parts in zip(("W", "R", "B"), found, strict=True)
    ]


def _ordered(array: np.ndarray, gates: tuple[int, ...]) -> np.ndarray:
    """The gates' rows from torch's order to ONNX's."""
    blocks = np.split(array, len(gates))
    place = sorted(range(len(gates)), key=gates.__getitem__)
    return np.concatenate([blocks[at] for at in place])
